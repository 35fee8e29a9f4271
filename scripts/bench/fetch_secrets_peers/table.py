"""The table: its rows, the secrets that they need, and all cells."""

import base64
import json
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from .chamber import Chamber
from .external_secrets import ExternalSecrets
from .fetch_secrets import FetchSecrets
from .fnox import Fnox
from .rows_beyond import elsewhere, encrypted, entering, history, in_cluster, redact, scan
from .rows_later import again, stale
from .rows_reading import HARD, arrives, denied, file, hard, missing, requests, url
from .rows_writing import guard, one_key
from .store import Store
from .teller import Teller
from .tool import Tool

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


def table(folder: Path, store: Store) -> str:
    """The table as the guide has it."""
    with ExitStack() as running:
        kinds = (FetchSecrets, Fnox, Chamber, Teller, ExternalSecrets)
        tools = [running.enter_context(closing(kind(folder, store))) for kind in kinds]
        for name, value in SECRETS.items():
            store.put(name, value)
        lines = ["| | " + " | ".join(tool.name for tool in tools) + " |", "|---" * (len(tools) + 1) + "|"]
        for text, row in ROWS:
            cells = []
            for tool in tools:
                try:
                    cells.append(row(tool))
                except Exception as error:
                    sys.exit(f"{text}: {tool.name}: {error!r}")
            lines.append(f"| {text} | {' | '.join(cells)} |")
        return "\n".join(lines)
