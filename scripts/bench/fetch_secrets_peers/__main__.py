"""Tries every row of the table that compares fetch-secrets with its peers, and prints it: each cell is the outcome of a run.

Fails when the guide has another table.
Needs FETCH_SECRETS (an executable), the peers of scripts/bench/run, and the KUBECONFIG of scripts/kubernetes.
"""

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from .store import Store
from .table import table

GUIDE = Path(__file__).resolve().parents[3] / "docs/fetch-secrets.md"

with tempfile.TemporaryDirectory() as folder, closing(Store(f"{folder}/localstack")) as store:
    found = table(Path(folder), store)
print(found)
if found not in GUIDE.read_text():
    sys.exit(f"{GUIDE} has another table")
