"""Builds the project in the current folder, and lists it by each pair of selection and exclusion on stdin, with dbt.

A line in is JSON: [select, exclude], either of which may be null. A line out: the ids, or null where dbt refuses.
"""

import contextlib
import json
import os
import sys

import duckdb
from dbt.cli.main import dbtRunner

with duckdb.connect(os.environ["SHOP_DATABASE"]) as database:
    database.execute("create schema raw")
    for table in ("orders", "clicks", "event_log"):
        database.execute(f"create table raw.{table} as select 1 as id, timestamp '2026-01-01' as ordered_at")
with contextlib.redirect_stdout(sys.stderr):
    built = dbtRunner().invoke(["--quiet", "build", "--exclude", "test_type:unit", "test_type:data"])
    assert built.success, built.exception or [result.message for result in built.result]
    manifest = dbtRunner().invoke(["--quiet", "parse"]).result
for line in sys.stdin:
    options = ["--quiet", "ls", "--output", "json", "--output-keys", "unique_id"]
    for option, value in zip(("--select", "--exclude"), json.loads(line), strict=True):
        options += [option, value] if value is not None else []
    with contextlib.redirect_stdout(sys.stderr):
        listed = dbtRunner(manifest=manifest).invoke(options)
    ids = [json.loads(node)["unique_id"] for node in listed.result or []]
    print(json.dumps(ids if listed.success else None), flush=True)
