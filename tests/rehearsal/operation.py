"""The commands of the pages on operation, as a person would copy them."""

import pathlib
import re
import tempfile

from compose import PROJECT, TOOLS, compose, containers, inside, run, until_healthy, up
from parity import tables
from parts import messages, trino
from pipeline import TOPICS
from transcript import check, step, until

SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)

# Where a command compiles or asks a registry, the same without that.
INSTEAD = {
    "make generate": str(TOOLS / "compose-gen"),
    "docker compose --file infrastructure/docker/compose.yaml build secrets-seed": "scripts/secrets-init-image",
}

PASSWORD = "rotated 'r' $r \\ #"


def blocks(name: str, start: str) -> list[list[str]]:
    """The shell blocks of a page in docs from the text `start` on: the commands of each."""
    _, found, text = (PROJECT / "docs" / name).read_text().partition(start)
    check(found, f"{name} has no {start!r}")
    lines = [block.splitlines() for block in SHELL.findall(text)]
    return [[line for line in block if line and not line.startswith("#")] for block in lines]


def do(command: str, stdin: str = "") -> str:
    return run("bash", "-c", INSTEAD.get(command, command), stdin=stdin)


def dashboard() -> None:
    """empty-dashboard.md."""
    commands = blocks("empty-dashboard.md", "In one go, with Compose")[0]
    said = "".join(do(command) for command in commands)
    check("mart_trips" in said and "No data found" in said, f"the answers are others:\n{said}")
    step(f"{len(commands)} commands of empty-dashboard.md")
    check("trino" in do("make --no-print-directory status"), "make status does not list trino")
    # It follows the logs until somebody stops it.
    followed = run("timeout", "20", "make", "--no-print-directory", "logs", "SERVICES=trino", status=124)
    check("SERVER STARTED" in followed or "trino" in followed, f"make logs has shown no line of trino:\n{followed}")
    step("make status and make logs")


def rotate() -> None:
    """rotate-a-secret.md, with the password of Redis."""
    path = PROJECT / "infrastructure/platform/secrets.yaml"
    old, new = "REDIS_PASSWORD: {dev: admin}", f'REDIS_PASSWORD: {{dev: "{PASSWORD.replace(chr(92), chr(92) * 2)}"}}'
    check(old in path.read_text(), f"{path} has no {old}")
    path.write_text(path.read_text().replace(old, new))
    value = blocks("rotate-a-secret.md", "**Compose.**")[0]
    order = blocks("rotate-a-secret.md", "## Restarts and their order")[0]
    for command in value + order:
        do(command)
    until_healthy()
    asked = inside("redis", "sh", "-c", '. /secrets/core.env; printf %s "$REDIS_PASSWORD"')
    check(asked == PASSWORD, f"redis has the password {asked!r}")
    sent = messages()["trips"]
    # stream-processor confirms a message to Kafka after Redis has it.
    until("new trips after the rotation", lambda: messages()["trips"] > sent)
    step(f"{len(value + order)} commands of rotate-a-secret.md: a password with hard characters, and every client is healthy")

    login, fernet = (blocks("rotate-a-secret.md", f"### {title}")[0][0] for title in ("PostgreSQL", "Airflow"))
    kept = "SELECT rolpassword FROM pg_authid WHERE rolname = current_user;\n"
    before = do(login, kept)
    check("SCRAM-SHA-256" in before, f"psql has not logged in: {before}")
    # The same password again: the services go on, and its salt is another one.
    do(login, "\\password\nadmin\nadmin\n")
    check(do(login, kept) != before, "\\password has changed nothing")
    do(fernet)
    step("the commands for PostgreSQL, with \\password, and Airflow")


def upgrade(profiles: str) -> None:
    """upgrade-a-part.md, with a release of Redis that only this engine has: the same program under another tag."""
    raised = blocks("upgrade-a-part.md", "# Upgrading a part")[0][0].partition("#")[0].split()
    part, version = raised[1:]
    newer = version.replace("-", "-next-", 1)
    with tempfile.TemporaryDirectory() as folder:
        # raise-version ends with `make generate`, which compiles.
        make = pathlib.Path(folder) / "make"
        make.write_text(f"#!/bin/sh\nexec {TOOLS}/compose-gen\n")
        make.chmod(0o755)
        do(f"PATH={folder}:$PATH {raised[0]} {part} {newer}")
    run("scripts/local-images", "build")
    up(profiles)
    image = containers()[part]["Config"]["Image"]
    check(image == f"{part}:{newer}", f"{part} runs as {image}")
    step(f"{raised[0]} {part} {newer} and make up: {image} runs, and every service is healthy")


def counts() -> dict[str, int]:
    names = [f"bronze.bronze_{topic}" for topic in TOPICS] + tables()
    return {name: trino(f"SELECT count(*) FROM delta.{name}")[0][0] for name in names}


def restart(profiles: str) -> None:
    """backup-and-restore.md: everything stops, is copied, gets the copy back, and starts. The page starts the platform
    after the copy, too; here it starts once.
    """
    compose("stop", "simulation")
    before = counts()
    backup, restored = blocks("backup-and-restore.md", "## Compose")[:2]
    check(backup[-1].startswith("make up") and restored[0] == "make down", "the page has another order")
    for command in backup[:-1] + restored[1:-1]:
        do(command)
    step("make down, and the lake's volume is backed up, deleted and restored")
    up(profiles)
    after = counts()
    lost = {name: (rows, after[name]) for name, rows in before.items() if after[name] < rows}
    check(not lost, f"rows are lost: {lost}")
    step(f"make up: every service is healthy again, and none of {len(before)} tables has lost a row")
