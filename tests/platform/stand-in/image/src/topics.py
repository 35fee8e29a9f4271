"""Kafka, with the login of the contract."""

import os

from confluent_kafka import Consumer, Producer

TOPICS = [
    "trips",
    "gps_pings",
    "driver_status",
    "surge_updates",
    "ratings",
    "payments",
    "driver_profiles",
    "rider_profiles",
]


def login() -> dict[str, str]:
    return {
        "bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        "security.protocol": os.environ.get("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
        "sasl.mechanism": os.environ.get("KAFKA_SASL_MECHANISM", "PLAIN"),
        "sasl.username": os.environ["KAFKA_SASL_USERNAME"],
        "sasl.password": os.environ["KAFKA_SASL_PASSWORD"],
    }


def producer() -> Producer:
    return Producer({**login(), "enable.idempotence": True})


def consumer(group: str) -> Consumer:
    settings = {
        **login(),
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
    made = Consumer(settings)
    made.subscribe(TOPICS)
    return made
