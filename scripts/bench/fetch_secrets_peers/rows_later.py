"""Rows about values that change after the file is there."""

import subprocess

from .external_secrets import ExternalSecrets
from .fetch_secrets import FetchSecrets
from .shell import until
from .tool import YES, Entry, Tool


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
    tool.store.put("changing", '{"A": "first"}')
    entries = [Entry("A", "changing", "A")]
    if isinstance(tool, ExternalSecrets):
        tool.write(entries, refresh="1s")
        tool.store.put("changing", '{"A": "second"}')
        until(lambda: tool.values()["A"] == "second")
        return "updates the Secret"
    tool.write(entries)
    tool.file.unlink()
    command = [tool.program, "--spec", "spec", "--output-dir", "out", "--watch", "200ms", "--on-change", "touch told"]
    with subprocess.Popen(command, cwd=tool.folder, env=tool.environment, ) as watch:
        try:
            until(tool.file.exists)
            tool.store.put("changing", '{"A": "second"}')
            until((tool.folder / "told").exists)
        finally:
            watch.terminate()
    assert tool.values()["A"] == "second"
    return "runs a command"
