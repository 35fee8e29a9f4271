"""Copies each trip's state to Redis, and pushes the metrics that the alerts read."""

import os

import redis

from src import service, telemetry, topics


def main() -> None:
    service.stop_on_signals()
    meters = telemetry.start("stream-processor")
    consumed = meters.counter("stream_processor_messages_consumed", "Messages read from Kafka")
    published = meters.counter("stream_processor_messages_published", "Messages sent to Redis")
    store = redis.Redis(
        host=os.environ["REDIS_HOST"],
        port=int(os.environ.get("REDIS_PORT", "6379")),
        password=os.environ["REDIS_PASSWORD"],
    )
    connected = {"kafka": 0, "redis": 0}
    meters.gauge("stream_processor_kafka_connected", "1 while Kafka answers", lambda: connected["kafka"])
    meters.gauge("stream_processor_redis_connected", "1 while Redis answers", lambda: connected["redis"])
    consumer = topics.consumer(os.environ.get("KAFKA_CONSUMER_GROUP", "stream-processor"))

    def reached() -> bool:
        consumer.list_topics(timeout=10)
        store.ping()
        return True

    ready = False
    service.serve("stream-processor", 8080, healthy=lambda: ready)
    ready = bool(service.retry("reaching Kafka and Redis", reached))
    connected.update(kafka=1, redis=1)
    while not service.stopping.is_set():
        message = consumer.poll(0.5)
        if message is None:
            continue
        connected["kafka"] = int(message.error() is None)
        if message.error() is not None:
            continue
        consumed.add(1, {"topic": message.topic()})

        def publish() -> bool:
            value = message.value() or b""
            store.publish(message.topic(), value)
            if message.topic() == "trips" and message.key():
                store.set(b"trip:" + message.key(), value, ex=3600)
            return True

        try:
            publish()
            connected["redis"] = 1
        except redis.RedisError:
            connected["redis"] = 0
            if not service.retry("sending to Redis", publish):
                break
            connected["redis"] = 1
        published.add(1, {"channel": message.topic()})
        consumer.commit(message)
    consumer.close()
    telemetry.stop()
