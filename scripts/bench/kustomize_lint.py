"""Times kustomize-lint beside kubectl kustomize, in turns.

First this project's own overlays, then overlays made for it: as many thirds of Deployments,
Services and ConfigMaps, a namespace, labels, an image and a merge patch for every tenth
Deployment. kubectl only renders; kustomize-lint renders and asks every rule. Prints medians, the
ratios, and how the time for one more object grows. Then CPU time and memory where many patches meet one
object, and where overlays share bases; kubectl runs once for each root, as it has to. Needs KUSTOMIZE_LINT (the release binary) and
PEER_KUBECTL.
"""

import os
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOOL = os.environ["KUSTOMIZE_LINT"]
KUBECTL = os.environ["PEER_KUBECTL"]

SERVICE = """apiVersion: apps/v1
kind: Deployment
metadata: {{name: app-{n}, labels: {{app: app-{n}}}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: app-{n}}}}}
  template:
    metadata: {{labels: {{app: app-{n}}}}}
    spec:
      serviceAccountName: default
      automountServiceAccountToken: false
      securityContext: {{runAsNonRoot: true, runAsUser: 1000}}
      containers:
        - name: app
          image: example/app:1
          ports: [{{name: http, containerPort: 8080}}]
          envFrom: [{{configMapRef: {{name: settings-{n}}}}}]
          env:
            - {{name: LEVEL, valueFrom: {{configMapKeyRef: {{name: settings-{n}, key: LEVEL}}}}}}
          resources:
            requests: {{cpu: 100m, memory: 64Mi}}
            limits: {{memory: 64Mi}}
---
apiVersion: v1
kind: Service
metadata: {{name: app-{n}}}
spec:
  selector: {{app: app-{n}}}
  ports: [{{name: http, port: 80, targetPort: http}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings-{n}}}
data: {{LEVEL: info, NUMBER: "{n}"}}
"""

# Of the curve.
RUNS = 21

PATCH = """apiVersion: apps/v1
kind: Deployment
metadata: {{name: app-{n}}}
spec:
  template:
    spec:
      containers:
        - name: app
          resources: {{limits: {{memory: 128Mi}}}}
"""


def make(folder: Path, objects: int) -> Path:
    """Writes an overlay of so many objects and its base, and returns the overlay."""
    base, overlay = folder / "base", folder / "overlay"
    base.mkdir(parents=True)
    overlay.mkdir()
    services = range(objects // 3)
    for n in services:
        (base / f"app-{n}.yaml").write_text(SERVICE.format(n=n))
    names = "".join(f"  - app-{n}.yaml\n" for n in services)
    (base / "kustomization.yaml").write_text(f"resources:\n{names}")
    patched = range(0, objects // 3, 10)
    for n in patched:
        (overlay / f"patch-{n}.yaml").write_text(PATCH.format(n=n))
    patches = "".join(f"  - path: patch-{n}.yaml\n" for n in patched)
    (overlay / "namespace.yaml").write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: bench}\n"
    )
    (overlay / "kustomization.yaml").write_text(
        f"namespace: bench\nresources: [../base, namespace.yaml]\n"
        f"labels: [{{pairs: {{team: bench}}}}]\nimages: [{{name: example/app, newTag: '2'}}]\n"
        f"patches:\n{patches}"
    )
    return overlay


def once(command: list[str], statuses: tuple[int, ...] = (0,)) -> float:
    """Wall time of one run, in milliseconds."""
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    taken = (time.perf_counter() - begun) * 1e3
    if done.returncode not in statuses:
        raise SystemExit(f"{command}: status {done.returncode}\n{done.stderr.decode()}")
    return taken


def cpu_time(command: list[str]) -> float:
    """CPU time of one run, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    once(command, (0, 1))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def one_object(folder: Path, patches: int) -> list[Path]:
    """Writes a ConfigMap and so many merge patches for it."""
    folder.mkdir(parents=True)
    (folder / "map.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    for n in range(patches):
        (folder / f"patch-{n}.yaml").write_text(f"{head}data: {{key-{n}: value}}\n")
    names = "".join(f"- path: patch-{n}.yaml\n" for n in range(patches))
    (folder / "kustomization.yaml").write_text(f"resources: [map.yaml]\npatches:\n{names}")
    return [folder]


def shared(folder: Path, overlays: int) -> list[Path]:
    """Writes a base of 300 objects in 3 parts, and so many overlays that include all of them."""
    parts = []
    for part in range(3):
        make(folder / f"part-{part}", 99)
        base = folder / f"part-{part}" / "base"
        (base / "kustomization.yaml").open("a").write(f"namePrefix: part-{part}-\n")
        parts.append(f"../part-{part}/base")
    roots = []
    for n in range(overlays):
        root = folder / f"overlay-{n}"
        root.mkdir()
        (root / "kustomization.yaml").write_text(
            f"namespace: bench-{n}\nnameSuffix: '-{n}'\nresources: [{', '.join(parts)}]\n"
        )
        roots.append(root)
    return roots


def joined(folder: Path, overlays: int) -> list[Path]:
    """Writes one root that includes all overlays of shared bases."""
    roots = shared(folder, overlays)
    root = folder / "all"
    root.mkdir()
    names = ", ".join(f"../{own.name}" for own in roots)
    (root / "kustomization.yaml").write_text(f"resources: [{names}]\n")
    return [root]


def cost(command: list[str], statuses: tuple[int, ...]) -> tuple[float, float]:
    """CPU time of one run in milliseconds, and its peak memory in MiB."""
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in statuses:
        raise SystemExit(f"{command}: status {child.returncode}")
    return (used.ru_utime + used.ru_stime) * 1e3, used.ru_maxrss / 1024


def costs(name: str, roots: list[Path]) -> None:
    """Prints one row of CPU time and memory; kubectl's memory is that of its largest run."""
    # Several roots are linted in one run, and have findings.
    own = ([TOOL, "build", str(roots[0])], (0,)) if len(roots) == 1 else ([TOOL, *map(str, roots)], (0, 1))
    own = [cost(*own) for _ in range(3)]
    theirs = [cost([KUBECTL, "kustomize", str(root)], (0,)) for root in roots]
    cpu, other = min(cpu for cpu, _ in own), sum(cpu for cpu, _ in theirs)
    memory = [max(memory for _, memory in runs) for runs in (own, theirs)]
    print(
        f"{name:<34}{cpu:>10.1f} ms{other:>12.1f} ms{other / cpu:>9.1f} ×{memory[0]:>9.0f} MiB{memory[1]:>9.0f} MiB",
        flush=True,
    )


def compare(name: str, folders: list[str], runs: int) -> None:
    """Prints one row of medians."""
    # Findings are no failure here, because only the same work has to be done.
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(once([TOOL, *folders], (0, 1)))
        theirs.append(sum(once([KUBECTL, "kustomize", folder]) for folder in folders))
    our_median, their_median = statistics.median(ours), statistics.median(theirs)
    print(f"{name:<34}{our_median:>10.1f} ms{their_median:>12.1f} ms{their_median / our_median:>9.1f} ×", flush=True)


def main() -> None:
    print(f"{'':<34}{'kustomize-lint':>13}{'kubectl':>15}{'ratio':>11}")
    overlays = [f"infrastructure/kubernetes/overlays/{name}" for name in ("local", "production")]
    for overlay in overlays:
        compare(overlay.removeprefix("infrastructure/kubernetes/"), [overlay], 11)
    compare("both overlays", overlays, 11)
    with tempfile.TemporaryDirectory() as folder:
        for objects, runs in ((150, 11), (600, 7), (3000, 3)):
            overlay = make(Path(folder) / str(objects), objects)
            compare(f"{objects} objects", [str(overlay)], runs)
        # The curve of the linter alone, in the CPU time of its fastest run, so that whatever else
        # the machine does counts as little as possible.
        cpu = {
            objects: min(cpu_time([TOOL, f"{folder}/{objects}/overlay"]) for _ in range(RUNS))
            for objects in (150, 600, 3000)
        }
        print(f"\n{'CPU time and peak memory':<34}{'kustomize-lint':>13}{'kubectl':>15}{'ratio':>11}")
        for overlay in overlays:
            costs(f"{Path(overlay).name}, rendered alone", [ROOT / overlay])
        for patches in (250, 500, 1000):
            costs(f"{patches} patches of one object", one_object(Path(folder) / f"one-{patches}", patches))
        for overlays in (5, 10, 20):
            costs(f"{overlays} roots of shared bases", shared(Path(folder) / f"shared-{overlays}", overlays))
        for overlays in (5, 10, 20):
            costs(f"1 root of {overlays} overlays", joined(Path(folder) / f"joined-{overlays}", overlays))
    early = (cpu[600] - cpu[150]) / 450
    late = (cpu[3000] - cpu[600]) / 2400
    print(f"\none more object: {early * 1e3:.0f} µs of CPU up to 600, {late * 1e3:.0f} µs from there to 3000,")
    print(f"{late / early:.2f} times as much, as less of it stays in the processor's caches;")
    print(f"3000 objects take {cpu[3000] / cpu[600]:.2f} times as long as 600 (5 is linear)")


main()
