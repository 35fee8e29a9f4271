//! One image from the engine onto nodes, and the nodes' own word for it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use common::stop::Stop;

use super::archive;
use super::image::{engine_image, full_name};
use crate::engine::{self, Engine, Trouble};
use crate::nodes::{self, NodeImage};
use crate::process::{self, Output};
use crate::report::{Check, Outcome};

/// How an image has arrived.
#[derive(Debug, Default)]
pub(super) struct Arrival {
    /// Nodes that turned out to have the same image already.
    same: Vec<String>,
    /// Nodes that it was loaded onto.
    loaded: Vec<String>,
    /// Nodes that lack it, and why.
    pub(super) missing: BTreeMap<String, String>,
    /// The complaint of the program that was to load it.
    complaint: Option<String>,
}

impl Arrival {
    /// Says in an image's check how it has arrived.
    pub(super) fn tell(&self, check: &mut Check) {
        if self.missing.is_empty() {
            if self.loaded.is_empty() {
                check.outcome = Outcome::Ok;
                check.code = "";
                check.hint = None;
                check.detail = "the same image as the engine's on every node that runs pods".into();
            } else if !self.same.is_empty() {
                let (loaded, same) = (self.loaded.join(", "), self.same.join(", "));
                check.detail = format!("loaded onto {loaded}, and the same as before on {same}");
            }
            return;
        }
        let missing: Vec<String> =
            self.missing.iter().map(|(node, why)| format!("{node}: {why}")).collect();
        let mut detail = missing.join("; ");
        if let Some(complaint) = &self.complaint {
            detail = format!("{complaint}; {detail}");
        }
        check.outcome = Outcome::Failed;
        check.code = "load-failed";
        check.detail = detail;
        check.hint = Some(
            "`kind-cluster load` loads the missing images again; `df` in the node shows its free space".into(),
        );
    }
}

/// Carries images from the engine onto a cluster's nodes.
pub(super) struct Carrier<'a> {
    cluster: &'a str,
    engine: Engine,
    /// Major version of the engine.
    version: u64,
    deadline: Instant,
}

impl<'a> Carrier<'a> {
    pub(super) async fn new(cluster: &'a str, deadline: Instant) -> Result<Self, Stop> {
        let engine = engine::client().await?.engine;
        let version = match engine {
            Engine::Docker => version().await?,
            Engine::Podman | Engine::Nerdctl => 0,
        };
        Ok(Carrier { cluster, engine, version, deadline })
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Loads an image onto the nodes that lack it.
    ///
    /// # Errors
    /// The engine or a node has not answered. An image that cannot be saved or loaded is in the result.
    pub(super) async fn carry(&self, image: &str, onto: &[String]) -> Result<Arrival, Stop> {
        let folder = process::folder()?;
        let file = folder.path().join("image.tar");
        let shown = file.display().to_string();
        let mut arrival = Arrival::default();
        let saved = self.save(image, &shown).await?;
        if !saved.success {
            let why = |node: &String| (node.clone(), "it was not loaded".to_owned());
            arrival.missing = onto.iter().map(why).collect();
            arrival.complaint = Some(saved.complaint());
            return Ok(arrival);
        }
        let id = identity(image, &file).await?;
        let mut onto = onto.to_vec();
        if let Some(id) = &id {
            let lacking = lacking(image, Some(id), &onto).await?;
            arrival.same =
                onto.iter().filter(|node| !lacking.contains_key(*node)).cloned().collect();
            onto.retain(|node| lacking.contains_key(node));
        }
        if onto.is_empty() {
            return Ok(arrival);
        }
        let nodes = onto.join(",");
        let arguments =
            ["load", "image-archive", &shown, "--name", self.cluster, "--nodes", &nodes];
        let output = process::output("kind", &arguments, self.left()).await?;
        if !output.success {
            arrival.complaint = Some(output.complaint());
        }
        self.name(image, id.as_deref(), &onto).await?;
        // Where every node has it, a complaint about something else is no failure.
        arrival.missing = lacking(image, id.as_deref(), &onto).await?;
        arrival.loaded = onto;
        Ok(arrival)
    }

    /// Saves an image to a file. Only an engine that does not answer is an error.
    async fn save(&self, image: &str, file: &str) -> Result<Output, Stop> {
        let platform = format!("linux/{}", architecture());
        let mut arguments = vec!["save", "--output", file];
        // An image index whose other platforms were never pulled cannot be imported whole; engines
        // before 28 save one platform anyway, and podman keeps one only.
        let chosen = match self.engine {
            Engine::Docker => self.version >= 28,
            Engine::Podman => false,
            Engine::Nerdctl => true,
        };
        if chosen {
            arguments.extend(["--platform", &platform]);
        }
        arguments.push(image);
        let output = engine::output(&arguments, self.left()).await?;
        if !output.success && engine::trouble(&output) == Trouble::EngineDown {
            return Err(engine::failed(&arguments, &output).await);
        }
        Ok(output)
    }

    /// podman saves a short name as one of `localhost`, which is not the name that pods ask for.
    async fn name(&self, image: &str, id: Option<&str>, onto: &[String]) -> Result<(), Stop> {
        let Some(id) = id.filter(|_| self.engine == Engine::Podman) else { return Ok(()) };
        let full = full_name(image);
        for node in onto {
            let there = nodes::images(node).await?;
            let found = there.iter().find(|known| known.id == id);
            let Some(found) = found.filter(|known| !has_name(known, &full)) else { continue };
            let Some(name) = found.names.iter().find(|name| !name.contains('@')) else { continue };
            let arguments = [
                "exec",
                node,
                "ctr",
                "--namespace=k8s.io",
                "images",
                "tag",
                "--force",
                name,
                &full,
            ];
            engine::succeed(&arguments, nodes::QUESTION).await?;
        }
        Ok(())
    }
}

/// The digest of the configuration in the archive; the engine's own word where the archive has none.
async fn identity(image: &str, file: &Path) -> Result<Option<String>, Stop> {
    if let Some(id) = archive::configuration(file) {
        return Ok(Some(id));
    }
    let known = engine_image(image).await?;
    Ok(known.filter(|known| !known.by_manifest && !known.id.is_empty()).map(|known| known.id))
}

/// The nodes that lack an image, and why. Without an id, a name is all that can be looked for.
async fn lacking(
    image: &str,
    id: Option<&str>,
    nodes: &[String],
) -> Result<BTreeMap<String, String>, Stop> {
    let full = full_name(image);
    let mut lacking = BTreeMap::new();
    for node in nodes {
        let there = nodes::images(node).await?;
        let found = there.iter().find(|known| has_name(known, &full));
        let why = match (found, id) {
            (None, _) => "it is not there".to_owned(),
            (Some(found), Some(id)) if found.id != id => {
                format!("it has another image of that name, {}", short(&found.id))
            }
            (Some(_), _) => continue,
        };
        lacking.insert(node.clone(), why);
    }
    Ok(lacking)
}

fn has_name(image: &NodeImage, full: &str) -> bool {
    image.names.iter().any(|name| full_name(name) == full)
}

fn short(id: &str) -> &str {
    id.get(..19).unwrap_or(id)
}

/// Major version of Docker's engine.
async fn version() -> Result<u64, Stop> {
    let arguments = ["version", "--format", "{{.Server.Version}}"];
    let text = engine::succeed(&arguments, nodes::QUESTION).await?;
    Ok(text.trim().split('.').next().and_then(|major| major.parse().ok()).unwrap_or_default())
}

/// The machine's architecture, in the words of image platforms.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
