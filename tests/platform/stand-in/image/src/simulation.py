"""Publishes the stream of trips to Kafka, each message at its time."""

import heapq
import json
import os
from datetime import datetime, timedelta, timezone

from src import service, telemetry, topics, trips

# So many hours of trips are published at once at the start.
HISTORY = timedelta(hours=2)


def settings() -> tuple[int, datetime, float, int]:
    text = os.environ.get("STAND_IN_START")
    start = datetime.fromisoformat(text) if text else datetime.now(timezone.utc) - HISTORY
    return (
        # The default differs for each start, because a trip's id is made of it and no trip may happen twice.
        int(os.environ.get("STAND_IN_SEED") or start.timestamp()),
        start,
        float(os.environ.get("STAND_IN_TRIPS_PER_MINUTE") or 12),
        int(os.environ.get("STAND_IN_TRIPS") or 0),
    )


def stream(seed: int, start: datetime, per_minute: float, limit: int):
    """Every message, in the order of their times; `limit` trips, or without an end for 0."""
    waiting: list[tuple[datetime, int, trips.Message]] = []
    order = 0

    def add(messages) -> None:
        nonlocal order
        for message in messages:
            heapq.heappush(waiting, (message.at, order, message))
            order += 1

    add(trips.profiles(start))
    for number, at in trips.requests(seed, start, per_minute):
        if limit and number >= limit:
            break
        while waiting and waiting[0][0] <= at:
            yield heapq.heappop(waiting)[2]
        add(trips.trip(number, seed, at))
    while waiting:
        yield heapq.heappop(waiting)[2]


def main() -> None:
    service.stop_on_signals()
    meters = telemetry.start("simulation")
    published = meters.counter("simulation_messages_published", "Messages that Kafka has taken")
    producer = topics.producer()
    failures = []
    service.serve("simulation", 8000, healthy=lambda: not failures)

    def delivered(error, message) -> None:
        if error is not None:
            failures.append(error)
            service.log("ERROR", "a message was not delivered", topic=message.topic(), error=error.name())
        else:
            failures.clear()
            published.add(1, {"topic": message.topic()})

    tracer = telemetry.tracer()
    for message in stream(*settings()):
        wait = (message.at - datetime.now(timezone.utc)).total_seconds()
        # The history at the start has none: thousands of spans at once would overflow their queue.
        if wait > 0 and message.topic == "trips":
            tracer.start_span(f"trip {message.value['status']}").end()
        while wait > 0 and not service.stopping.is_set():
            producer.poll(0)
            service.stopping.wait(min(wait, 1))
            wait = (message.at - datetime.now(timezone.utc)).total_seconds()
        if service.stopping.is_set():
            break
        value = json.dumps(message.value, separators=(",", ":")).encode()
        while True:
            try:
                producer.produce(message.topic, value, message.key, on_delivery=delivered)
                break
            except BufferError:
                # The queue is full until Kafka has taken some.
                producer.poll(1)
        producer.poll(0)
    producer.flush(10)
    service.log("INFO", "simulation: everything has been published")
    while not service.stopping.wait(1):
        producer.poll(0)
    telemetry.stop()
