"""Runs fetch-secrets and its peers, a boto3 script and fnox, side by side against one LocalStack.

Prints, for the platform's secrets and for 45 others, the median wall time, CPU time and peak memory of one run of
each, and the ratios.
Needs FETCH_SECRETS (the release binary), PEER_LOCALSTACK_PYTHON, PEER_BOTO3_PYTHON, PEER_FNOX and PEER_TIME.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import localstack

RUNS = 21
ROOT = Path(__file__).resolve().parent.parent.parent
TOOL = os.environ["FETCH_SECRETS"]
BOTO3 = os.environ["PEER_BOTO3_PYTHON"]
FNOX = os.environ["PEER_FNOX"]
MANY = 45


def once(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Wall and CPU time of one run, in milliseconds."""
    begun = time.perf_counter()
    child = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command} failed with {child.returncode}")
    return wall * 1e3, (usage.ru_utime + usage.ru_stime) * 1e3


def peak_memory(command: list[str], environment: dict[str, str]) -> float:
    """Peak resident memory of one run in MB. A child of this process would start with the
    memory of this process; GNU time is small."""
    command = [os.environ["PEER_TIME"], "-f", "%M", *command]
    run = subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True)
    return int(run.stderr.split()[-1]) * 1024 / 1e6


def measure(commands: dict[str, list[str]], environment: dict[str, str]) -> dict[str, tuple]:
    """Medians; the commands take turns, so that a noisy moment meets all of them."""
    samples: dict[str, list[tuple]] = {name: [] for name in commands}
    for _ in range(RUNS + 1):
        for name, command in commands.items():
            samples[name].append(once(command, environment))
    # The first turn warms the caches.
    return {
        name: (
            *(statistics.median(column) for column in zip(*turns[1:])),
            peak_memory(commands[name], environment),
        )
        for name, turns in samples.items()
    }


def many(folder: Path) -> Path:
    """A specification of 45 secrets of one key."""
    spec = folder / "many"
    spec.mkdir()
    secrets = {f"many/s{n:02}": {"services": ["app"], "keys": {f"KEY_{n:02}": {"dev": f"value {n}"}}} for n in range(MANY)}
    services = {"app": {"image": "app", "profiles": ["core"]}}
    document = {"services": services, "x-env-files": {"core": ["core"]}, "x-secrets": secrets}
    # JSON is YAML.
    (spec / "secrets.yaml").write_text(json.dumps(document))
    return spec


def fnox_settings(catalogue: list[dict], url: str) -> str:
    """The same variables for fnox."""
    provider = f'[providers.aws]\ntype = "aws-sm"\nregion = "us-east-1"\nendpoint = "{url}"\n\n[secrets]\n'
    entry = '{variable} = {{ provider = "aws", value = "{secret}", json_path = "{key}" }}\n'
    return provider + "".join(entry.format(**row) for row in catalogue)


def compare(spec: Path, folder: Path, environment: dict[str, str]) -> None:
    environment = environment | {"PLATFORM_SPEC": str(spec), "HOME": str(folder)}
    subprocess.run([TOOL, "seed"], env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    listed = subprocess.run([TOOL, "list", "--format", "json"], env=environment, check=True, capture_output=True)
    catalogue = json.loads(listed.stdout)
    (folder / "catalogue.json").write_bytes(listed.stdout)
    (folder / "fnox.toml").write_text(fnox_settings(catalogue, environment["AWS_ENDPOINT_URL"]))
    script = str(ROOT / "scripts/bench/fetch_secrets_boto3.py")
    settings = ["--config", f"{folder}/fnox.toml"]
    result = measure(
        {
            "boto3 script": [BOTO3, script, f"{folder}/catalogue.json", f"{folder}/boto3"],
            "fnox export": [FNOX, *settings, "export", "--all", "--output", f"{folder}/fnox.env"],
            "fetch-secrets": [TOOL, "--output-dir", f"{folder}/tool"],
            "fetch-secrets --source dev": [TOOL, "--source", "dev", "--output-dir", f"{folder}/dev"],
        },
        environment,
    )
    check(catalogue, folder)
    secrets = len({row["secret"] for row in catalogue})
    report(f"{secrets} secrets, {len(catalogue)} variables", result)


def check(catalogue: list[dict], folder: Path) -> None:
    """Every tool has written every variable."""
    for written in ("boto3", "fnox.env", "tool"):
        path = folder / written
        files = [path] if path.is_file() else sorted(path.glob("*.env"))
        text = "\n".join(file.read_text() for file in files)
        missing = [row["variable"] for row in catalogue if f"{row['variable']}=" not in text]
        if missing:
            sys.exit(f"{written} lacks {', '.join(missing)}")


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        server, address = localstack.start(f"{folder}/localstack")
        url = f"http://{address}"
        try:
            environment = os.environ | {
                "AWS_ENDPOINT_URL": url,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
            }
            print(f"LocalStack 4.12.0, {versions()}, median of {RUNS} runs")
            for name, spec in (("platform", ROOT / "infrastructure/platform"), ("forty-five", many(folder))):
                (folder / name).mkdir()
                compare(spec, folder / name, environment)
        finally:
            server.kill()
            server.wait()


def versions() -> str:
    script = "import boto3, sys; print(f'boto3 {boto3.__version__}, Python {sys.version.split()[0]}')"
    boto3 = subprocess.run([BOTO3, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    fnox = subprocess.run([FNOX, "--version"], capture_output=True, text=True, check=True).stdout.split()
    return f"{boto3}, fnox {fnox[-1]}"


def report(title: str, result: dict[str, tuple]) -> None:
    print(f"\n| {title} | wall | CPU | peak memory |\n|---|---|---|---|")
    for name, (wall, cpu, memory) in result.items():
        print(f"| {name} | {wall:.1f} ms | {cpu:.1f} ms | {memory:.1f} MB |")
    for peer in ("boto3 script", "fnox export"):
        ratios = " | ".join(f"{theirs / ours:.1f} ×" for theirs, ours in zip(result[peer], result["fetch-secrets"]))
        print(f"| {peer} ÷ fetch-secrets | {ratios} |")


main()
