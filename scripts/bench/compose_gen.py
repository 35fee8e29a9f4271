"""Times compose-gen over the platform's specification, beside what reads its files afterwards.

No converter of its kind can be installed here to compare with, so the scale is Docker Compose's
and kubectl's time to read the result. Prints the fastest and the median run of each, the CPU time of
compose-gen beside its bound, and what was generated. Exit status 1 if the bound is exceeded. Needs COMPOSE_GEN (the release binary), PEER_COMPOSE and PEER_KUBECTL.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 21
# Milliseconds of CPU for the whole platform.
BOUND = 100
ROOT = Path(__file__).resolve().parent.parent.parent
TOOL = os.environ["COMPOSE_GEN"]


def once(command: list[str]) -> float:
    """Wall time of one run, in milliseconds."""
    begun = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - begun) * 1e3


def cpu_time(command: list[str]) -> float:
    """CPU time of one run, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    once(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def row(name: str, times: list[float]) -> None:
    print(f"{name:<46}{min(times):>9.1f} ms{statistics.median(times):>9.1f} ms")


def main() -> int:
    print(f"{'':<46}{'fastest':>12}{'median':>12}")
    with tempfile.TemporaryDirectory() as folder:
        row(
            "compose-gen into an empty folder",
            [once([TOOL, "--output-dir", f"{folder}/{run}"]) for run in range(RUNS)],
        )
    row("compose-gen --check", [once([TOOL, "--check"]) for _ in range(RUNS)])
    compose = [os.environ["PEER_COMPOSE"], "-f", "infrastructure/docker/compose.yaml"]
    row("docker compose config --quiet", [once([*compose, "config", "--quiet"]) for _ in range(RUNS)])
    overlay = "infrastructure/kubernetes/overlays/local"
    row(
        "kubectl kustomize overlays/local",
        [once([os.environ["PEER_KUBECTL"], "kustomize", overlay]) for _ in range(RUNS)],
    )
    with tempfile.TemporaryDirectory() as folder:
        cpu = [cpu_time([TOOL, "--output-dir", f"{folder}/{run}"]) for run in range(RUNS)]
    print()
    row(f"CPU time into an empty folder (bound {BOUND} ms)", cpu)
    print()
    print(subprocess.run([TOOL, "--check"], cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    return int(min(cpu) > BOUND)


sys.exit(main())
