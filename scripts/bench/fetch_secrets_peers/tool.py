"""A program under trial, as every row of the table uses it."""

import json
import os
from pathlib import Path
from typing import NamedTuple

from .shell import PATH, Ran, shell
from .store import Store

NONE = "–"
YES = "yes"


class Entry(NamedTuple):
    """A variable, of a key of a JSON secret, or of a whole secret, whose kind a catalogue may name."""

    variable: str
    secret: str
    key: str | None
    kind: str = "text"


class Tool:
    """A program that writes variables into the file `out/core.env`, in one of its formats."""

    name: str
    formats = [""]

    def __init__(self, folder: Path, store: Store, environment: dict[str, str] | None = None):
        self.folder = folder / self.name.replace(" ", "-")
        (self.folder / "out").mkdir(parents=True)
        self.file = self.folder / "out/core.env"
        self.store = store
        self.environment = store.environment | (environment or {}) | {"PATH": PATH, "HOME": str(self.folder)}
        self.environment |= {variable: value for variable, value in os.environ.items() if variable.startswith(("PEER_", "FETCH_"))}

    def close(self) -> None:
        """Ends what the tool has started."""

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
