"""Tries every row of the table that compares fetch-secrets with its peers, and prints it: each cell is the outcome of a run.

The secrets are in LocalStack, behind a proxy that counts and denies requests. External Secrets runs beside a real
Kubernetes. Fails when the guide has another table.
Needs FETCH_SECRETS (an executable), the peers of scripts/bench/run, and the KUBECONFIG of scripts/kubernetes.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import boto3
import localstack

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDE = ROOT / "docs/fetch-secrets.md"
PATH = os.environ["PATH"]
NONE = "–"
YES = "yes"

# Values that some reader of env files takes for something else.
HARD = ["", " a ", "a b", "a'b", 'a"b', "`a`", "$A", "$(touch X)", "`touch X`", "a\nb", "a\n", "\\n", "a\\", "it's \"x\"", "a#b", "a #b"]
HARD += ["#a", "!a", "a=b", "p@ss/w:rd%", "é", "a\tb", "'", '"', "\\'", "${A:-x}", "$$", "a\r\nb", "{\"a\": \"b\"}", "'a'"]


class Entry(NamedTuple):
    """A variable, of a key of a JSON secret, or of a whole secret, whose kind a catalogue may name."""

    variable: str
    secret: str
    key: str | None
    kind: str = "text"


class Ran(NamedTuple):
    status: int
    output: str


def shell(script: str, folder: Path, environment: dict[str, str] | None = None) -> Ran:
    command = ["bash", "--norc", "-c", script]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    ran = subprocess.run(command, cwd=folder, env=environment or {"PATH": PATH}, check=False, **pipes)
    return Ran(ran.returncode, ran.stdout.decode(errors="replace"))


class Tool:
    """A program that writes variables into the file `out/core.env`, in one of its formats."""

    name: str
    formats = [""]

    def __init__(self, folder: Path, environment: dict[str, str]):
        self.folder = folder / self.name.replace(" ", "-")
        (self.folder / "out").mkdir(parents=True)
        self.file = self.folder / "out/core.env"
        self.environment = environment | {"PATH": PATH, "HOME": str(self.folder)}
        self.environment |= {variable: value for variable, value in os.environ.items() if variable.startswith(("PEER_", "FETCH_"))}

    def run(self, script: str) -> Ran:
        return shell(script, self.folder, self.environment)

    def write(self, entries: list[Entry], form: str = "") -> Ran:
        raise NotImplementedError

    def content(self) -> str:
        return self.file.read_text() if self.file.exists() else ""

    def values(self) -> dict[str, str]:
        """The variables of the file, as a shell reads them."""
        read = shell(f"set -a; . {self.file}; exec env -0 2>/dev/null", self.folder)
        return dict(pair.split("=", 1) for pair in read.output.split("\0") if "=" in pair)

    def in_compose(self) -> dict[str, str]:
        """The variables of the file, as Docker Compose reads them."""
        services = {"s": {"image": "s", "env_file": [str(self.file)]}}
        (self.folder / "compose.json").write_text(json.dumps({"name": "x", "services": services}))
        read = shell(f"{os.environ['PEER_COMPOSE']} -f compose.json config --format json 2>/dev/null", self.folder)
        if read.status != 0:
            return {}
        # `config` writes a file that is read again: each `$` doubled.
        environment = json.loads(read.output)["services"]["s"]["environment"]
        return {name: (value or "").replace("$$", "$") for name, value in environment.items()}

    def help(self) -> str:
        return self.run(self.pages).output.lower()

    def lacks(self, *words: str) -> str:
        """An empty cell for a tool whose help has none of the words."""
        text = self.help()
        assert len(text) > 1000 and not any(word in text for word in words), f"{self.name}: {words}"
        return NONE


class FetchSecrets(Tool):
    name = "fetch-secrets"
    program = os.environ["FETCH_SECRETS"]
    pages = "for page in '' print exec seed list; do $FETCH_SECRETS $page --help; done"

    def write(self, entries: list[Entry], form: str = "", options: str = "") -> Ran:
        secrets: dict[str, dict] = {}
        for entry in entries:
            secret = secrets.setdefault(entry.secret, {"services": ["app"]})
            if entry.key is None:
                secret |= {"format": entry.kind, "variable": entry.variable, "dev": "eA=="}
            else:
                secret.setdefault("keys", {})[entry.variable] = {"key": entry.key, "dev": "x"}
        return self.catalogue(secrets, f"--output-dir out {options}")

    def catalogue(self, secrets: dict, options: str = "") -> Ran:
        """Runs the tool with this catalogue."""
        services = {"app": {"image": "app", "profiles": ["core"]}}
        document = {"services": services, "x-env-files": {"core": ["core"]}, "x-secrets": secrets}
        (self.folder / "spec").mkdir(exist_ok=True)
        # JSON is YAML.
        (self.folder / "spec/secrets.yaml").write_text(json.dumps(document))
        return self.run(f"{self.program} {options} --spec spec")


class Fnox(Tool):
    name = "fnox"
    formats = ["env", "shell"]
    pages = "$PEER_FNOX --help; for page in check daemon exec export lease proxy set sync; do $PEER_FNOX $page --help; done"

    def __init__(self, folder: Path, environment: dict[str, str]):
        super().__init__(folder, environment)
        self.settings([])

    def settings(self, entries: list[Entry], provider: str = "") -> None:
        url = self.environment["AWS_ENDPOINT_URL"]
        text = f'[providers.aws]\ntype = "aws-sm"\nregion = "us-east-1"\nendpoint = "{url}"\n{provider}\n[secrets]\n'
        for entry in entries:
            key = f', json_path = "{entry.key}"' if entry.key else ""
            text += f'{entry.variable} = {{ provider = "aws", value = "{entry.secret}"{key} }}\n'
        (self.folder / "fnox.toml").write_text(text)

    def write(self, entries: list[Entry], form: str = "env", options: str = "") -> Ran:
        self.settings(entries)
        return self.run(f"$PEER_FNOX export --all --format {form or 'env'} --output out/core.env {options}")


class Chamber(Tool):
    name = "chamber"
    formats = ["dotenv", "env"]
    pages = "$PEER_CHAMBER --help; for page in env exec export find history list read write; do $PEER_CHAMBER $page --help; done"

    def __init__(self, folder: Path, environment: dict[str, str]):
        endpoint = {"CHAMBER_AWS_SSM_ENDPOINT": environment["AWS_ENDPOINT_URL"], "CHAMBER_SECRET_BACKEND": "SECRETSMANAGER"}
        super().__init__(folder, environment | endpoint)

    def write(self, entries: list[Entry], form: str = "dotenv") -> Ran:
        secrets = " ".join(dict.fromkeys(entry.secret for entry in entries))
        if form == "env":
            return self.run(f"$PEER_CHAMBER env {secrets} > out/core.env")
        return self.run(f"$PEER_CHAMBER export --format dotenv --output-file out/core.env {secrets}")


class Teller(Tool):
    name = "teller"
    formats = ["env", "sh"]
    pages = "$PEER_TELLER --help; for page in run export sh template put copy; do $PEER_TELLER $page --help; done"

    def settings(self, entries: list[Entry]) -> None:
        secrets: dict[str, dict[str, str]] = {}
        for entry in entries:
            secrets.setdefault(entry.secret, {})[entry.key or "x"] = entry.variable
        maps = [{"id": f"m{n}", "path": secret, "keys": keys} for n, (secret, keys) in enumerate(secrets.items())]
        provider = {"kind": "aws_secretsmanager", "maps": maps}
        files = {"kind": "dotenv", "maps": [{"id": "file", "path": "other.env"}]}
        (self.folder / ".teller.yml").write_text(json.dumps({"providers": {"aws": provider} | ({} if entries else {"files": files})}))

    def write(self, entries: list[Entry], form: str = "env") -> Ran:
        self.settings(entries)
        return self.run(f"$PEER_TELLER {form or 'env'} > out/core.env")


class ExternalSecrets(Tool):
    """Its file is a Secret, which only its own row calls one."""

    name = "External Secrets"
    object = "before"

    def __init__(self, folder: Path, environment: dict[str, str]):
        url = environment["AWS_ENDPOINT_URL"]
        endpoints = {"AWS_SECRETSMANAGER_ENDPOINT": url, "AWS_SSM_ENDPOINT": url, "AWS_STS_ENDPOINT": url}
        super().__init__(folder, environment | endpoints | {"KUBECONFIG": os.environ["KUBECONFIG"]})
        definitions = self.run("$PEER_KUBECTL apply --server-side -f $PEER_EXTERNAL_SECRETS_DEFINITIONS")
        assert definitions.status == 0, definitions.output
        options = "--metrics-addr 127.0.0.1:0 --live-addr 127.0.0.1:0"
        log = (self.folder / "log").open("w")
        command = [os.environ["PEER_EXTERNAL_SECRETS"], *options.split()]
        running.append(subprocess.Popen(command, env=self.environment, stdout=log, stderr=log))
        for service in ("SecretsManager", "ParameterStore"):
            self.apply("SecretStore", service.lower(), {"provider": {"aws": {"service": service, "region": "us-east-1"}}})

    def apply(self, kind: str, name: str, spec: dict) -> None:
        version = "v1alpha1" if kind == "PushSecret" else "v1"
        document = {"apiVersion": f"external-secrets.io/{version}", "kind": kind, "metadata": {"name": name}, "spec": spec}
        (self.folder / "object.json").write_text(json.dumps(document))
        applied = self.run("$PEER_KUBECTL apply -f object.json")
        assert applied.status == 0, applied.output

    def ready(self, kind: str) -> dict:
        shown = self.run(f"$PEER_KUBECTL get {kind} {self.object} --output json")
        conditions = json.loads(shown.output).get("status", {}).get("conditions", []) if shown.status == 0 else []
        return next((condition for condition in conditions if condition["type"] == "Ready"), {})

    def write(
        self,
        entries: list[Entry],
        again: bool = False,
        source: str = "secretsmanager",
        template: dict | None = None,
        refresh: str = "1h",
    ) -> Ran:
        before = self.ready("externalsecret") if again else {}
        if not again:
            # A failing one is tried again and again, which would count as other tools' requests.
            self.run(f"$PEER_KUBECTL delete externalsecret {self.object}")
            self.object += "x"
        data = []
        for entry in entries:
            remote = {"key": entry.secret} | ({"property": entry.key} if entry.key else {})
            data.append({"secretKey": entry.variable, "remoteRef": remote})
        target = {"name": self.object} | ({"template": {"data": template}} if template else {})
        spec = {"secretStoreRef": {"name": source}, "refreshInterval": refresh, "target": target, "data": data}
        self.apply("ExternalSecret", self.object, spec)
        until(lambda: self.ready("externalsecret") not in ({}, before))
        ready = self.ready("externalsecret")
        return Ran(0 if ready["status"] == "True" else 1, ready["message"])

    def push(self, name: str) -> Ran:
        self.object += "x"
        self.run(f"$PEER_KUBECTL create secret generic {self.object} --from-literal=A=new")
        match = {"secretKey": "A", "remoteRef": {"remoteKey": name, "property": "A"}}
        # Without it the secret becomes a binary one.
        kind = {"apiVersion": "kubernetes.external-secrets.io/v1alpha1", "kind": "PushSecretMetadata"}
        metadata = kind | {"spec": {"secretPushFormat": "string"}}
        data = [{"match": match, "metadata": metadata}]
        selector = {"secret": {"name": self.object}}
        self.apply("PushSecret", self.object, {"secretStoreRefs": [{"name": "secretsmanager"}], "selector": selector, "data": data})
        until(lambda: self.ready("pushsecret") != {})
        ready = self.ready("pushsecret")
        return Ran(0 if ready["status"] == "True" else 1, ready["message"])

    def content(self) -> str:
        return self.run(f"$PEER_KUBECTL get secret {self.object} --output jsonpath='{{.data}}'").output

    def values(self) -> dict[str, str]:
        return {name: text(value) for name, value in json.loads(self.content()).items()}


def text(value: str) -> str:
    """The text of a Secret's value; a binary one stays base64."""
    try:
        return base64.b64decode(value).decode()
    except UnicodeDecodeError:
        return value


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise TimeoutError("the state that a row waits for did not come")


# Each row: what is tried, and the cell of a tool.


def missing(tool: Tool) -> str:
    first = [Entry("A", "one", "A")]
    gone = [*first, Entry("GONE", "gone", "GONE")]
    assert tool.write(first).status == 0
    before = tool.content()
    ran = tool.write(gone, again=True) if isinstance(tool, ExternalSecrets) else tool.write(gone)
    if ran.status == 0:
        assert "A" in tool.values() and "GONE" not in tool.values()
        told = isinstance(tool, Fnox) and tool.write(gone, options="--if-missing error").status != 0
        return "goes on without it, status 0" + (", unless `--if-missing error`" if told else "")
    return "fails, keeps the file" if tool.content() == before else "fails, empties the file"


def file(tool: Tool) -> str:
    if isinstance(tool, ExternalSecrets):
        return NONE
    tool.file.unlink(missing_ok=True)
    tool.write([Entry("A", "one", "A")])
    copy = tool.file.with_suffix(".copy")
    copy.unlink(missing_ok=True)
    copy.hardlink_to(tool.file)
    tool.write([Entry("A", "other", "A")])
    mode = f"{tool.file.stat().st_mode & 0o777:04o}"
    return f"{mode}, {'written in place' if copy.samefile(tool.file) else 'replaced whole'}"


def hard(tool: Tool) -> str:
    if isinstance(tool, ExternalSecrets):
        return NONE
    entries = [Entry(f"V{n:02}", "hard", f"V{n:02}") for n in range(len(HARD))]
    counts = []
    for form in tool.formats:
        tool.write(entries, form)
        in_shell, in_compose = tool.values(), tool.in_compose()
        counts.append(sum(in_shell.get(f"V{n:02}") == in_compose.get(f"V{n:02}") == value for n, value in enumerate(HARD)))
    return f"{max(counts)} of {len(HARD)}"


def arrives(secret: str, key: str | None, expected: str, kind: str = "text") -> Callable[[Tool], str]:
    def cell(tool: Tool) -> str:
        ran = tool.write([Entry("V", secret, key, kind)])
        if ran.status != 0:
            return "crashes" if "panic" in ran.output else "fails"
        values = tool.values()
        name = "V" if "V" in values else (key or "").split(".")[0].upper()
        value = values.get(name)
        if value == expected:
            return YES
        return "leaves it out, status 0" if value is None else f"becomes `{value}`" if value else "becomes empty"

    return cell


def denied(tool: Tool) -> str:
    proxy.denied = ("BatchGetSecretValue",)
    ran = tool.write([Entry("A", "one", "A"), Entry("B", "two", "B")])
    proxy.denied = ()
    if ran.status != 0:
        return "fails"
    return YES if {"A", "B"} <= tool.values().keys() else "a file without them, status 0"


def requests(tool: Tool) -> str:
    entries = [Entry(f"KEY_{n:02}", f"many/s{n:02}", f"KEY_{n:02}") for n in range(45)]
    proxy.take()
    assert tool.write(entries).status == 0
    count = len(proxy.take())
    return str(count) if count < len(entries) else "one for each"


def guard(tool: Tool) -> str:
    """Writes to an endpoint that does not say that it is an emulator."""
    store("guarded", '{"A": "old"}')
    proxy.denied = ("GET",)
    ran = writing(tool, "guarded")
    proxy.denied = ()
    assert (ran.status == 0) == (stored("guarded") == "new"), ran.output
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
    aws.tag_resource(SecretId=name, Tags=[{"Key": "managed-by", "Value": "external-secrets"}])
    return tool.push(name)


def store(name: str, value: str | bytes) -> None:
    field = "SecretBinary" if isinstance(value, bytes) else "SecretString"
    try:
        aws.create_secret(Name=name, **{field: value})
    except aws.exceptions.ResourceExistsException:
        aws.put_secret_value(SecretId=name, **{field: value})


def stored(name: str) -> str:
    value = aws.get_secret_value(SecretId=name)["SecretString"]
    keys = json.loads(value) if value.startswith("{") else {"A": value}
    # chamber writes its keys in lower case.
    return keys.get("a", keys["A"])


def one_key(tool: Tool) -> str:
    """Sets one key of a secret that has another."""
    if isinstance(tool, FetchSecrets):
        return NONE
    store("both", '{"A": "old", "OTHER": "kept"}')
    assert writing(tool, "both").status == 0 and stored("both") == "new"
    value = aws.get_secret_value(SecretId="both")["SecretString"]
    name = {"fnox": "`set`", "chamber": "`write`", "teller": "`put`"}.get(tool.name, "`PushSecret`")
    if "OTHER" not in value:
        return f"{name}, which drops the secret's other keys"
    return name if "old" not in value else f"{name}, in lower case"


def stale(tool: Tool) -> str:
    if not isinstance(tool, FetchSecrets | ExternalSecrets):
        return tool.lacks("drift", "up to date", "out of date")
    entries = [Entry("A", "one", "A")]
    tool.write(entries)
    if isinstance(tool, FetchSecrets):
        tool.file.write_text(tool.content().replace("1", "2"))
        ran = tool.write(entries, options="--check")
        assert ran.status == 1 and " A" in ran.output, ran.output
        return YES
    before = tool.content()
    tool.run(f"""$PEER_KUBECTL patch secret {tool.object} --patch '{{"data": {{"A": "eA=="}}}}'""")
    until(lambda: tool.content() == before)
    return "puts the Secret right"


def again(tool: Tool) -> str:
    if not isinstance(tool, FetchSecrets | ExternalSecrets):
        return tool.lacks("--watch", "interval", "rotation")
    store("changing", '{"A": "first"}')
    entries = [Entry("A", "changing", "A")]
    if isinstance(tool, ExternalSecrets):
        tool.write(entries, refresh="1s")
        store("changing", '{"A": "second"}')
        until(lambda: tool.values()["A"] == "second")
        return "updates the Secret"
    tool.write(entries)
    tool.file.unlink()
    command = [tool.program, "--spec", "spec", "--output-dir", "out", "--watch", "200ms", "--on-change", "touch told"]
    with subprocess.Popen(command, cwd=tool.folder, env=tool.environment, ) as watch:
        try:
            until(tool.file.exists)
            store("changing", '{"A": "second"}')
            until((tool.folder / "told").exists)
        finally:
            watch.terminate()
    assert tool.values()["A"] == "second"
    return "runs a command"


def url(tool: Tool) -> str:
    if isinstance(tool, Fnox | Chamber):
        return tool.lacks("template", "compose")
    wanted = "db://u:p%40ss%20w%2Frd@h"
    entry = Entry("P", "password", "P")
    match tool:
        case FetchSecrets():
            composed = {"U": {"url": "db://u:${P}@h"}}
            tool.catalogue({"password": {"services": ["app"], "keys": {"P": {"dev": "x"}}, "composed": composed}}, "--output-dir out")
            found = tool.values()["U"]
        case Teller():
            tool.settings([entry])
            (tool.folder / "in").write_text('db://u:{{ key(name="P") | urlencode_strict }}@h')
            found = tool.run("$PEER_TELLER template --in in").output.strip()
        case ExternalSecrets():
            tool.write([entry], template={"U": 'db://u:{{ .P | urlquery | replace "+" "%20" }}@h'})
            found = tool.values()["U"]
    assert found == wanted, found
    return YES if isinstance(tool, FetchSecrets) else "a template"


def elsewhere(tool: Tool) -> str:
    """Reads a value of another store."""
    ssm.put_parameter(Name="/shop/b", Value="parameter", Type="SecureString", Overwrite=True)
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


NUMBER = "12345678901234567890"
ROWS: list[tuple[str, Callable[[Tool], str]]] = [
    ("a secret is missing", missing),
    ("the file's mode with the umask 022, and how it is replaced", file),
    (f"values that a shell and Docker Compose read exactly from one file, of {len(HARD)} hard ones", hard),
    (f"the number `{NUMBER}`", arrives("digits", "N", NUMBER)),
    ("a key inside a nested object", arrives("nested", "A.B", "deep")),
    ("a secret that is one text", arrives("plain", None, "plain text")),
    ("a binary secret, as base64", arrives("binary", None, base64.b64encode(b"\0\xff").decode(), "base64")),
    ("requests for 45 secrets", requests),
    ("has all values where `BatchGetSecretValue` is denied", denied),
    ("URLs with encoded parts", url),
    ("says which variables of the file are out of date", stale),
    ("fetches again, and tells the consumer", again),
    ("writes to an endpoint that is no emulator", guard),
    ("sets one key in production", one_key),
    ("reads other stores", elsewhere),
    ("keeps encrypted values in the repository", encrypted),
    ("lists a secret's versions", history),
    ("loads secrets when a shell enters a folder", entering),
    ("looks for secrets in files", scan),
    ("hides secrets in a stream", redact),
    ("runs in the cluster", in_cluster),
]
SECRETS: dict[str, str | bytes] = {
    "one": '{"A": "1"}',
    "two": '{"B": "2"}',
    "other": '{"A": "other"}',
    "hard": json.dumps({f"V{n:02}": value for n, value in enumerate(HARD)}),
    "digits": f'{{"N": {NUMBER}}}',
    "nested": '{"A": {"B": "deep"}}',
    "plain": "plain text",
    "binary": b"\0\xff",
    "password": '{"P": "p@ss w/rd"}',
    "changing": '{"A": "first"}',
    "leaked": '{"A": "Sup3rSecretValue12"}',
} | {f"many/s{n:02}": json.dumps({f"KEY_{n:02}": "value"}) for n in range(45)}


def main() -> None:
    tools = [kind(folder, environment) for kind in (FetchSecrets, Fnox, Chamber, Teller, ExternalSecrets)]
    for name, value in SECRETS.items():
        store(name, value)
    lines = ["| | " + " | ".join(tool.name for tool in tools) + " |", "|---" * (len(tools) + 1) + "|"]
    for text, row in ROWS:
        cells = []
        for tool in tools:
            try:
                cells.append(row(tool))
            except Exception as error:
                sys.exit(f"{text}: {tool.name}: {error!r}")
        lines.append(f"| {text} | {' | '.join(cells)} |")
    table = "\n".join(lines)
    print(table)
    if table not in GUIDE.read_text():
        sys.exit(f"{GUIDE} has another table")


with tempfile.TemporaryDirectory() as temporary:
    folder = Path(temporary)
    server, address = localstack.start(f"{folder}/localstack")
    running = [server]
    try:
        proxy = localstack.Counter(address)
        environment = {
            "AWS_ENDPOINT_URL": f"http://{proxy.address}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        aws, ssm = (boto3.client(service, endpoint_url=f"http://{address}", **keys) for service in ("secretsmanager", "ssm"))
        main()
    finally:
        for program in reversed(running):
            program.kill()
            program.wait()
