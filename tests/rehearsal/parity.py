"""The models of the dashboards, value by value, on the three engines."""

import json
import pathlib

from compose import inside
from parts import trino
from transcript import Failed, check

ROWS = pathlib.Path(__file__).with_name("rows.py").read_text()

# The variables of the scheduler's tasks, which a command in its container has to read by itself.
LOGIN = ". /secrets/data-pipeline.env; export HIVE_LDAP_USERNAME HIVE_LDAP_PASSWORD; "


def tables() -> list[str]:
    """The models for both engines, by dbt's manifest."""
    manifest = json.loads(inside("airflow-scheduler", "sh", "-c", 'cat "$DBT_MANIFEST"'))
    models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return sorted(f"{model['schema']}.{model['name']}" for model in models if "both-engines" in model["tags"])


def build_on_spark() -> None:
    """The same models, built by Spark from the same bronze tables, beside those that export-dbt has published."""
    for layer in ("silver", "gold"):
        trino(f"CREATE SCHEMA IF NOT EXISTS delta.spark_{layer} WITH (location = 's3://{layer}/spark/')")
    settings = "DBT_SCHEMA_PREFIX=spark_ DBT_TARGET_PATH=/tmp/spark/target DBT_LOG_PATH=/tmp/spark/logs"
    build = f"{settings} dbt --no-version-check build --target spark --exclude-resource-type test"
    inside("airflow-scheduler", "bash", "-c", LOGIN + build)


def rows(engine: str, table: str) -> list[list]:
    said = inside("airflow-scheduler", "bash", "-c", f'{LOGIN} exec "${{PEER_DBT%/*}}/python" - {engine} {table}', stdin=ROWS)
    return json.loads(said)


def differences(table: str) -> tuple[int, list[str]]:
    """The number of rows, and a line for each pair of engines that differ."""
    wanted = rows("duckdb", table)
    found = []
    for engine, other in (("trino", table), ("spark", f"spark_{table}"), ("trino", f"spark_{table}")):
        if (values := rows(engine, other)) != wanted:
            differing = [pair for pair in zip(wanted, values) if pair[0] != pair[1]]
            first = differing[0] if differing else (len(wanted), len(values))
            found.append(f"{table}: DuckDB and {engine}'s {other}: {len(differing)} rows differ: {first[0]} and {first[1]}")
    return len(wanted), found


def compare() -> int:
    """The number of rows that are the same on all engines."""
    names = tables()
    check(len(names) >= 10, f"only {names} are for both engines")
    lines, total = [], 0
    for name in names:
        count, found = differences(name)
        lines += found
        total += count
        check(count or name.endswith("stg_ratings"), f"{name} has no rows")
    if lines:
        raise Failed("\n".join(lines))
    return total
