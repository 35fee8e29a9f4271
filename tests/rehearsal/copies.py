"""Copies of the project, which a rehearsal may change."""

import os
import pathlib
import subprocess
import sys
import tempfile

from compose import PROJECT, TARGET

LIST = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")


def copy(folder: pathlib.Path) -> None:
    """Every file that git knows, or would add."""
    listed = subprocess.run(LIST, cwd=PROJECT, capture_output=True, check=True).stdout.split(b"\0")
    there = b"\0".join(name for name in listed if name and (PROJECT / name.decode()).exists())
    words = ("xargs", "-0", "cp", "--parents", "--no-dereference", "--target-directory", str(folder))
    subprocess.run(words, cwd=PROJECT, input=there, check=True)


def rehearse(folder: pathlib.Path, words: list[str], **settings) -> subprocess.CompletedProcess:
    """A rehearsal of the copy in this folder."""
    variables = {
        **os.environ,
        "CARGO_TARGET_DIR": str(TARGET),
        "PEERS_DIR": os.environ.get("PEERS_DIR", str(PROJECT / ".peers")),
        "REHEARSAL_IN_COPY": "1",
    }
    return subprocess.run([sys.executable, "-B", "tests/rehearsal", *words], cwd=folder, env=variables, check=False, **settings)


def rehearse_in_copy(words: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        copy(pathlib.Path(folder))
        return rehearse(pathlib.Path(folder), words).returncode
