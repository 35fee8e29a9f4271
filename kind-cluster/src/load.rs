//! Images that the overlay needs and the nodes lack, or have in another state.
//!
//! A name is not an image: one that was built again has the same name. Images that are built here are
//! compared by the digest of their configuration, which containerd calls their id. An engine that keeps
//! images in containerd's store says the digest of the manifest instead, and where a node does not know that
//! one, nothing can be said and the image is loaded again.
//!
//! They are saved to a file first and loaded from there: straight from the engine, kind fails
//! with "content digest not found" where the engine keeps images in containerd's store.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use common::exit::Status;
use common::stop::Stop;
use serde_json::Value;

use crate::cli::{self, Shared};
use crate::deploy::display;
use crate::nodes::{self, Node, NodeImage};
use crate::object::{containers, list, template, text};
use crate::process::{self, Trouble};
use crate::render;
use crate::report::{self, Check};

/// Whether the images that the engine has are on the nodes yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loading {
    Planned,
    Done,
}

impl Loading {
    fn word(self) -> &'static str {
        match self {
            Loading::Planned => "to be loaded",
            Loading::Done => "loaded",
        }
    }
}

/// The action for one image that some node lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// The engine has it: it is loaded onto these nodes.
    Load(Vec<String>),
    /// The engine has it, and another one of the same name is on some of these nodes.
    Replace(Vec<String>),
    /// The same, as far as can be told: the engine's store does not say what the nodes say.
    Again(Vec<String>),
    /// A registry has it: the node pulls it itself.
    Pull(Vec<String>),
    /// Nobody has it.
    Nowhere(Vec<String>),
}

impl Lack {
    /// The nodes that it is about.
    fn nodes(&self) -> &[String] {
        match self {
            Lack::Load(on)
            | Lack::Replace(on)
            | Lack::Again(on)
            | Lack::Pull(on)
            | Lack::Nowhere(on) => on,
        }
    }
}

/// The reminder for a new image with an old name.
const RESTART: &str = "pods that run keep the image they have until `kubectl rollout restart`";

/// Drivers of the engine's own store, whose ids are digests of configurations.
const BY_CONFIGURATION: [&str; 5] = ["overlay2", "vfs", "btrfs", "zfs", "fuse-overlayfs"];

/// The facts on one image.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// No registry has it.
    pub(crate) local: bool,
    /// `None` when every node that runs pods has it.
    pub(crate) lack: Option<Lack>,
}

/// `load`.
pub(crate) async fn run(shared: &Shared, options: &cli::Load) -> Result<Status, Stop> {
    let rendered = render::overlay(shared).await?;
    let images = images(&shared.name, &rendered.selected, options).await?;
    if shared.dry_run() {
        return report::publish("load", &checks(&images, Loading::Planned), shared.format);
    }
    let version = engine_version().await?;
    for (image, found) in &images {
        let Some(Lack::Load(on) | Lack::Replace(on) | Lack::Again(on)) = &found.lack else {
            continue;
        };
        display::line(&format!("loading {image} onto {}", on.join(", ")));
        load(&shared.name, image, on, version, shared.timeout).await?;
    }
    report::publish("load", &checks(&images, Loading::Done), shared.format)
}

/// Every image of the objects, and what is to be done where a node lacks it.
pub(crate) async fn images(
    cluster: &str,
    objects: &[Value],
    options: &cli::Load,
) -> Result<BTreeMap<String, Image>, Stop> {
    let targets = targets(&nodes::of(cluster).await?);
    if targets.is_empty() {
        let message = format!("there is no cluster {cluster} with running nodes");
        return Err(Stop::bad("no-cluster", message));
    }
    let mut there: BTreeMap<String, Vec<NodeImage>> = BTreeMap::new();
    for node in &targets {
        there.insert(node.clone(), nodes::images(node).await?);
    }
    let mut images = BTreeMap::new();
    for (image, never) in wanted(objects) {
        let local = never || image.starts_with(&options.built_here);
        let lack = lack(&image, local, &there).await?;
        images.insert(image, Image { local, lack });
    }
    Ok(images)
}

async fn lack(
    image: &str,
    local: bool,
    there: &BTreeMap<String, Vec<NodeImage>>,
) -> Result<Option<Lack>, Stop> {
    let full = full_name(image);
    let on = |node: &'_ String| {
        let has = |known: &&NodeImage| known.names.iter().any(|name| full_name(name) == full);
        there[node].iter().find(has)
    };
    let missing: Vec<String> = there.keys().filter(|node| on(node).is_none()).cloned().collect();
    // Of what a registry has, the nodes' own one is as good as the engine's.
    if missing.is_empty() && !local {
        return Ok(None);
    }
    let Some(engine) = engine_image(image).await? else {
        return Ok(match (missing.is_empty(), local) {
            (true, _) => None,
            (false, true) => Some(Lack::Nowhere(missing)),
            (false, false) => Some(Lack::Pull(missing)),
        });
    };
    if !local {
        return Ok(Some(Lack::Load(missing)));
    }
    let same: BTreeMap<&String, Option<bool>> =
        there.keys().filter_map(|node| Some((node, engine.is_same(on(node)?)))).collect();
    // A node that has the right one is left out.
    let onto: Vec<String> =
        there.keys().filter(|node| same.get(node) != Some(&Some(true))).cloned().collect();
    Ok(if onto.is_empty() {
        None
    } else if same.values().any(|same| *same == Some(false)) {
        Some(Lack::Replace(onto))
    } else if same.values().any(Option::is_none) {
        Some(Lack::Again(onto))
    } else {
        Some(Lack::Load(onto))
    })
}

/// One line for each image, failed where nobody has it.
pub(crate) fn checks(images: &BTreeMap<String, Image>, loading: Loading) -> Vec<Check> {
    let check = |(image, found): (&String, &Image)| {
        let on = found.lack.as_ref().map(Lack::nodes).unwrap_or_default().join(", ");
        let loaded = format!("{} onto {on}", loading.word());
        let doubtful = |code, why| {
            Check::warning("images", image, code, format!("{loaded}{why}")).hint(RESTART)
        };
        match &found.lack {
            None => Check::ok("images", image, "on every node that runs pods"),
            Some(Lack::Load(_)) => Check::ok("images", image, loaded),
            Some(Lack::Replace(_)) => doubtful("image-stale", ", where another one has its name"),
            Some(Lack::Again(_)) => doubtful(
                "image-unknown",
                "; whether the one there is the same cannot be told, because the engine keeps \
                 images in containerd's store",
            ),
            Some(Lack::Pull(_)) => Check::ok("images", image, format!("to be pulled by {on}")),
            Some(Lack::Nowhere(_)) => {
                let detail = format!("not on {on}, and not in this machine's engine");
                let hint =
                    format!("build it: `docker build --tag {image} …`, then `kind-cluster load`");
                Check::failed("images", image, "image-missing", detail).hint(hint)
            }
        }
    };
    images.iter().map(check).collect()
}

/// Workers run the pods; a cluster without any runs them on its control plane.
fn targets(nodes: &[Node]) -> Vec<String> {
    let running: Vec<&Node> = nodes.iter().filter(|node| node.running).collect();
    let workers = running.iter().any(|node| !node.is_control_plane());
    let takes = |node: &&&Node| !workers || !node.is_control_plane();
    running.iter().filter(takes).map(|node| node.name.clone()).collect()
}

/// Every image, and whether some container must find it on the node.
fn wanted(objects: &[Value]) -> BTreeMap<String, bool> {
    let mut wanted = BTreeMap::new();
    for container in objects.iter().filter_map(template).flat_map(containers) {
        let never = text(container, "/imagePullPolicy") == "Never";
        let entry = wanted.entry(text(container, "/image").to_owned()).or_insert(false);
        *entry |= never;
    }
    wanted.remove("");
    wanted
}

/// The name with the registry, repository and tag that are left out in short ones.
fn full_name(image: &str) -> String {
    let (first, rest) = image.split_once('/').unwrap_or(("", image));
    let registry = first.contains(['.', ':']) || first == "localhost";
    let name = match (registry, first) {
        (true, _) => image.to_owned(),
        (false, "") => format!("docker.io/library/{rest}"),
        (false, _) => format!("docker.io/{image}"),
    };
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.contains([':', '@']) { name } else { format!("{name}:latest") }
}

/// An image, as the engine has it.
#[derive(Debug)]
struct EngineImage {
    /// Digest of its configuration, or of its manifest.
    id: String,
    /// `NAME@DIGEST` of its manifest in the registries that it came from or went to.
    digests: Vec<String>,
    /// Whether `id` is the manifest's.
    by_manifest: bool,
}

impl EngineImage {
    /// Whether a node has the same; `None` when what they say cannot be compared.
    fn is_same(&self, node: &NodeImage) -> Option<bool> {
        if self.id == node.id {
            return Some(true);
        }
        let digest = |name: &String| name.split_once('@').map(|(_, digest)| digest.to_owned());
        let known: BTreeSet<String> = node.names.iter().filter_map(digest).collect();
        let digests = self.digests.iter().filter_map(digest).chain([self.id.clone()]);
        if self.by_manifest {
            return digests.into_iter().any(|digest| known.contains(&digest)).then_some(true);
        }
        (!node.id.is_empty()).then_some(false)
    }
}

async fn engine_image(image: &str) -> Result<Option<EngineImage>, Stop> {
    let arguments = ["image", "inspect", "--format", "{{json .}}", image];
    let output = process::output("docker", &arguments, nodes::QUESTION).await?;
    if !output.success {
        return match output.trouble() {
            Trouble::NoSuchImage => Ok(None),
            // It says nothing about the image.
            Trouble::EngineDown | Trouble::Other => {
                Err(process::failed("docker", &arguments, &output))
            }
        };
    }
    let found: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| Stop::bad("docker-answer", format!("`docker image inspect`: {error}")))?;
    let digests = list(&found, "/RepoDigests").iter().filter_map(Value::as_str);
    Ok(Some(EngineImage {
        id: text(&found, "/Id").to_owned(),
        digests: digests.map(str::to_owned).collect(),
        // Only that store says what an id leads to; older ones are told by their driver.
        by_manifest: found["Descriptor"].is_object()
            || !BY_CONFIGURATION.contains(&text(&found, "/GraphDriver/Name")),
    }))
}

/// Major version of the engine.
async fn engine_version() -> Result<u64, Stop> {
    let arguments = ["version", "--format", "{{.Server.Version}}"];
    let text = process::succeed("docker", &arguments, nodes::QUESTION).await?;
    Ok(text.trim().split('.').next().and_then(|major| major.parse().ok()).unwrap_or_default())
}

async fn load(
    cluster: &str,
    image: &str,
    onto: &[String],
    engine: u64,
    limit: Duration,
) -> Result<(), Stop> {
    let folder = process::folder()?;
    let file = folder.path().join("image.tar").display().to_string();
    let platform = format!("linux/{}", architecture());
    let mut arguments = vec!["save", "--output", &file];
    // An image index whose other platforms were never pulled cannot be imported whole; engines
    // before 28 save one platform anyway.
    if engine >= 28 {
        arguments.extend(["--platform", &platform]);
    }
    arguments.push(image);
    process::succeed("docker", &arguments, limit).await?;
    let onto = onto.join(",");
    let arguments = ["load", "image-archive", &file, "--name", cluster, "--nodes", &onto];
    process::succeed("kind", &arguments, limit).await?;
    Ok(())
}

/// The machine's architecture, in the words of image platforms.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_compared_by_what_they_are() {
        let engine = |id: &str, by_manifest| EngineImage {
            id: id.into(),
            digests: vec!["r/a@sha256:m".into()],
            by_manifest,
        };
        let node = |id: &str, names: &[&str]| NodeImage {
            id: id.into(),
            names: names.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(engine("sha256:c", false).is_same(&node("sha256:c", &[])), Some(true));
        assert_eq!(engine("sha256:c", false).is_same(&node("sha256:d", &[])), Some(false));
        assert_eq!(engine("sha256:c", false).is_same(&node("", &[])), None);
        // Manifests' digests against configurations' say nothing.
        assert_eq!(engine("sha256:m", true).is_same(&node("sha256:d", &["a:1"])), None);
        let imported = node("sha256:d", &["a:1", "docker.io/library/import@sha256:m"]);
        assert_eq!(engine("sha256:m", true).is_same(&imported), Some(true));
    }

    #[test]
    fn short_names_are_the_full_ones() {
        for (short, full) in [
            ("redis", "docker.io/library/redis:latest"),
            ("redis:8.0-alpine", "docker.io/library/redis:8.0-alpine"),
            ("rideshare/osrm", "docker.io/rideshare/osrm:latest"),
            ("quay.io/minio/mc:R1", "quay.io/minio/mc:R1"),
            ("localhost:5000/a", "localhost:5000/a:latest"),
            ("a/b@sha256:0", "docker.io/a/b@sha256:0"),
        ] {
            assert_eq!(full_name(short), full);
            assert_eq!(full_name(full), full);
        }
    }
}
