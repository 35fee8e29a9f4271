"""Rows about the way of values into the file."""

from collections.abc import Callable

from .chamber import Chamber
from .external_secrets import ExternalSecrets
from .fetch_secrets import FetchSecrets
from .fnox import Fnox
from .teller import Teller
from .tool import NONE, YES, Entry, Tool

# Values that some reader of env files takes for something else.
HARD = ["", " a ", "a b", "a'b", 'a"b', "`a`", "$A", "$(touch X)", "`touch X`", "a\nb", "a\n", "\\n", "a\\", "it's \"x\"", "a#b", "a #b"]
HARD += ["#a", "!a", "a=b", "p@ss/w:rd%", "é", "a\tb", "'", '"', "\\'", "${A:-x}", "$$", "a\r\nb", "{\"a\": \"b\"}", "'a'"]


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
    tool.store.proxy.denied = ("BatchGetSecretValue",)
    ran = tool.write([Entry("A", "one", "A"), Entry("B", "two", "B")])
    tool.store.proxy.denied = ()
    if ran.status != 0:
        return "fails"
    return YES if {"A", "B"} <= tool.values().keys() else "a file without them, status 0"


def requests(tool: Tool) -> str:
    entries = [Entry(f"KEY_{n:02}", f"many/s{n:02}", f"KEY_{n:02}") for n in range(45)]
    tool.store.proxy.take()
    assert tool.write(entries).status == 0
    count = len(tool.store.proxy.take())
    return str(count) if count < len(entries) else "one for each"


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
