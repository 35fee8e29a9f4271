"""External Secrets, beside a real Kubernetes."""

import base64
import json
import os
import subprocess
from pathlib import Path

from .shell import Ran, until
from .store import Store
from .tool import Entry, Tool


class ExternalSecrets(Tool):
    """Its file is a Secret, which only its own row calls one."""

    name = "External Secrets"
    object = "before"

    def __init__(self, folder: Path, store: Store):
        url = store.environment["AWS_ENDPOINT_URL"]
        endpoints = {"AWS_SECRETSMANAGER_ENDPOINT": url, "AWS_SSM_ENDPOINT": url, "AWS_STS_ENDPOINT": url}
        super().__init__(folder, store, endpoints | {"KUBECONFIG": os.environ["KUBECONFIG"]})
        definitions = self.run("$PEER_KUBECTL apply --server-side -f $PEER_EXTERNAL_SECRETS_DEFINITIONS")
        assert definitions.status == 0, definitions.output
        options = "--metrics-addr 127.0.0.1:0 --live-addr 127.0.0.1:0"
        log = (self.folder / "log").open("w")
        command = [os.environ["PEER_EXTERNAL_SECRETS"], *options.split()]
        for service in ("SecretsManager", "ParameterStore"):
            self.apply("SecretStore", service.lower(), {"provider": {"aws": {"service": service, "region": "us-east-1"}}})
        self.program = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def close(self) -> None:
        self.program.kill()
        self.program.wait()

    def apply(self, kind: str, name: str, spec: dict) -> None:
        version = "v1alpha1" if kind == "PushSecret" else "v1"
        document = {"apiVersion": f"external-secrets.io/{version}", "kind": kind, "metadata": {"name": name}, "spec": spec}
        (self.folder / "object.json").write_text(json.dumps(document))
        applied = self.run("$PEER_KUBECTL apply -f object.json")
        assert applied.status == 0, applied.output

    def ready(self, kind: str) -> dict:
        shown = self.run(f"$PEER_KUBECTL get {kind} {self.object} --output json")
        conditions = json.loads(shown.output).get("status", {}).get("conditions", []) if shown.status == 0 else []
        return next((condition for condition in conditions if condition["type"] == "Ready"), {})

    def write(
        self,
        entries: list[Entry],
        again: bool = False,
        source: str = "secretsmanager",
        template: dict | None = None,
        refresh: str = "1h",
    ) -> Ran:
        before = self.ready("externalsecret") if again else {}
        if not again:
            # A failing one is tried again and again, which would count as other tools' requests.
            self.run(f"$PEER_KUBECTL delete externalsecret {self.object}")
            self.object += "x"
        data = []
        for entry in entries:
            remote = {"key": entry.secret} | ({"property": entry.key} if entry.key else {})
            data.append({"secretKey": entry.variable, "remoteRef": remote})
        target = {"name": self.object} | ({"template": {"data": template}} if template else {})
        spec = {"secretStoreRef": {"name": source}, "refreshInterval": refresh, "target": target, "data": data}
        self.apply("ExternalSecret", self.object, spec)
        until(lambda: self.ready("externalsecret") not in ({}, before))
        ready = self.ready("externalsecret")
        return Ran(0 if ready["status"] == "True" else 1, ready["message"])

    def push(self, name: str) -> Ran:
        self.object += "x"
        self.run(f"$PEER_KUBECTL create secret generic {self.object} --from-literal=A=new")
        match = {"secretKey": "A", "remoteRef": {"remoteKey": name, "property": "A"}}
        # Without it the secret becomes a binary one.
        kind = {"apiVersion": "kubernetes.external-secrets.io/v1alpha1", "kind": "PushSecretMetadata"}
        metadata = kind | {"spec": {"secretPushFormat": "string"}}
        data = [{"match": match, "metadata": metadata}]
        selector = {"secret": {"name": self.object}}
        self.apply("PushSecret", self.object, {"secretStoreRefs": [{"name": "secretsmanager"}], "selector": selector, "data": data})
        until(lambda: self.ready("pushsecret") != {})
        ready = self.ready("pushsecret")
        return Ran(0 if ready["status"] == "True" else 1, ready["message"])

    def content(self) -> str:
        return self.run(f"$PEER_KUBECTL get secret {self.object} --output jsonpath='{{.data}}'").output

    def values(self) -> dict[str, str]:
        return {name: text(value) for name, value in json.loads(self.content()).items()}


def text(value: str) -> str:
    """The text of a Secret's value; a binary one stays base64."""
    try:
        return base64.b64decode(value).decode()
    except UnicodeDecodeError:
        return value
