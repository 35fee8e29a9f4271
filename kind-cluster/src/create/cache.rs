//! Caches of registries, which outlive the cluster: a container of the engine for each registry, with a volume,
//! that the nodes ask before the registry itself.

use std::time::Duration;

use common::stop::Stop;

use super::trust::Authority;
use crate::engine::{self, Engine};
use crate::nodes::{self, Node};
use crate::process;

/// The container of each cache has it, with the registry's name.
const LABEL: &str = "kind-cluster.registry-cache";
/// The folder in which a registry keeps its images.
const FOLDER: &str = "/var/lib/registry";
/// The port of the image.
const PORT: u16 = 5000;

/// containerd reads these files at every pull, and asks the registry itself when the cache does not answer.
const HOSTS: &str = r#"set -eu
folder=/etc/containerd/certs.d/$1
mkdir -p "$folder"
cat >"$folder/hosts.toml.new"
mv "$folder/hosts.toml.new" "$folder/hosts.toml"
"#;

/// A registry's cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cache {
    /// The registry, as images name it.
    pub(super) registry: String,
}

/// How a cache was brought up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    Made,
    Started,
    Running,
}

impl Came {
    pub(super) fn word(self) -> &'static str {
        match self {
            Came::Made => "made",
            Came::Started => "started",
            Came::Running => "runs",
        }
    }
}

impl Cache {
    /// The container's name, and the volume's.
    pub(super) fn name(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let name: String = self.registry.chars().map(plain).collect();
        format!("kind-cluster-cache-{}", name.to_lowercase())
    }

    /// Where the registry itself answers.
    fn upstream(&self) -> String {
        match self.registry.as_str() {
            "docker.io" => "https://registry-1.docker.io".to_owned(),
            other => format!("https://{other}"),
        }
    }

    fn hosts(&self) -> String {
        format!(
            "server = \"{}\"\n\n[host.\"http://{}:{PORT}\"]\n  capabilities = [\"pull\", \"resolve\"]\n",
            self.upstream(),
            self.name()
        )
    }

    /// Makes or starts the container; the images that it has kept stay.
    pub(super) async fn raise(
        &self,
        image: &str,
        authorities: &[Authority],
        limit: Duration,
    ) -> Result<Came, Stop> {
        let name = self.name();
        let found = self.status().await?;
        let network = network(engine::client().await?.engine);
        if found.as_deref().is_some_and(|status| status.starts_with("Up")) {
            return Ok(Came::Running);
        }
        if found.is_none() {
            let label = format!("{LABEL}={}", self.registry);
            let volume = format!("{name}:{FOLDER}");
            let upstream = format!("REGISTRY_PROXY_REMOTEURL={}", self.upstream());
            let arguments = [
                "create",
                "--name",
                &name,
                "--label",
                &label,
                "--network",
                &network,
                "--restart",
                "unless-stopped",
                "--volume",
                &volume,
                "--env",
                &upstream,
                image,
            ];
            engine::succeed(&arguments, limit).await?;
        }
        // Before each start: a run that was killed may have left them out.
        for (index, authority) in authorities.iter().enumerate() {
            let folder = process::folder()?;
            let file = folder.path().join("ca.crt");
            std::fs::write(&file, authority.text()).map_err(|error| {
                Stop::bad("temporary-folder", format!("{}: {error}", file.display()))
            })?;
            let to = format!("{name}:/etc/ssl/certs/kind-cluster-{index}.crt");
            engine::succeed(&["cp", &file.display().to_string(), &to], nodes::QUESTION).await?;
        }
        engine::succeed(&["start", &name], nodes::QUESTION).await?;
        Ok(if found.is_none() { Came::Made } else { Came::Started })
    }

    /// The engine's words for the container's state; `None` when there is none.
    async fn status(&self) -> Result<Option<String>, Stop> {
        let filter = format!("label={LABEL}={}", self.registry);
        let arguments = ["ps", "--all", "--filter", &filter, "--format", "{{.Names}} {{.Status}}"];
        let text = engine::succeed(&arguments, nodes::QUESTION).await?;
        let name = self.name();
        let ours = text.lines().filter_map(|line| line.trim().split_once(' '));
        Ok(ours.into_iter().find(|(known, _)| *known == name).map(|(_, status)| status.to_owned()))
    }

    /// Has a node ask the cache first.
    pub(super) async fn use_on(&self, node: &Node) -> Result<(), Stop> {
        let arguments =
            ["exec", "--interactive", &node.name, "sh", "-c", HOSTS, "sh", &self.registry];
        let program = engine::client().await?.program;
        let hosts = self.hosts();
        let output =
            process::with_input(program, &arguments, Some(hosts.as_bytes()), nodes::QUESTION)
                .await?;
        match output.success {
            true => Ok(()),
            false => Err(engine::failed(&["exec", &node.name, "hosts.toml"], &output).await),
        }
    }
}

/// The network that kind puts its nodes into.
fn network(engine: Engine) -> String {
    let name = match engine {
        Engine::Docker => "KIND_EXPERIMENTAL_DOCKER_NETWORK",
        Engine::Podman => "KIND_EXPERIMENTAL_PODMAN_NETWORK",
        Engine::Nerdctl => "",
    };
    let given = if name.is_empty() { None } else { std::env::var(name).ok() };
    given.filter(|given| !given.is_empty()).unwrap_or_else(|| "kind".to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::trust::on_this_machine;
    use super::*;

    #[test]
    fn the_script_replaces_the_file_whole() {
        let dir = tempfile::tempdir().unwrap();
        let script = HOSTS.replace("/etc/containerd", &dir.path().display().to_string());
        assert_ne!(script, HOSTS);
        let folder = dir.path().join("certs.d/quay.io");
        for text in ["one\n", "two\n"] {
            assert!(on_this_machine(&script, "quay.io", text, dir.path()).is_some());
            assert_eq!(fs::read_to_string(folder.join("hosts.toml")).unwrap(), text);
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_node_asks_the_cache_and_then_the_registry() {
        let cache = Cache { registry: "docker.io".into() };
        assert_eq!(cache.name(), "kind-cluster-cache-docker-io");
        let hosts = cache.hosts();
        assert!(hosts.starts_with("server = \"https://registry-1.docker.io\"\n"), "{hosts}");
        assert!(hosts.contains("[host.\"http://kind-cluster-cache-docker-io:5000\"]"), "{hosts}");
    }
}
