"""The rehearsal of the platform, inside scripts/docker-engine: the generated Compose file, unchanged, on real parts.

    python3 tests/rehearsal [--profiles P] [STAGE...]

Without stages all of them run, in this order. Status 0: each showed what it must show; 1: one did not.
"""

import argparse
import os
import sys

import copies
import faults
import operation
import parity
import pipeline
import telemetry
from compose import ended_for_memory, memory, run, start_services, up
from transcript import Failed, check, step

PROFILES = "core,data-pipeline,monitoring,spark-testing"


def images() -> None:
    run("scripts/local-images", "build")
    step("the images are made of this machine's parts")


def start(profiles: str, services: str) -> None:
    if services:
        start_services(profiles, services.split(","))
        step(f"healthy: {services}, and what they need")
        return
    said = up(profiles)
    check("http://localhost:" in said, f"make up has printed no address\n{said}")
    step(f"make up PROFILES={profiles}: every service is healthy")
    print(said, file=sys.stderr, end="")


def models() -> None:
    parity.build_on_spark()
    step("Spark has built the models of the dashboards from the same bronze tables")
    total = parity.compare()
    step(f"DuckDB, Spark and Trino have the same values in {total} rows of {len(parity.tables())} models")


def again() -> None:
    """New events, after everything was stopped."""
    before, completed = operation.counts(), pipeline.completed()
    pipeline.more(before["bronze.bronze_trips"])
    pipeline.bronze()
    check(pipeline.lake() > completed, f"gold had {completed} completed trips, and has no new one")


def limits() -> None:
    rows = memory()
    print(f"{'part':28}{'memory':>8}{'peak':>8}{'limit':>8}  MiB", file=sys.stderr)
    for name, used, peak, limit in rows:
        print(f"{name:28}{used:8}{peak:8}{limit:8}", file=sys.stderr)
    check(all(limit for *_, limit in rows), "a service has no limit")
    ended = ended_for_memory()
    check(not ended, f"ended by the kernel, or started more than once: {ended}")
    step("every part has stayed within its memory limit")


STAGES = {
    "images": lambda words: images(),
    "start": lambda words: start(words.profiles, words.services),
    "secrets": lambda words: pipeline.secrets(),
    "topics": lambda words: pipeline.topics(),
    "dags": lambda words: pipeline.dags(),
    "targets": lambda words: telemetry.targets(),
    "stop-a-part": lambda words: telemetry.stop_a_part(),
    "traces": lambda words: telemetry.traces(),
    "bronze": lambda words: pipeline.bronze(),
    "lake": lambda words: pipeline.lake(),
    "panels": lambda words: pipeline.panels(),
    "models": lambda words: models(),
    "alert": lambda words: telemetry.alert(),
    "logs": lambda words: telemetry.logs(),
    "metrics": lambda words: telemetry.metrics(),
    "limits": lambda words: limits(),
    "dashboard": lambda words: operation.dashboard(),
    "restart": lambda words: operation.restart(words.profiles),
    "rotate": lambda words: operation.rotate(),
    "upgrade": lambda words: operation.upgrade(words.profiles),
    "again": lambda words: again(),
}

# Stages that only some faults need, because another test has them.
MORE_STAGES = {"sigterm": lambda words: pipeline.sigterm()}


def main() -> int:
    parser = argparse.ArgumentParser(prog="rehearsal")
    parser.add_argument("--profiles", default=PROFILES)
    parser.add_argument("--services", help="start these, and what they need, in place of all that the profiles have")
    parser.add_argument("--faults", action="store_true", help="put each fault back, or those of the names that follow")
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=", ".join((*STAGES, *MORE_STAGES)))
    words = parser.parse_args()
    known = {fault.name for fault in faults.known()} if words.faults else {*STAGES, *MORE_STAGES}
    if unknown := [name for name in words.stages if name not in known]:
        parser.error(f"{', '.join(unknown)}: expected one of {', '.join(sorted(known))}")
    try:
        if words.faults:
            return faults.put_back(words.stages)
        if "REHEARSAL_IN_COPY" not in os.environ:
            return copies.rehearse_in_copy(sys.argv[1:])
        for name in words.stages or STAGES:
            {**STAGES, **MORE_STAGES}[name](words)
    # An answer that is none is a failure, too.
    except (Failed, OSError) as failure:
        print(f"rehearsal: failed: {failure}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
