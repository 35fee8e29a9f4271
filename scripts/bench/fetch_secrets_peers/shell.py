"""Commands, and waiting for what they cause."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

PATH = os.environ["PATH"]


class Ran(NamedTuple):
    status: int
    output: str


def shell(script: str, folder: Path, environment: dict[str, str] | None = None) -> Ran:
    command = ["bash", "--norc", "-c", script]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    ran = subprocess.run(command, cwd=folder, env=environment or {"PATH": PATH}, check=False, **pipes)
    return Ran(ran.returncode, ran.stdout.decode(errors="replace"))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise TimeoutError("the state that a row waits for did not come")
