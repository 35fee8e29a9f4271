"""fetch-secrets, with a catalogue for each trial."""

import json
import os

from .shell import Ran
from .tool import Entry, Tool


class FetchSecrets(Tool):
    name = "fetch-secrets"
    program = os.environ["FETCH_SECRETS"]
    pages = "for page in '' print exec seed list; do $FETCH_SECRETS $page --help; done"

    def write(self, entries: list[Entry], form: str = "", options: str = "") -> Ran:
        secrets: dict[str, dict] = {}
        for entry in entries:
            secret = secrets.setdefault(entry.secret, {"services": ["app"]})
            if entry.key is None:
                secret |= {"format": entry.kind, "variable": entry.variable, "dev": "eA=="}
            else:
                secret.setdefault("keys", {})[entry.variable] = {"key": entry.key, "dev": "x"}
        return self.catalogue(secrets, f"--output-dir out {options}")

    def catalogue(self, secrets: dict, options: str = "") -> Ran:
        """Runs the tool with this catalogue."""
        services = {"app": {"image": "app", "profiles": ["core"]}}
        document = {"services": services, "x-env-files": {"core": ["core"]}, "x-secrets": secrets}
        (self.folder / "spec").mkdir(exist_ok=True)
        # JSON is YAML.
        (self.folder / "spec/secrets.yaml").write_text(json.dumps(document))
        return self.run(f"{self.program} {options} --spec spec")
