"""Makes the lake's schemas in Trino and registers the bronze tables that have a Delta log.

Run as often as you like: what is there already stays, and a table without data yet is left for the
next run. Any other refusal of Trino's ends it with status 1.
"""

import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.request

TRINO = os.environ["TRINO_URL"].rstrip("/") + "/v1/statement"
SCHEMAS = {
    "bronze": os.environ["BRONZE_BUCKET"],
    "silver": os.environ["SILVER_BUCKET"],
    "gold": os.environ["GOLD_BUCKET"],
}
# Trino's protocol: a client that gets one of these asks again after a short pause.
BUSY = (502, 503, 504)
PATIENCE_SECONDS = 120
PAUSE_SECONDS = 0.1
# The messages of register_table that are no failure.
ALREADY_THERE = "already exists"
NO_DATA_YET = "No transaction log found"


class Refused(Exception):
    """Trino has answered a statement with an error."""


class Unreachable(Exception):
    """Trino has not answered, or what has answered is not Trino."""


def ask(request):
    """Trino's answer to one request."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code not in BUSY or time.monotonic() > deadline:
                raise Unreachable(f"HTTP status {error.code}") from error
        except (OSError, ValueError) as error:
            raise Unreachable(str(error)) from error
        time.sleep(PAUSE_SECONDS)


def run(statement):
    """Runs one statement to its end."""
    request = urllib.request.Request(
        TRINO, data=statement.encode(), headers={"X-Trino-User": "register-tables"}
    )
    while request is not None:
        answer = ask(request)
        if "error" in answer:
            raise Refused(answer["error"]["message"])
        request = answer.get("nextUri")


def tables():
    """The names in tables.txt, beside this file."""
    text = pathlib.Path(__file__).with_name("tables.txt").read_text()
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def main():
    for schema, bucket in SCHEMAS.items():
        run(f"CREATE SCHEMA IF NOT EXISTS delta.{schema} WITH (location = 's3://{bucket}/')")
    failed = False
    for table in tables():
        location = f"s3://{SCHEMAS['bronze']}/{table}"
        try:
            run(f"CALL delta.system.register_table('bronze', '{table}', '{location}')")
            print(f"{table}: registered")
        except Refused as refused:
            if ALREADY_THERE in str(refused):
                print(f"{table}: registered already")
            elif NO_DATA_YET in str(refused):
                print(f"{table}: no data yet")
            else:
                print(f"{table} at {location}: {refused}", file=sys.stderr)
                failed = True
    return 1 if failed else 0


try:
    sys.exit(main())
except Refused as refused:
    sys.exit(f"the schemas cannot be made: {refused}")
except Unreachable as unreachable:
    sys.exit(f"asking {TRINO}: {unreachable}")
