"""The models of the dashboards, value by value, on the three engines."""

import json

from compose import inside
from parts import trino
from transcript import check

# The variables of the scheduler's tasks, which a command in its container has to read by itself.
LOGIN = """set -a; . /secrets/data-pipeline.env; AWS_ACCESS_KEY_ID=$MINIO_ROOT_USER
AWS_SECRET_ACCESS_KEY=$MINIO_ROOT_PASSWORD; set +a; """


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


def sides() -> list[str]:
    """The tables that export-dbt has published and those that Spark has built, as Trino reads them, and Spark's files."""
    return ["$TRINO_URL/delta/{layer}/{table}", "$TRINO_URL/delta/spark_{layer}/{table}", "s3://{layer}/spark/{table}"]


def compare() -> int:
    """The number of rows that are the same on all engines."""
    names = tables()
    check(len(names) >= 10, f"only {names} are for both engines")
    total = 0
    for side in sides():
        command = f'export-dbt compare "$DUCKDB_PATH" "{side}" --select tag:both-engines'
        # A failure shows the differences. A line of a table has the result and the rows of the left side.
        lines = [line.split() for line in inside("airflow-scheduler", "bash", "-c", LOGIN + command).splitlines()]
        rows = {words[0]: int(words[2].replace(",", "")) for words in lines if words[1:2] == ["same"]}
        check(sorted(rows) == names, f"{side}: {sorted(rows)} were compared, not {names}")
        for name, count in rows.items():
            check(count or name.endswith("stg_ratings"), f"{name} has no rows")
        total = sum(rows.values())
    return total
