//! Compose's own `secrets`: files below `/run/secrets`, of Secrets in Kubernetes.

use common::diagnostic::did_you_mean;
use common::fault;

use super::Builder;
use super::files::{File, keys};
use super::mounts::{Mount, Origin, permissions};
use crate::spec::types::{ConfigUse, FileSecret};

/// The folder of a secret whose target is only a name.
const FOLDER: &str = "/run/secrets";

impl Builder<'_> {
    /// The mounts of a service's secrets. The Compose file keeps the key itself.
    pub(super) fn file_secrets(&mut self, service: &str) -> Vec<Mount> {
        let spec = self.spec;
        let used =
            spec.uncarried.iter().find(|(owner, key, _)| owner == service && key == "secrets");
        let items = used.and_then(|(_, _, value)| value.as_array());
        let mut mounts = Vec::new();
        for (index, item) in items.into_iter().flatten().enumerate() {
            let index = index.to_string();
            let path = ["services", service, "secrets", index.as_str()];
            let Ok(used) = serde_json::from_value::<ConfigUse>(item.clone()) else {
                let message = "this does not name a secret".to_owned();
                self.say.hinted(
                    "wrong-type",
                    message,
                    &path,
                    "write a name, or {source, target, mode}",
                );
                continue;
            };
            mounts.extend(self.file_secret(&used, &path));
        }
        mounts
    }

    fn file_secret(&mut self, used: &ConfigUse, path: &[&str]) -> Option<Mount> {
        let (source, target) = match used {
            ConfigUse::Name(name) => (name, None),
            ConfigUse::Long(long) => (&long.source, long.target.clone()),
        };
        let Some(secret) = self.document.compose_secrets.get(source) else {
            let known = self.document.compose_secrets.keys().map(String::as_str);
            let hint = did_you_mean(source, known);
            let hint = hint.unwrap_or_else(|| "declare it under secrets:".into());
            self.say.hinted("unknown-secret", fault::unknown("secret", source), path, hint);
            return None;
        };
        let secret: FileSecret = serde_json::from_value(secret.clone()).unwrap_or_default();
        let target = target.unwrap_or_else(|| source.clone());
        let target = match target.starts_with('/') {
            true => target,
            false => format!("{FOLDER}/{target}"),
        };
        let full = secret.file.as_ref().map(|file| self.spec.sources.base().join(file));
        let given = secret.environment.as_ref().and_then(|name| self.spec.variables.get(name));
        let content = match (&full, given) {
            (Some(full), _) => std::fs::read(full).ok(),
            (None, Some(value)) => Some(value.clone().into_bytes()),
            (None, None) => None,
        };
        let origin = match content {
            Some(content) => {
                let message = format!(
                    "the secret \"{source}\" is written to the generated files, as a Secret"
                );
                let hint = "keep these files out of the repository, or use the catalogue x-secrets";
                let diagnostic = common::diagnostic::Diagnostic::warning("secret-file", message);
                self.say.push(diagnostic.hint(hint), path);
                let (name, key) = (source.clone(), String::new());
                let mut files = vec![File { name, key, content, executable: false }];
                keys(&mut files);
                let (path, map) = (format!("secret/{source}"), String::new());
                Origin::Files { path, files, single: true, inline: true, map, secret: true }
            }
            None => self.made(true, source, secret.name.as_deref(), path),
        };
        let mut mount = Mount::new(origin, &target);
        (mount.read_only, mount.kept) = (true, true);
        mount.permissions = permissions(used);
        Some(mount)
    }
}
