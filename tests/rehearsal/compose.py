"""The platform as Docker Compose runs it from the generated file."""

import glob
import json
import os
import pathlib
import subprocess

from transcript import Failed, until

PROJECT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
TOOLS = TARGET / "debug"
FILE = PROJECT / "infrastructure/docker/compose.yaml"
COMPOSE = ("docker", "compose", "--ansi", "never", "--file", str(FILE), "--profile", "*")


def run(*words: str, stdin: str | None = None, status: int = 0) -> str:
    """A command's standard output; both outputs are in the message when it fails."""
    done = subprocess.run(words, cwd=PROJECT, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != status:
        raise Failed(f"{' '.join(words)[:300]}: status {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def compose(*words: str, stdin: str | None = None) -> str:
    return run(*COMPOSE, *words, stdin=stdin)


def inside(service: str, *words: str, stdin: str | None = None) -> str:
    """The output of a command in a running container."""
    return compose("exec", "--no-TTY", service, *words, stdin=stdin)


def log(service: str) -> str:
    # Compose clears each line before it writes it.
    return compose("logs", "--no-log-prefix", "--no-color", service).replace("\x1b[2K", "")


def containers() -> dict[str, dict]:
    """What Docker says of each container, by service."""
    names = run("docker", "ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=rideshare").split()
    all_of_them = json.loads(run("docker", "inspect", *names)) if names else []
    return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in all_of_them}


def troubles() -> list[str]:
    """Each service that is not as it should be: running and healthy, or ended with 0."""
    found = []
    for name, container in sorted(containers().items()):
        state = container["State"]
        if state["Status"] == "exited" and state["ExitCode"] == 0:
            continue
        health = state.get("Health", {}).get("Status", "healthy")
        if state["Status"] != "running" or health != "healthy":
            found.append(f"{name}: {state['Status']}, {health}, status {state['ExitCode']}")
    return found


def until_healthy(seconds: float = 600) -> None:
    def healthy() -> bool:
        found = troubles()
        given_up = [one for one in found if ", unhealthy," in one]
        if given_up:
            raise Failed(f"a health check has given up: {given_up}")
        if found:
            raise ValueError(f"{found}")
        return True

    until("every service is healthy", healthy, seconds)


def up(profiles: str) -> str:
    """`make up`, whose output ends with the addresses; then waits until every service is healthy."""
    said = run("make", "--no-print-directory", "up", f"PROFILES={profiles}")
    until_healthy()
    return said


def start_services(profiles: str, services: list[str]) -> None:
    named = [word for profile in profiles.split(",") for word in ("--profile", profile)]
    run("docker", "compose", "--ansi", "never", "--file", str(FILE), *named, "up", "--detach", *services)
    until_healthy(300)


def cgroup(container: dict, *names: str) -> str:
    """The first of these files of a container's control group: version 1's, or version 2's."""
    for name in names:
        for place in ("/sys/fs/cgroup/memory", "/sys/fs/cgroup"):
            for path in glob.glob(f"{place}/**/{container['Id']}/{name}", recursive=True):
                return pathlib.Path(path).read_text()
    return "0"


def memory() -> list[tuple[str, int, int, int]]:
    """Service, memory without the page cache, highest use with it, and limit, of each running container, in MiB."""
    rows = []
    for name, container in sorted(containers().items()):
        if container["State"]["Status"] == "running":
            stat = dict(line.split() for line in cgroup(container, "memory.stat").splitlines() if " " in line)
            used = int(stat.get("total_rss", stat.get("anon", 0)))
            peak = int(cgroup(container, "memory.max_usage_in_bytes", "memory.peak"))
            rows.append((name, used >> 20, peak >> 20, container["HostConfig"]["Memory"] >> 20))
    return rows


def ended_for_memory() -> list[str]:
    return [name for name, one in containers().items() if one["State"]["OOMKilled"] or one["RestartCount"]]
