"""Metrics and spans, pushed to the collector that the contract names; without one they go nowhere."""

import os

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

_provider: MeterProvider | None = None
_tracers: TracerProvider | None = None


class Meters:
    def __init__(self, meter: metrics.Meter) -> None:
        self._meter = meter

    def counter(self, name: str, description: str):
        return self._meter.create_counter(name, description=description)

    def gauge(self, name: str, description: str, read) -> None:
        self._meter.create_observable_gauge(name, [lambda _: [metrics.Observation(read())]], description=description)


def start(service: str) -> Meters:
    global _provider, _tracers
    resource = Resource.create({"service.name": service, "stand_in": True})
    readers = []
    _tracers = TracerProvider(resource=resource)
    if endpoint := os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        insecure = endpoint.startswith("http://")
        exporter = OTLPMetricExporter(endpoint=endpoint, insecure=insecure)
        readers.append(PeriodicExportingMetricReader(exporter))
        _tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, insecure=insecure)))
    _provider = MeterProvider(readers, resource=resource)
    return Meters(_provider.get_meter(service))


def tracer() -> trace.Tracer:
    """Of the service that has started."""
    return _tracers.get_tracer(__name__) if _tracers is not None else trace.NoOpTracer()


def stop() -> None:
    """Sends the last values and spans."""
    for provider in (_provider, _tracers):
        if provider is not None:
            provider.shutdown()
