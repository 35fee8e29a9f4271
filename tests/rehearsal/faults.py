"""The faults that a first start of the platform showed, put back one by one: the rehearsal must fail for each.

A fault is an edit of a copy of the project. Its services start in the engine, and its stages run.
"""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import copies
from compose import PROJECT, TOOLS, compose, run
from transcript import check


@dataclasses.dataclass
class Fault:
    """One of tests/platform/faults.yaml, which says more of each field."""

    fault: str
    name: str
    edits: list[tuple[str, str, str]]
    services: str
    stages: str
    says: str
    profiles: str = "core,data-pipeline,monitoring"


# This Python need not have a reader of YAML, and LocalStack's has one.
READ = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"


def known() -> list[Fault]:
    python = pathlib.Path(os.environ.get("PEERS_DIR", PROJECT / ".peers")) / "localstack/bin/python"
    listed = json.loads(run(str(python), "-c", READ, stdin=(PROJECT / "tests/platform/faults.yaml").read_text()))
    return [
        Fault(fault=one["fault"], edits=[one["edit"], *more.pop("also", [])], **more)
        for one in listed
        if (more := one.get("rehearsal"))
    ]


def edit(folder: pathlib.Path, fault: Fault) -> None:
    for file, there, instead in fault.edits:
        text = (folder / file).read_text()
        check(there in text, f"{fault.name}: {file} has no {there}")
        (folder / file).write_text(text.replace(there, instead, 1))
    subprocess.run([TOOLS / "compose-gen"], cwd=folder, check=True, capture_output=True)


def try_one(fault: Fault, folder: pathlib.Path) -> tuple[bool, str]:
    """Whether the rehearsal has failed for the fault's reason, and its last words."""
    copies.copy(folder)
    edit(folder, fault)
    words = ["--profiles", fault.profiles, "--services", fault.services, "images", "start", *fault.stages.split()]
    done = copies.rehearse(folder, words, capture_output=True, text=True)
    reason = done.stderr.partition("rehearsal: failed: ")[2]
    return done.returncode == 1 and fault.says in reason, reason or done.stderr[-500:]


def put_back(names: list[str]) -> int:
    chosen = [fault for fault in known() if not names or fault.name in names]
    missed = 0
    print("| fault | put back in | the rehearsal fails, and says | seconds |\n|---|---|---|---|")
    for fault in chosen:
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            noticed, reason = try_one(fault, pathlib.Path(folder))
            # Before the folder goes: a container that starts again would make it anew.
            compose("down", "--volumes", "--timeout", "1")
        missed += not noticed
        said = reason.strip().splitlines()[-1][:160].replace("|", "\\|") if reason.strip() else "nothing"
        where = ", ".join(sorted({pathlib.Path(file).name for file, _, _ in fault.edits}))
        seconds = time.monotonic() - started
        print(f"| {fault.fault} | {where} | {'' if noticed else '**not noticed**: '}{said} | {seconds:.0f} |", flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} faults are noticed", file=sys.stderr)
    return 1 if missed else 0
