"""Questions to the platform's parts, at the addresses that Compose publishes."""

import json
import re
import urllib.parse
import urllib.request

from compose import inside, log
from transcript import Failed, check, until


def fetch(url: str, body: object = None, **headers: str):
    """The JSON of an answer; `body` makes it a POST."""
    data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    kind = {} if isinstance(body, str) else {"Content-Type": "application/json"}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(urllib.request.Request(url, data, {**kind, **names}), timeout=30) as answer:
        return json.load(answer)


def trino(statement: str) -> list[list]:
    """The rows that Trino answers; a refused statement is a failure."""
    page = fetch("http://localhost:8084/v1/statement", statement, X_Trino_User="rehearsal")
    rows = []
    while True:
        if "error" in page:
            raise Failed(f"Trino: {page['error']['message']}\n{statement}")
        rows += page.get("data", [])
        if "nextUri" not in page:
            return rows
        page = fetch(page["nextUri"])


class Airflow:
    """Airflow's API, with the development login."""

    url = "http://localhost:8082"

    def __init__(self) -> None:
        self.token = fetch(f"{self.url}/auth/token", {"username": "admin", "password": "admin"})["access_token"]

    def ask(self, path: str, body: object = None):
        return fetch(f"{self.url}/api/v2/{path}", body, Authorization=f"Bearer {self.token}")

    def run(self, dag: str) -> None:
        """Starts a run, and waits until it has succeeded."""
        until(f"the DAG {dag}", lambda: self.ask(f"dags/{dag}")["dag_id"])
        started = self.ask(f"dags/{dag}/dagRuns", {"logical_date": None})["dag_run_id"]
        path = f"dags/{dag}/dagRuns/{urllib.parse.quote(started)}"

        def ended() -> str:
            state = self.ask(path)["state"]
            return state if state in ("success", "failed") else ""

        state = until(f"a run of the DAG {dag}", ended, 600)
        tasks = self.ask(f"{path}/taskInstances")["task_instances"]
        states = ", ".join(f"{task['task_id']} {task['state']}" for task in tasks)
        check(state == "success", f"the DAG {dag}: {state}: {states}\n{self.logs(path, tasks)}")

    def logs(self, path: str, tasks: list[dict]) -> str:
        texts = [self.ask(f"{path}/taskInstances/{task['task_id']}/logs/{max(task['try_number'], 1)}") for task in tasks]
        lines = [str(line.get("event", line)) for text in texts for line in text.get("content", [])]
        return "\n".join(lines[-40:])


OFFSETS = """
import sys
from src import topics
from confluent_kafka import TopicPartition
consumer = topics.consumer("rehearsal")
for name, topic in sorted(consumer.list_topics(timeout=30).topics.items()):
    partitions = [TopicPartition(name, number) for number in topic.partitions]
    print(name, sum(consumer.get_watermark_offsets(one, timeout=30)[1] for one in partitions))
consumer.close()
"""


def messages() -> dict[str, int]:
    """The number of messages that Kafka has taken, by topic; asked over SASL."""
    login = ". /secrets/core.env; export KAFKA_SASL_USERNAME KAFKA_SASL_PASSWORD; exec python -"
    said = inside("stream-processor", "sh", "-c", login, stdin=OFFSETS)
    return {name: int(count) for name, count in (line.split() for line in said.splitlines())}


def prometheus(expression: str) -> list[dict]:
    query = urllib.parse.quote(expression)
    return fetch(f"http://localhost:9090/api/v1/query?query={query}")["data"]["result"]


def services_with_logs() -> set[str]:
    return set(fetch("http://localhost:3100/loki/api/v1/label/service_name/values").get("data") or [])


def lines(query: str) -> list[str]:
    """The newest lines that Loki has for a query."""
    found = fetch(f"http://localhost:3100/loki/api/v1/query_range?limit=1000&since=1h&query={urllib.parse.quote(query)}")
    return [line for stream in found["data"]["result"] for _, line in stream["values"]]


def spans(service: str) -> list[str]:
    """The names of the spans that the stand-in for Tempo has of a service."""
    return fetch(f"http://localhost:3200/api/search?service={service}")


def alerts() -> list[dict]:
    """Every alert that Alertmanager has sent to the log of alert-log."""
    sent = [json.loads(line) for line in log("alert-log").splitlines() if re.match(r"\{", line)]
    return [alert for message in sent for alert in message["alerts"]]
