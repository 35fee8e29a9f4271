"""Appends the messages of each topic to its bronze Delta table, and commits the offsets after that: at least once."""

import json
import os
from datetime import datetime, timezone

import pyarrow
from deltalake import write_deltalake

from src import service, telemetry, topics

SCHEMA = pyarrow.schema([
    ("topic", pyarrow.string()),
    ("kafka_partition", pyarrow.int32()),
    ("kafka_offset", pyarrow.int64()),
    ("key", pyarrow.string()),
    ("value", pyarrow.string()),
    ("published_at", pyarrow.timestamp("us", "UTC")),
    ("ingested_at", pyarrow.timestamp("us")),
])


def options() -> dict[str, str]:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3", "")
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": os.environ.get("AWS_REGION", "us-east-1"),
        "AWS_ALLOW_HTTP": str(endpoint.startswith("http://")).lower(),
    }


def table_of(message) -> str:
    """A message that is no JSON object goes to the topic's dead-letter table."""
    try:
        readable = isinstance(json.loads(message.value()), dict)
    except (TypeError, ValueError):
        readable = False
    return ("bronze_" if readable else "dlq_bronze_") + message.topic()


def row(message) -> dict:
    text = lambda data: None if data is None else data.decode(errors="replace")  # noqa: E731
    published = datetime.fromtimestamp(message.timestamp()[1] / 1000, timezone.utc)
    return {
        "topic": message.topic(),
        "kafka_partition": message.partition(),
        "kafka_offset": message.offset(),
        "key": text(message.key()),
        "value": text(message.value()),
        "published_at": published,
        "ingested_at": datetime.now(timezone.utc).replace(tzinfo=None),
    }


def write(rows: dict[str, list[dict]], base: str) -> None:
    """Writes and empties `rows`, table by table, so that a second try after a failure skips what is written."""
    for table in list(rows):
        data = pyarrow.Table.from_pylist(rows[table], SCHEMA)
        write_deltalake(f"{base}/{table}", data, mode="append", storage_options=options())
        service.log("INFO", "bronze: messages are stored", table=table, rows=len(data))
        del rows[table]


def main() -> None:
    service.stop_on_signals()
    meters = telemetry.start("bronze-ingestion")
    stored = meters.counter("bronze_ingestion_messages_stored", "Messages in bronze tables")
    consumer = topics.consumer(os.environ.get("KAFKA_CONSUMER_GROUP", "bronze-ingestion"))
    service.serve("bronze-ingestion", 8080)
    base = f"s3://{os.environ['BRONZE_BUCKET']}"
    every = float(os.environ.get("STAND_IN_FLUSH_SECONDS") or 10)
    rows: dict[str, list[dict]] = {}
    due = service.now() + every
    while True:
        message = consumer.poll(0.5)
        if message is not None and message.error() is None:
            rows.setdefault(table_of(message), []).append(row(message))
        # The last messages are written before the end, too.
        if rows and (service.now() >= due or service.stopping.is_set()):
            count = sum(map(len, rows.values()))
            if service.stopping.is_set():
                write(rows, base)
            else:
                service.retry("writing to the lake", lambda: write(rows, base))
            if not rows:
                consumer.commit(asynchronous=False)
                stored.add(count)
            due = service.now() + every
        if service.stopping.is_set():
            break
    consumer.close()
    telemetry.stop()
