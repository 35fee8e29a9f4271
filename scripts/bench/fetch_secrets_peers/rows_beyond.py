"""Rows about jobs that are not fetch-secrets'."""

from .chamber import Chamber
from .external_secrets import ExternalSecrets
from .fetch_secrets import FetchSecrets
from .fnox import Fnox
from .teller import Teller
from .tool import NONE, YES, Entry, Tool


def elsewhere(tool: Tool) -> str:
    """Reads a value of another store."""
    tool.store.parameters.put_parameter(Name="/shop/b", Value="parameter", Type="SecureString", Overwrite=True)
    match tool:
        case FetchSecrets():
            return tool.lacks("parameter store", "vault")
        case Fnox():
            tool.settings([], '[providers.files]\ntype = "age"\n' + recipient(tool))
            assert tool.run("$PEER_FNOX set S parameter --provider files").status == 0
            found = tool.run("$PEER_FNOX get S").output
            shown = "age and many more"
        case Chamber():
            found = tool.run("$PEER_CHAMBER --backend ssm read --quiet shop b").output
            shown = "Parameter Store, S3"
        case Teller():
            tool.settings([])
            (tool.folder / "other.env").write_text("B=parameter\n")
            found = tool.run("$PEER_TELLER env").output
            shown = "env files and many more"
        case ExternalSecrets():
            tool.write([Entry("B", "/shop/b", None)], source="parameterstore")
            found = tool.values()["B"]
            shown = "Parameter Store and many more"
    assert "parameter" in found, found
    return shown


def recipient(tool: Tool) -> str:
    tool.run("rm -f key key.pub; ssh-keygen -q -t ed25519 -N '' -f key")
    public = " ".join((tool.folder / "key.pub").read_text().split()[:2])
    return f'recipients = ["{public}"]\nkey_file = "key"\n'


def encrypted(tool: Tool) -> str:
    if not isinstance(tool, Fnox):
        return NONE if isinstance(tool, ExternalSecrets) else tool.lacks("encrypted values", "ciphertext", "age-")
    elsewhere(tool)
    assert "parameter" not in (tool.folder / "fnox.toml").read_text()
    return YES


def history(tool: Tool) -> str:
    if not isinstance(tool, Chamber):
        return NONE if isinstance(tool, ExternalSecrets) else tool.lacks("versions of")
    for value in ("one", "two"):
        tool.run(f"$PEER_CHAMBER write versions key {value}")
    shown = tool.run("$PEER_CHAMBER history versions key").output
    assert "Updated" in shown and "Created" in shown, shown
    return "`history`"


def entering(tool: Tool) -> str:
    if not isinstance(tool, Fnox):
        return NONE if isinstance(tool, ExternalSecrets) else tool.lacks("when you enter")
    tool.settings([Entry("A", "one", "A")])
    (tool.folder / "below").mkdir()
    entered = tool.run('cd /; eval "$($PEER_FNOX activate bash)"; cd "$HOME/below"; _fnox_hook; echo "A=$A"').output
    assert "A=1" in entered, entered
    return "`activate`"


def scan(tool: Tool) -> str:
    if not isinstance(tool, Fnox | Teller):
        return NONE if isinstance(tool, ExternalSecrets) else tool.lacks("scan")
    (tool.folder / "app").mkdir()
    (tool.folder / "app/app.conf").write_text('password = "Sup3rSecretValue12"\n')
    tool.settings([Entry("A", "leaked", "A")])
    command = "$PEER_FNOX scan app" if isinstance(tool, Fnox) else "$PEER_TELLER scan --root app --error-if-found"
    ran = tool.run(command)
    assert ran.status == 1 and "app.conf" in ran.output, ran.output
    return "`scan`"


def redact(tool: Tool) -> str:
    if not isinstance(tool, Teller):
        return NONE if isinstance(tool, ExternalSecrets) else tool.lacks("redact text", "redacts a stream")
    tool.settings([Entry("A", "leaked", "A")])
    shown = tool.run("echo 'is Sup3rSecretValue12.' | $PEER_TELLER redact").output
    assert "Sup3r" not in shown and "is " in shown, shown
    return "`redact`"


def in_cluster(tool: Tool) -> str:
    return "a controller" if isinstance(tool, ExternalSecrets) else NONE
