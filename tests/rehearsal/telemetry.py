"""Logs, metrics and traces, and an alert's way to its receiver."""

from compose import compose, containers
from dashboards import queries
from parts import alerts, fetch, lines, prometheus, services_with_logs, spans
from transcript import check, step, until

# The part that is stopped: a fixed target of Prometheus, so that its alert comes.
STOPPED = "loki"


def logs() -> None:
    running = {name for name, one in containers().items() if one["State"]["Status"] == "running"}
    # These services log nothing while all is well.
    silent = {"alert-log", "alertmanager", "otel-collector", "log-collector", "openldap", "loki", "prometheus"}
    until("logs of every service", lambda: running - silent <= services_with_logs(), 120)
    step(f"Loki has logs of {len(services_with_logs())} services")


def targets() -> None:
    def all_up() -> int:
        down = [one["metric"]["instance"] for one in prometheus("up == 0")]
        if down:
            raise ValueError(f"down: {down}")
        return len(prometheus("up == 1"))

    number = until("every target of Prometheus is up", all_up, 120)
    known = fetch("http://localhost:9090/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
    check(known, "Prometheus knows no Alertmanager")
    step(f"{number} targets are up, and Prometheus knows Alertmanager")


def metrics() -> None:
    for pushed in ("stream_processor_messages_consumed_total", "airflow_scheduler_heartbeat_total"):
        until(f"the metric {pushed}", lambda name=pushed: prometheus(name))
    asked = queries("expr")
    answered = 0
    for name, source, expression in asked:
        if source == "prometheus":
            answered += bool(prometheus(expression))
    asked = sum(source == "prometheus" for _, source, _ in asked)
    step(f"Prometheus takes the queries of {asked} panels, and {answered} have series")


def traces() -> None:
    until("a span of a trip", lambda: any(name.startswith("trip ") for name in spans("simulation")))
    step("spans of the simulation have reached the store of traces")


def stop_a_part() -> None:
    compose("stop", STOPPED)


def alert() -> None:
    """The alert of the stopped part arrives; the part starts again, and has what was logged meanwhile."""

    def sent(status: str) -> bool:
        wanted = {"alertname": "TargetDown", "job": STOPPED}
        return any(one["status"] == status and wanted.items() <= one["labels"].items() for one in alerts())

    until(f"the alert TargetDown of {STOPPED}", lambda: sent("firing"), 480)
    firing = fetch("http://localhost:9093/api/v2/alerts")
    check(any(one["labels"].get("job") == STOPPED for one in firing), f"Alertmanager has {firing}")
    step(f"{STOPPED} was stopped: TargetDown has reached the log of alert-log")
    compose("start", STOPPED)
    until("the alert in Loki", lambda: any("TargetDown" in line for line in lines('{service_name="alert-log"}')))
    step(f"{STOPPED} runs again, and has the lines that were written meanwhile")
