"""The queries of Grafana's panels, as Grafana sends them."""

import datetime
import json

from compose import PROJECT

FOLDER = PROJECT / "infrastructure/config/grafana/dashboards"
DAYS = 14


def queries(key: str) -> list[tuple[str, str, str]]:
    """Each panel's name, source and query; `key` says the kind: rawSQL or expr."""
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                if key in target:
                    found.append((f"{path.stem}: {panel['title']}", panel["datasource"]["uid"], target[key]))
    return found


def statements() -> list[tuple[str, str]]:
    """The SQL of the panels from the lake. The macros of the plugin for Trino hold the last two weeks."""
    return [(name, expanded(sql)) for name, _, sql in queries("rawSQL")]


def expanded(sql: str) -> str:
    now = datetime.datetime.now(datetime.timezone.utc)
    start, end = now - datetime.timedelta(days=DAYS), now + datetime.timedelta(days=1)
    for macro, kind, form in (
        ("$__timeFilter(", "TIMESTAMP", "%Y-%m-%d %H:%M:%S"),
        ("$__dateFilter(", "date", "%Y-%m-%d"),
    ):
        while macro in sql:
            before, _, rest = sql.partition(macro)
            column, _, after = rest.partition(")")
            sql = f"{before}{column} BETWEEN {kind} '{start:{form}}' AND {kind} '{end:{form}}'{after}"
    return sql
