"""Metrics, pushed to the collector that the contract names; without one they are counted and go nowhere."""

import os

from opentelemetry import metrics
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

_provider: MeterProvider | None = None


class Meters:
    def __init__(self, meter: metrics.Meter) -> None:
        self._meter = meter

    def counter(self, name: str, description: str):
        return self._meter.create_counter(name, description=description)

    def gauge(self, name: str, description: str, read) -> None:
        self._meter.create_observable_gauge(name, [lambda _: [metrics.Observation(read())]], description=description)


def start(service: str) -> Meters:
    global _provider
    readers = []
    if endpoint := os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        exporter = OTLPMetricExporter(endpoint=endpoint, insecure=endpoint.startswith("http://"))
        readers.append(PeriodicExportingMetricReader(exporter))
    _provider = MeterProvider(readers, resource=Resource.create({"service.name": service, "stand_in": True}))
    return Meters(_provider.get_meter(service))


def stop() -> None:
    """Sends the last values."""
    if _provider is not None:
        _provider.shutdown()
