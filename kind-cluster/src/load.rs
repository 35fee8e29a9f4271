//! Images that the overlay needs and the nodes lack.
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
use crate::nodes::{self, Node};
use crate::object::{containers, template, text};
use crate::process;
use crate::render;
use crate::report::{self, Check};

/// What is to be done about one image that some node lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// The engine has it: it is loaded onto these nodes.
    Load(Vec<String>),
    /// A registry has it: the node pulls it itself.
    Pull(Vec<String>),
    /// Nobody has it.
    Nowhere(Vec<String>),
}

/// What is known of one image.
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
    let mut checks = checks(&images);
    if shared.dry_run {
        return report::publish("load", &checks, shared.format);
    }
    let version = engine_version().await?;
    for (image, found) in &images {
        let Some(Lack::Load(on)) = &found.lack else { continue };
        display::line(&format!("loading {image} onto {}", on.join(", ")));
        load(&shared.name, image, on, version, shared.timeout).await?;
    }
    for check in checks.iter_mut().filter(|check| check.detail.starts_with("to be loaded")) {
        check.detail = check.detail.replacen("to be loaded", "loaded", 1);
    }
    report::publish("load", &checks, shared.format)
}

/// Every image of the objects, and what is to be done where a node lacks it.
pub(crate) async fn images(
    cluster: &str,
    objects: &[Value],
    options: &cli::Load,
) -> Result<BTreeMap<String, Image>, Stop> {
    let targets = targets(&nodes::of(cluster).await?);
    if targets.is_empty() {
        return Err(Stop::bad(
            "no-cluster",
            format!("there is no cluster {cluster} with running nodes"),
        ));
    }
    let mut there: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in &targets {
        let names = nodes::images(node).await?;
        there.insert(node.clone(), names.iter().map(|name| full_name(name)).collect());
    }
    let mut images = BTreeMap::new();
    for (image, never) in wanted(objects) {
        let missing: Vec<String> = there
            .iter()
            .filter(|(_, names)| !names.contains(&full_name(&image)))
            .map(|(node, _)| node.clone())
            .collect();
        let local = never || image.starts_with(&options.built_here);
        let lack = if missing.is_empty() {
            None
        } else if engine_has(&image).await? {
            Some(Lack::Load(missing))
        } else if local {
            Some(Lack::Nowhere(missing))
        } else {
            Some(Lack::Pull(missing))
        };
        images.insert(image, Image { local, lack });
    }
    Ok(images)
}

/// One line for each image, failed where nobody has it.
pub(crate) fn checks(images: &BTreeMap<String, Image>) -> Vec<Check> {
    let check = |(image, found): (&String, &Image)| match &found.lack {
        None => Check::ok("images", image, "on every node that runs pods"),
        Some(Lack::Load(on)) => {
            Check::ok("images", image, format!("to be loaded onto {}", on.join(", ")))
        }
        Some(Lack::Pull(on)) => {
            Check::ok("images", image, format!("to be pulled by {}", on.join(", ")))
        }
        Some(Lack::Nowhere(on)) => Check::failed(
            "images",
            image,
            "image-missing",
            format!("not on {}, and not in this machine's engine", on.join(", ")),
        )
        .hint(format!("build it: `docker build --tag {image} …`, then `kind-cluster load`")),
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

async fn engine_has(image: &str) -> Result<bool, Stop> {
    let arguments = ["image", "inspect", "--format", "{{.Id}}", image];
    let output = process::output("docker", &arguments, nodes::QUESTION).await?;
    if !output.success && process::engine_is_down(&output.stderr) {
        return Err(process::failed("docker", &arguments, &output));
    }
    Ok(output.success)
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
    let folder = tempfile::tempdir()
        .map_err(|error| Stop::bad("temporary-folder", format!("no temporary folder: {error}")))?;
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
