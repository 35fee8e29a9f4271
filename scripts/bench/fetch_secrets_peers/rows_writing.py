"""Rows about writing to the store."""

from .chamber import Chamber
from .external_secrets import ExternalSecrets
from .fetch_secrets import FetchSecrets
from .fnox import Fnox
from .shell import Ran
from .teller import Teller
from .tool import NONE, Entry, Tool


def guard(tool: Tool) -> str:
    """Writes to an endpoint that does not say that it is an emulator."""
    tool.store.put("guarded", '{"A": "old"}')
    tool.store.proxy.denied = ("GET",)
    ran = writing(tool, "guarded")
    tool.store.proxy.denied = ()
    assert (ran.status == 0) == (tool.store.get("guarded") == "new"), ran.output
    return "refuses" if ran.status else "writes"


def writing(tool: Tool, name: str) -> Ran:
    match tool:
        case FetchSecrets():
            return tool.catalogue({name: {"services": ["app"], "keys": {"A": {"dev": "new"}}}}, "seed")
        case Fnox():
            return tool.run(f"$PEER_FNOX set A new --provider aws --key-name {name}")
        case Chamber():
            return tool.run(f"$PEER_CHAMBER write {name} A new")
        case Teller():
            tool.settings([Entry("A", name, "A")])
            return tool.run("$PEER_TELLER put --providers aws --map-id m0 A=new")
    assert isinstance(tool, ExternalSecrets)
    # It writes only to secrets that have its tag.
    tool.store.secrets.tag_resource(SecretId=name, Tags=[{"Key": "managed-by", "Value": "external-secrets"}])
    return tool.push(name)


def one_key(tool: Tool) -> str:
    """Sets one key of a secret that has another."""
    if isinstance(tool, FetchSecrets):
        return NONE
    tool.store.put("both", '{"A": "old", "OTHER": "kept"}')
    assert writing(tool, "both").status == 0 and tool.store.get("both") == "new"
    value = tool.store.secrets.get_secret_value(SecretId="both")["SecretString"]
    name = {"fnox": "`set`", "chamber": "`write`", "teller": "`put`"}.get(tool.name, "`PushSecret`")
    if "OTHER" not in value:
        return f"{name}, which drops the secret's other keys"
    return name if "old" not in value else f"{name}, in lower case"
