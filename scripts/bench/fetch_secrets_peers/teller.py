"""teller."""

import json

from .shell import Ran
from .tool import Entry, Tool


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
