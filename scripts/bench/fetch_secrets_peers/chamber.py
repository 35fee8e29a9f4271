"""chamber."""

from pathlib import Path

from .shell import Ran
from .store import Store
from .tool import Entry, Tool


class Chamber(Tool):
    name = "chamber"
    formats = ["dotenv", "env"]
    pages = "$PEER_CHAMBER --help; for page in env exec export find history list read write; do $PEER_CHAMBER $page --help; done"

    def __init__(self, folder: Path, store: Store):
        endpoint = {"CHAMBER_AWS_SSM_ENDPOINT": store.environment["AWS_ENDPOINT_URL"], "CHAMBER_SECRET_BACKEND": "SECRETSMANAGER"}
        super().__init__(folder, store, endpoint)

    def write(self, entries: list[Entry], form: str = "dotenv") -> Ran:
        secrets = " ".join(dict.fromkeys(entry.secret for entry in entries))
        if form == "env":
            return self.run(f"$PEER_CHAMBER env {secrets} > out/core.env")
        return self.run(f"$PEER_CHAMBER export --format dotenv --output-file out/core.env {secrets}")
