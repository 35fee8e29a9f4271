"""Makes the topics of topics.txt. Those that exist stay as they are."""

import os
import pathlib
import sys
import time

from kafka_admin import TOPIC_ALREADY_EXISTS, Broker, Refused

# The port opens before the broker takes requests: from then on, this many seconds.
PATIENCE = 60


def wanted():
    """The topics of topics.txt, beside this file, with their partitions."""
    text = pathlib.Path(__file__).with_name("topics.txt").read_text()
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {name: int(partitions) for name, partitions in lines}


def make(topics):
    """Makes what is missing, and returns whether all of them are there."""
    broker = Broker(
        os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        os.environ["KAFKA_SASL_USERNAME"],
        os.environ["KAFKA_SASL_PASSWORD"],
    )
    there = broker.topics()
    for name in topics.keys() & there.keys():
        if there[name] < topics[name]:
            print(
                f"{name}: has {there[name]} partitions, topics.txt says {topics[name]}\n"
                f"hint: kafka-topics --alter --topic {name} --partitions {topics[name]} adds them; "
                "keys then move to other partitions, and their order is lost once",
                file=sys.stderr,
            )
        else:
            print(f"{name}: there already")
    missing = {name: count for name, count in topics.items() if name not in there}
    done = True
    for name, (code, why) in broker.create(missing).items() if missing else ():
        if code in (0, TOPIC_ALREADY_EXISTS):
            print(f"{name}: made, {missing[name]} partitions")
        else:
            print(f"{name}: {why or 'refused'} (error {code} of Kafka's protocol)", file=sys.stderr)
            done = False
    return done


def main():
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return 0 if make(wanted()) else 1
        except Refused as refused:
            print(f"Kafka refuses: {refused.args[0]}", file=sys.stderr)
            return 1
        except OSError as error:
            if time.monotonic() > deadline:
                print(f"Kafka at {os.environ['KAFKA_BOOTSTRAP_SERVERS']} does not answer: {error}", file=sys.stderr)
                return 1
            time.sleep(1)


sys.exit(main())
