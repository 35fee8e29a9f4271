"""Times kind-cluster's deploy beside kubectl, in turns, against a real API server with a node.

200 objects in a namespace for each of the two: Deployments with a pod, their Services, ConfigMaps and Secrets. First
the deployment of everything, then deployments that change nothing: `kubectl apply` followed by `kubectl rollout status`
of every Deployment, and `kind-cluster deploy`, which waits for all objects, keeps a record of them and looks for
conflicts first. Prints the wall times, and the CPU time of kind-cluster with and without the `kubectl kustomize` that it
runs. Needs KIND_CLUSTER (the release binary), PEER_KUBECTL and the KUBECONFIG of scripts/kubernetes.
"""

import os
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOOL = os.environ["KIND_CLUSTER"]
KUBECTL = os.environ["PEER_KUBECTL"]
RUNS = 5
DEPLOYMENTS = 20
OBJECTS = 200

WORKLOAD = """apiVersion: apps/v1
kind: Deployment
metadata: {{name: app-{n}, namespace: {space}}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: app-{n}}}}}
  template:
    metadata: {{labels: {{app: app-{n}}}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: app
          image: busybox:1
          imagePullPolicy: IfNotPresent
          command: [sh, -c, "trap exit TERM; while :; do sleep 3600 & wait; done"]
          resources: {{requests: {{cpu: 1m, memory: 4Mi}}, limits: {{memory: 16Mi}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: app-{n}, namespace: {space}}}
spec:
  selector: {{app: app-{n}}}
  ports: [{{name: http, port: 80}}]
---
"""

SETTINGS = """apiVersion: v1
kind: {kind}
metadata: {{name: settings-{n}, namespace: {space}}}
{field}: {{LEVEL: info, NUMBER: "{n}"}}
---
"""


def overlay(folder: Path, space: str) -> Path:
    """Writes an overlay of OBJECTS objects."""
    place = folder / space
    place.mkdir()
    text = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {space}}}\n---\n"
    text += "".join(WORKLOAD.format(n=n, space=space) for n in range(DEPLOYMENTS))
    for n in range(OBJECTS - 1 - 2 * DEPLOYMENTS):
        kind, field = (("ConfigMap", "data"), ("Secret", "stringData"))[n % 2]
        text += SETTINGS.format(kind=kind, field=field, n=n, space=space)
    (place / "all.yaml").write_text(text)
    (place / "kustomization.yaml").write_text("resources: [all.yaml]\n")
    return place


def timed(commands: list[list[str]]) -> tuple[float, float]:
    """Wall and CPU time of some commands, in seconds; the latter with all that they started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    for command in commands:
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def kubectl(place: Path) -> list[list[str]]:
    watch = [KUBECTL, "rollout", "status", "--namespace", place.name]
    return [
        [KUBECTL, "apply", "--kustomize", str(place)],
        *([*watch, f"deployment/app-{n}"] for n in range(DEPLOYMENTS)),
    ]


def tool(place: Path) -> list[list[str]]:
    return [[TOOL, "deploy", "--overlay", str(place), "--no-image-check"]]


def row(name: str, walls: list[float], cpus: list[float]) -> float:
    wall, cpu = statistics.median(walls), statistics.median(cpus)
    print(f"{name:<52}{wall:>8.2f} s{cpu:>8.2f} s")
    return wall


def main() -> None:
    print(f"{f'{OBJECTS} objects, {DEPLOYMENTS} with a pod; medians of {RUNS}':<52}{'wall':>10}{'CPU':>10}")
    with tempfile.TemporaryDirectory() as folder:
        theirs = overlay(Path(folder), "bench-kubectl")
        ours = overlay(Path(folder), "bench-tool")
        first = [timed(kubectl(theirs)), timed(tool(ours))]
        row("first: kubectl apply, rollout status", *[[part] for part in first[0]])
        row("first: kind-cluster deploy", *[[part] for part in first[1]])
        rounds = [(timed(kubectl(theirs)), timed(tool(ours))) for _ in range(RUNS)]
        rendered = [timed([[KUBECTL, "kustomize", str(ours)]]) for _ in range(RUNS)]
        their = row("unchanged: kubectl apply, rollout status", *zip(*(one[0] for one in rounds)))
        our = row("unchanged: kind-cluster deploy", *zip(*(one[1] for one in rounds)))
        row("  of which kubectl kustomize", *zip(*rendered))
        own = statistics.median(one[1][1] for one in rounds) - statistics.median(one[1] for one in rendered)
        print(f"\nkind-cluster's own CPU time: {own:.2f} s; ratio of the wall times: {our / their:.2f}")


main()
