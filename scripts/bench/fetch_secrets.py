"""Runs fetch-secrets and its boto3 peer side by side against one LocalStack.

Prints, for each, the median wall time, CPU time and peak memory of one run, and the ratios.
Needs FETCH_SECRETS (the release binary), PEER_LOCALSTACK_PYTHON, PEER_BOTO3_PYTHON and PEER_TIME.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

RUNS = 21
ROOT = Path(__file__).resolve().parent.parent.parent
TOOL = os.environ["FETCH_SECRETS"]
BOTO3 = os.environ["PEER_BOTO3_PYTHON"]


def start_localstack(folder: str) -> tuple[subprocess.Popen, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    settings = {
        "GATEWAY_LISTEN": address,
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "OVERRIDE_IN_DOCKER": "0",
        "FILESYSTEM_ROOT": folder,
    }
    server = subprocess.Popen(
        [os.environ["PEER_LOCALSTACK_PYTHON"], "-m", "localstack.runtime.main"],
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://{address}/_localstack/health", timeout=5)
            return server, f"http://{address}"
        except OSError:
            time.sleep(0.2)
    server.kill()
    sys.exit("LocalStack did not start")


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


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server, url = start_localstack(f"{folder}/localstack")
        try:
            environment = os.environ | {
                "AWS_ENDPOINT_URL": url,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
            }
            subprocess.run([TOOL, "seed"], env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            catalogue = f"{folder}/catalogue.json"
            with open(catalogue, "w") as output:
                subprocess.run([TOOL, "list", "--format", "json"], cwd=ROOT, check=True, stdout=output)
            peer = str(ROOT / "scripts/bench/fetch_secrets_boto3.py")
            result = measure(
                {
                    "boto3 script": [BOTO3, peer, catalogue, f"{folder}/boto3"],
                    "fetch-secrets": [TOOL, "--output-dir", f"{folder}/tool"],
                    "fetch-secrets --source dev": [TOOL, "--source", "dev", "--output-dir", f"{folder}/dev"],
                },
                environment,
            )
        finally:
            server.kill()
            server.wait()
    report(result)


def report(result: dict[str, tuple]) -> None:
    version = subprocess.run(
        [BOTO3, "-c", "import boto3, sys; print(f'boto3 {boto3.__version__}, Python {sys.version.split()[0]}')"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()
    print(f"11 secrets into 3 files, LocalStack 4.12.0, {version}, median of {RUNS} runs\n")
    print("| | wall | CPU | peak memory |\n|---|---|---|---|")
    for name, (wall, cpu, memory) in result.items():
        print(f"| {name} | {wall:.1f} ms | {cpu:.1f} ms | {memory:.1f} MB |")
    peer, tool = result["boto3 script"], result["fetch-secrets"]
    ratios = " | ".join(f"{theirs / ours:.1f} ×" for theirs, ours in zip(peer, tool))
    print(f"| boto3 ÷ fetch-secrets | {ratios} |")


main()
