//! Caches of registries, which outlive the cluster: a container of the engine for each registry, with a volume,
//! that the nodes ask before the registry itself.

use std::time::{Duration, Instant};

use common::retry::poll;
use common::stop::Stop;

use super::trust::{Authority, RESTART};
use crate::engine::{self, Engine};
use crate::nodes::{self, Node};
use crate::process;

/// The container of each cache has it, with the registry's name.
const LABEL: &str = "kind-cluster.registry-cache";
/// The folder in which a registry keeps its images.
const FOLDER: &str = "/var/lib/registry";
/// The port of the image.
const PORT: u16 = 5000;

/// How long a cache that was started may take to answer.
const ANSWER: Duration = Duration::from_secs(15);

/// containerd reads the file at every pull, and asks the registry itself when the cache does not answer. Before 2.2 it
/// looks into the folder only where its configuration says so, and it takes no folder beside mirrors in the
/// configuration. A configuration that containerd cannot read is not put in place. The mark is written last, so that
/// a run that was killed before is done again.
const HOSTS: &str = r#"set -eu
folder=/etc/containerd/certs.d config=/etc/containerd/config.toml
mkdir -p "$folder/$1"
cat >"$folder/$1/hosts.toml.new"
mv "$folder/$1/hosts.toml.new" "$folder/$1/hosts.toml"
[ ! -e "$folder/kind-cluster.done" ] || exit 0
if ! grep -q "^[^#]*config_path *=.*$folder" "$config"; then
    if grep -q '^[^#]*registry.*mirrors' "$config"; then
        echo mirrors
        exit 0
    fi
    plugin=io.containerd.grpc.v1.cri
    ! grep -q '^version *= *3' "$config" || plugin=io.containerd.cri.v1.images
    {
        cat "$config"
        printf '\n[plugins."%s".registry]\n  config_path = "%s"\n' "$plugin" "$folder"
    } >"$config.new"
    containerd --config "$config.new" config dump >/dev/null
    mv "$config.new" "$config"
fi
systemctl restart containerd
touch "$folder/kind-cluster.done"
"#;

/// A registry's cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cache {
    /// The registry, as images name it.
    pub(super) registry: String,
}

/// The outcome of one question to a cache.
enum Asked {
    Answered,
    Nothing { complaint: String, runs: bool },
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

    /// Makes or starts the container, with the authorities; the images that it has kept stay.
    pub(super) async fn raise(
        &self,
        image: &str,
        authorities: &[Authority],
        limit: Duration,
    ) -> Result<Came, Stop> {
        let name = self.name();
        let found = self.status().await?;
        let network = network(engine::client().await?.engine);
        let begins = |word: &str| found.as_deref().is_some_and(|status| status.starts_with(word));
        let up = begins("Up");
        if up && self.trusts(authorities).await? {
            return Ok(Came::Running);
        }
        // A registry reads the certificates when it starts. A run that was killed leaves the cache stopped, and not
        // running with certificates that it has not read.
        if up || begins("Restarting") {
            engine::succeed(&["stop", &name], limit).await?;
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
        for authority in authorities {
            let folder = process::folder()?;
            let file = folder.path().join("ca.crt");
            std::fs::write(&file, authority.text()).map_err(|error| {
                Stop::bad("temporary-folder", format!("{}: {error}", file.display()))
            })?;
            let to = format!("{name}:{}", certificate(authority));
            engine::succeed(&["cp", &file.display().to_string(), &to], nodes::QUESTION).await?;
        }
        engine::succeed(&["start", &name], limit).await?;
        Ok(if found.is_none() { Came::Made } else { Came::Started })
    }

    /// Whether the container has all authorities. Its image may have no program to ask with.
    async fn trusts(&self, authorities: &[Authority]) -> Result<bool, Stop> {
        for authority in authorities {
            let folder = process::folder()?;
            let file = folder.path().join("ca.crt").display().to_string();
            let from = format!("{}:{}", self.name(), certificate(authority));
            if !engine::output(&["cp", &from, &file], nodes::QUESTION).await?.success {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Waits until the cache answers a node. Returns why it does not.
    pub(super) async fn silence(
        &self,
        node: &Node,
        deadline: Instant,
    ) -> Result<Option<String>, Stop> {
        let name = self.name();
        let address = format!("http://{name}:{PORT}/v2/");
        let arguments = [
            "exec",
            &node.name,
            "curl",
            "--silent",
            "--show-error",
            "--output",
            "/dev/null",
            "--max-time",
            "5",
            &address,
        ];
        let soon = deadline.min(Instant::now() + ANSWER);
        let is_waiting =
            |asked: &Result<Asked, Stop>| matches!(asked, Ok(Asked::Nothing { runs: true, .. }));
        let asked = poll(soon, is_waiting, async || {
            let output = engine::output(&arguments, nodes::QUESTION).await?;
            if output.success {
                return Ok(Asked::Answered);
            }
            let status = self.status().await?;
            let runs = status.is_some_and(|status| status.starts_with("Up"));
            Ok(Asked::Nothing { complaint: output.complaint(), runs })
        });
        let complaint = match asked.await? {
            Asked::Answered => return Ok(None),
            Asked::Nothing { complaint, .. } => complaint,
        };
        // The registry's last words say more than that nobody listens.
        let logs = engine::output(&["logs", "--tail", "20", &name], nodes::QUESTION).await?;
        let said = format!("{}\n{}", logs.text(), logs.stderr);
        let reason =
            said.lines().rev().find(|line| line.contains("panic:") || line.contains("fatal"));
        Ok(Some(reason.map_or(complaint, process::tail)))
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

    /// Has a node ask the cache first. Returns whether it does: the node's configuration may forbid it.
    pub(super) async fn use_on(&self, node: &Node, limit: Duration) -> Result<bool, Stop> {
        let arguments =
            ["exec", "--interactive", &node.name, "sh", "-c", HOSTS, "sh", &self.registry];
        let program = engine::client().await?.program;
        let hosts = self.hosts();
        let input = Some(hosts.as_bytes());
        let output = process::with_input(program, &arguments, input, limit.min(RESTART)).await?;
        match output.success {
            true => Ok(output.text().trim() != "mirrors"),
            false => Err(engine::failed(&["exec", &node.name, "hosts.toml"], &output).await),
        }
    }
}

/// The file of an authority in a cache, in a folder whose files all registries read.
fn certificate(authority: &Authority) -> String {
    format!("/etc/ssl/certs/kind-cluster-{}.crt", authority.id())
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
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use super::super::trust::on_this_machine;
    use super::*;

    /// A node's folder with a configuration of containerd, and stubs of the node's programs.
    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new(config: &str) -> Self {
            let folder = Folder(tempfile::tempdir().unwrap());
            fs::create_dir(folder.path("stubs")).unwrap();
            fs::write(folder.path("config.toml"), config).unwrap();
            for program in ["containerd", "systemctl"] {
                folder.stub(program, "true");
            }
            folder
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn stub(&self, name: &str, program: &str) {
            let link = self.path("stubs").join(name);
            let _ = fs::remove_file(&link);
            symlink(format!("/bin/{program}"), link).unwrap();
        }

        fn run(&self, registry: &str, text: &str) -> Option<String> {
            let script = HOSTS.replace("/etc/containerd", &self.0.path().display().to_string());
            assert_ne!(script, HOSTS);
            on_this_machine(&script, registry, text, &self.path("stubs"))
        }

        fn config(&self) -> String {
            fs::read_to_string(self.path("config.toml")).unwrap()
        }
    }

    #[test]
    fn the_script_replaces_the_file_whole() {
        let folder = Folder::new("version = 2\n");
        for text in ["one\n", "two\n"] {
            assert_eq!(folder.run("quay.io", text).as_deref(), Some(""));
            let hosts = folder.path("certs.d/quay.io");
            assert_eq!(fs::read_to_string(hosts.join("hosts.toml")).unwrap(), text);
            assert_eq!(fs::read_dir(&hosts).unwrap().count(), 1);
        }
    }

    #[test]
    fn containerd_is_told_the_folder_once() {
        for (version, plugin) in
            [("2", "io.containerd.grpc.v1.cri"), ("3", "io.containerd.cri.v1.images")]
        {
            let folder = Folder::new(&format!("version = {version}\n"));
            // The run ends before containerd has started again, and is done again.
            folder.stub("systemctl", "false");
            assert_eq!(folder.run("quay.io", "one\n"), None);
            folder.stub("systemctl", "true");
            for registry in ["quay.io", "docker.io"] {
                assert_eq!(folder.run(registry, "one\n").as_deref(), Some(""));
            }
            let certs = folder.path("certs.d").display().to_string();
            let wanted = format!("[plugins.\"{plugin}\".registry]\n  config_path = \"{certs}\"\n");
            assert_eq!(folder.config(), format!("version = {version}\n\n{wanted}"));
        }
    }

    #[test]
    fn a_configuration_that_containerd_would_refuse_stays() {
        let mirrors = "[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors.\"docker.io\"]\n";
        let folder = Folder::new(mirrors);
        assert_eq!(folder.run("quay.io", "one\n").as_deref(), Some("mirrors\n"));
        assert_eq!(folder.config(), mirrors);
        let folder = Folder::new("version = 2\n");
        folder.stub("containerd", "false");
        assert_eq!(folder.run("quay.io", "one\n"), None);
        assert_eq!(folder.config(), "version = 2\n");
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
