"""From the stand-ins' events to the answers of the dashboards."""

import re
from urllib.parse import quote

from compose import PROJECT, compose, inside, log
from dashboards import statements
from parts import Airflow, messages, trino
from transcript import check, step, until

# The topics and their bronze tables.
TOPICS = ("trips", "payments", "ratings", "driver_status", "surge_updates")


SECRETS = """
import boto3, os
client = boto3.client("secretsmanager", endpoint_url="http://localhost:4566", region_name=os.environ["AWS_REGION"],
    aws_access_key_id="test", aws_secret_access_key="test")
print(*(one["Name"] for page in client.get_paginator("list_secrets").paginate() for one in page["SecretList"]), sep="\\n")
"""


def secrets() -> None:
    catalogue = (PROJECT / "infrastructure/platform/secrets.yaml").read_text()
    wanted = set(re.findall(r"^  (rideshare/[^:]+):$", catalogue, re.MULTILINE))
    there = set(inside("localstack", "sh", "-c", 'exec "$PEER_LOCALSTACK_PYTHON" -', stdin=SECRETS).split())
    check(there == wanted, f"LocalStack has {len(there)} secrets of {len(wanted)}: missing {sorted(wanted - there)}")
    step(f"LocalStack has made {len(there)} secrets")


def topics() -> None:
    said = log("kafka-init")
    wanted = inside("kafka", "sh", "-c", "grep -v '^#' /etc/rideshare/kafka/topics.txt").splitlines()
    for line in wanted:
        name = line.split()[0]
        check(f"{name}: made" in said or f"{name}: there already" in said, f"kafka-init has not made {name}\n{said}")
    step(f"kafka-init has made {len(wanted)} topics over SASL")


def dags() -> None:
    """Airflow knows both DAGs, and runs them by itself."""
    airflow = Airflow()
    for name in ("bronze", "lake"):
        dag = until(f"the DAG {name}", lambda: airflow.ask(f"dags/{name}"), 120)
        check(not dag["is_paused"], f"the DAG {name} is paused")
    errors = airflow.ask("importErrors")["import_errors"]
    check(not errors, f"DAG files with errors: {errors}")
    step("Airflow has the DAGs bronze and lake, and neither is paused")


def sigterm() -> None:
    """A running task ends when its scheduler is stopped."""
    airflow = Airflow()

    def running() -> dict | None:
        tasks = airflow.ask("dags/bronze/dagRuns/~/taskInstances")["task_instances"]
        return next((one for one in tasks if one["state"] == "running"), None)

    task = until("a running task", running, 120, 0.1)
    compose("stop", "airflow-scheduler")
    after = airflow.ask(f"dags/bronze/dagRuns/{quote(task['dag_run_id'], safe='')}/taskInstances/{task['task_id']}")
    check(after["state"] == "success", "the running task was killed with the scheduler")
    step("the running task has ended before the scheduler has")
    compose("start", "airflow-scheduler")


def bronze() -> None:
    """Stops the events, and waits until every message is in its bronze table."""
    until("1,000 trips in Kafka", lambda: messages()["trips"] > 1000)
    compose("stop", "simulation")
    published = messages()
    Airflow().run("bronze")

    def rows() -> dict[str, int]:
        found = {topic: trino(f"SELECT count(*) FROM delta.bronze.bronze_{topic}")[0][0] for topic in TOPICS}
        if any(found[topic] != published[topic] for topic in TOPICS):
            raise ValueError(f"in Kafka {published}, in bronze {found}")
        return found

    found = until("every message is in bronze", rows)
    step(f"bronze has every message of Kafka: {found}")


def lake() -> int:
    """dbt and export-dbt in Airflow. The number of completed trips that Trino has then."""
    Airflow().run("lake")
    newest = "SELECT value, row_number() OVER (PARTITION BY key ORDER BY kafka_offset DESC) AS place FROM delta.bronze.bronze_trips"
    in_bronze = f"SELECT count(*) FROM ({newest}) WHERE place = 1 AND json_extract_scalar(value, '$.status') = 'completed'"
    found, wanted = completed(), trino(in_bronze)[0][0]
    check(found == wanted, f"{wanted} trips are completed in bronze, {found} in gold")
    step(f"dbt has built the tables, export-dbt has published them: {found} completed trips in gold")
    return found


def completed() -> int:
    """The completed trips in gold."""
    return trino("SELECT CAST(sum(completed) AS bigint) FROM delta.gold.mart_trips")[0][0]


def panels() -> None:
    asked = statements()
    for name, sql in asked:
        check(trino(sql), f"the panel {name} has no rows\n{sql}")
    step(f"Trino has answered the queries of {len(asked)} panels")


def more(trips: int) -> None:
    """Waits for events beyond those that are in bronze."""
    until("new trips in Kafka", lambda: messages()["trips"] > trips)
    step("new trips are in Kafka")
