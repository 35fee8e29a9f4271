"""The faults that a first start of the platform showed, put back one by one: the rehearsal must fail for each.

A fault is an edit of a copy of the project. Its services start in the engine, and its stages run.
"""

import dataclasses
import pathlib
import subprocess
import sys
import tempfile
import time

import copies
from compose import TOOLS, compose
from transcript import check


@dataclasses.dataclass
class Fault:
    name: str
    fault: str
    # Replacements: file, text that must be there, and what stands in its place.
    edits: list[tuple[str, str, str]]
    services: str
    stages: str
    # What the failed rehearsal says; another failure is not this fault's.
    says: str
    profiles: str = "core,data-pipeline,monitoring"


KAFKA_USER = ("infrastructure/platform/secrets.yaml", "KAFKA_SASL_USERNAME: {dev: admin}", "KAFKA_SASL_USERNAME: {dev: 'u@d = x'}")
DAGS = "infrastructure/docker/dockerfiles/airflow/dags"
LAKE = "airflow-scheduler,trino,bronze-ingestion,simulation"

FAULTS = [
    Fault(
        "kafka-user",
        "A Kafka user with `@`, `=` or a blank stops the broker",
        [KAFKA_USER, ("infrastructure/config/kafka/with-jaas.sh", '$(quoted "user_$KAFKA_SASL_USERNAME")', "user_$KAFKA_SASL_USERNAME")],
        "kafka-init",
        "topics",
        "kafka",
    ),
    Fault(
        "kafka-password",
        "An empty Kafka password starts a broker that lets nobody in",
        [
            ("infrastructure/platform/secrets.yaml", "KAFKA_SASL_PASSWORD: {dev: admin}", "KAFKA_SASL_PASSWORD: {dev: ''}"),
            ("infrastructure/config/kafka/with-jaas.sh", ': "${KAFKA_SASL_PASSWORD:?', ': "${KAFKA_SASL_PASSWORD?'),
        ],
        "kafka-init",
        "topics",
        "kafka-init",
    ),
    Fault(
        "localstack-seed",
        "LocalStack has no secrets after a start",
        [("infrastructure/platform/shared.yaml", "/etc/localstack/init/ready.d/seed.py", "/etc/localstack/init/seed.py")],
        "localstack",
        "secrets",
        "LocalStack has",
    ),
    Fault(
        "collector-address",
        "The collector serves its metrics on 127.0.0.1 alone",
        [("infrastructure/config/otel-collector/otel-collector.yaml", "{host: 0.0.0.0, port: 8888", "{host: 127.0.0.1, port: 8888")],
        "otel-collector,grafana,alertmanager",
        "targets",
        "otel-collector:8888",
    ),
    Fault(
        "log-labels",
        "Container logs do not say their service, and Loki stays empty",
        [("infrastructure/platform/environments.yaml", "{labels: com.docker.compose.service, ", "{")],
        "log-collector,loki,osrm,localstack",
        "logs",
        "logs of every service",
    ),
    Fault(
        "alerting",
        "Alerts reach nobody",
        [("infrastructure/config/prometheus/prometheus.yaml", 'targets: ["alertmanager:9093"]}]\n\nscrape', "targets: []}]\n\nscrape")],
        "otel-collector,grafana,alertmanager",
        "targets",
        "Alertmanager",
    ),
    Fault(
        "dag-paused",
        "A new DAG starts paused",
        [(f"{DAGS}/lake.py", "is_paused_upon_creation=False", "is_paused_upon_creation=True")],
        "airflow-scheduler",
        "dags",
        "lake is paused",
    ),
    Fault(
        "no-bronze-dag",
        "Bronze tables that appear late are never registered",
        [(f"{DAGS}/bronze.py", "with DAG(", "if False:\n  with DAG(")],
        "airflow-scheduler",
        "dags",
        "bronze",
    ),
    Fault(
        "sigterm",
        "SIGTERM to the scheduler kills its tasks",
        [("infrastructure/platform/data-pipeline.yaml", 'trap "wait; exit 143" TERM; ', "")],
        "airflow-scheduler",
        "sigterm",
        "task",
    ),
    Fault(
        "trino-patience",
        "Trino's health check gives up before Trino has started",
        [("infrastructure/platform/data-pipeline.yaml", "start_period: 360s # 220 s", "start_period: 1s\n      interval: 1s\n      retries: 2 # 220 s")],
        "trino",
        "start",
        "trino",
    ),
    Fault(
        "export-target",
        "EXPORT_TARGET has no reader: dbt's tables are not published",
        [(f"{DAGS}/lake.py", 'bash_command="exec export-dbt"', 'bash_command="true"')],
        LAKE,
        "bronze lake",
        "gold",
    ),
    Fault(
        "panel",
        "A panel asks for a column that the lake does not have",
        [("infrastructure/config/grafana/dashboards/trips.json", "SELECT sum(requests) AS requests", "SELECT sum(rides) AS requests")],
        LAKE,
        "bronze lake panels",
        "rides",
    ),
    Fault(
        "seconds",
        "DuckDB counts the boundaries of seconds, Spark counts seconds",
        [("tests/dbt/macros/engines/time.sql", "date_sub('second'", "date_diff('second'")],
        f"{LAKE},spark-thrift-server",
        "bronze lake models",
        "rows differ",
        "core,data-pipeline,spark-testing",
    ),
]


def edit(folder: pathlib.Path, fault: Fault) -> None:
    for file, there, instead in fault.edits:
        text = (folder / file).read_text()
        check(there in text, f"{fault.name}: {file} has no {there}")
        (folder / file).write_text(text.replace(there, instead, 1))
    subprocess.run([TOOLS / "compose-gen"], cwd=folder, check=True, capture_output=True)


def try_one(fault: Fault, folder: pathlib.Path) -> tuple[bool, str]:
    """Whether the rehearsal has failed for the fault's reason, and its last words."""
    copies.copy(folder)
    edit(folder, fault)
    stages = [] if fault.stages == "start" else fault.stages.split()
    words = ["--profiles", fault.profiles, "--services", fault.services, "images", "start", *stages]
    done = copies.rehearse(folder, words, capture_output=True, text=True)
    reason = done.stderr.partition("rehearsal: failed: ")[2]
    return done.returncode == 1 and fault.says in reason, reason or done.stderr[-500:]


def put_back(names: list[str]) -> int:
    chosen = [fault for fault in FAULTS if not names or fault.name in names]
    missed = 0
    print("| fault | put back in | the rehearsal fails, and says | seconds |\n|---|---|---|---|")
    for fault in chosen:
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            noticed, reason = try_one(fault, pathlib.Path(folder))
            # Before the folder goes: a container that starts again would make it anew.
            compose("down", "--volumes", "--timeout", "1")
        missed += not noticed
        said = reason.strip().splitlines()[-1][:160].replace("|", "\\|") if reason.strip() else "nothing"
        where = ", ".join(sorted({pathlib.Path(file).name for file, _, _ in fault.edits}))
        seconds = time.monotonic() - started
        print(f"| {fault.fault} | {where} | {'' if noticed else '**not noticed**: '}{said} | {seconds:.0f} |", flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} faults are noticed", file=sys.stderr)
    return 1 if missed else 0
