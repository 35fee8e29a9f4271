"""The peer of `fetch-secrets fetch`: the same secrets into the same files, with boto3.

A fair peer, not the script that was replaced: batches of 20, sorted output, shlex quoting,
one temporary file and rename for each env file. Reads the catalogue as JSON from
`fetch-secrets list --format json`, so that parsing YAML is not on its bill.
"""

import json
import os
import shlex
import sys
from pathlib import Path

import boto3


def main() -> None:
    catalogue = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(sys.argv[2])
    client = boto3.client("secretsmanager", region_name="us-east-1")
    names = sorted({row["secret"] for row in catalogue})
    values = {}
    for start in range(0, len(names), 20):
        answer = client.batch_get_secret_value(SecretIdList=names[start : start + 20])
        for secret in answer["SecretValues"]:
            values[secret["Name"]] = json.loads(secret["SecretString"])
    files: dict[str, list[str]] = {}
    for row in catalogue:
        line = f"{row['variable']}={shlex.quote(values[row['secret']][row['key']])}\n"
        for name in row["env_files"]:
            files.setdefault(name, []).append(line)
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        temporary = folder / f".{name}.env"
        temporary.write_text("".join(sorted(lines)))
        os.chmod(temporary, 0o600)
        temporary.rename(folder / f"{name}.env")


main()
