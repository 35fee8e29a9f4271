"""fnox."""

from pathlib import Path

from .shell import Ran
from .store import Store
from .tool import Entry, Tool


class Fnox(Tool):
    name = "fnox"
    formats = ["env", "shell"]
    pages = "$PEER_FNOX --help; for page in check daemon exec export lease proxy set sync; do $PEER_FNOX $page --help; done"

    def __init__(self, folder: Path, store: Store):
        super().__init__(folder, store)
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
