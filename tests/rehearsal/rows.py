"""Prints the rows of one table, as JSON: `rows.py ENGINE TABLE`. Runs in Airflow's image, with dbt's Python, which has a
client of each engine. Values that are equal are equal texts, whichever engine they come from.
"""

import datetime
import decimal
import json
import os
import sys
import urllib.request


def text(value: object) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case float():
            return repr(value)
        case decimal.Decimal():
            return str(value)
        case datetime.datetime():
            return value.isoformat(" ", "microseconds")
        case _:
            return str(value)


def duckdb(table: str):
    import duckdb

    return duckdb.connect(os.environ["DUCKDB_PATH"], read_only=True).execute(f"SELECT * FROM {table}")


def spark(table: str):
    from pyhive import hive

    client = hive.connect(
        os.environ["SPARK_THRIFT_HOST"],
        int(os.environ["SPARK_THRIFT_PORT"]),
        username=os.environ["HIVE_LDAP_USERNAME"],
        password=os.environ["HIVE_LDAP_PASSWORD"],
        auth="LDAP",
    ).cursor()
    client.execute(f"SELECT * FROM {table}")
    return client


def trino(table: str) -> list[list]:
    """Trino's JSON has decimals and times as texts; times with six digits only for a client that says that it can read
    them.
    """
    asked = urllib.request.Request(
        f"{os.environ['TRINO_URL']}/v1/statement",
        f"SELECT * FROM delta.{table}".encode(),
        {"X-Trino-User": "rehearsal", "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME"},
    )
    rows = []
    while asked:
        with urllib.request.urlopen(asked) as answer:
            page = json.load(answer)
        if "error" in page:
            sys.exit(page["error"]["message"])
        rows += page.get("data", [])
        asked = page.get("nextUri")
    return rows


def main() -> None:
    _, engine, table = sys.argv
    if engine == "trino":
        rows = trino(table)
    else:
        rows = {"duckdb": duckdb, "spark": spark}[engine](table).fetchall()
    json.dump(sorted([[text(value) for value in row] for row in rows], key=repr), sys.stdout)


main()
