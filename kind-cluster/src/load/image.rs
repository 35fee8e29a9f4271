//! An image, as the engine has it.

use std::collections::BTreeSet;

use common::stop::Stop;
use serde_json::Value;

use crate::engine::{self, Trouble};
use crate::nodes::{self, NodeImage};
use crate::object::{list, text};

/// Drivers of the engine's own store, whose ids are digests of configurations.
const BY_CONFIGURATION: [&str; 6] =
    ["overlay2", "vfs", "btrfs", "zfs", "fuse-overlayfs", "overlay"];

/// The name with the registry, repository and tag that are left out in short ones.
pub(super) fn full_name(image: &str) -> String {
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
pub(super) struct EngineImage {
    /// Digest of its configuration, or of its manifest.
    pub(super) id: String,
    /// `NAME@DIGEST` of its manifest in the registries that it came from or went to.
    digests: Vec<String>,
    /// Whether `id` is the manifest's.
    pub(super) by_manifest: bool,
}

impl EngineImage {
    /// Whether a node has the same; `None` when what they say cannot be compared.
    pub(super) fn is_same(&self, node: &NodeImage) -> Option<bool> {
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

/// podman leaves the algorithm out.
fn with_algorithm(id: &str) -> String {
    match id.contains(':') || id.is_empty() {
        true => id.to_owned(),
        false => format!("sha256:{id}"),
    }
}

pub(super) async fn engine_image(image: &str) -> Result<Option<EngineImage>, Stop> {
    let arguments = ["image", "inspect", "--format", "{{json .}}", image];
    let output = engine::output(&arguments, nodes::QUESTION).await?;
    if !output.success {
        return match engine::trouble(&output) {
            Trouble::NoSuchImage => Ok(None),
            // It says nothing about the image.
            Trouble::EngineDown | Trouble::Other => Err(engine::failed(&arguments, &output).await),
        };
    }
    let found: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| Stop::bad("engine-answer", format!("`image inspect`: {error}")))?;
    // podman prints a list for every format that asks for JSON.
    let found = match found {
        Value::Array(images) => images.into_iter().next().unwrap_or_default(),
        image => image,
    };
    let digests = list(&found, "/RepoDigests").iter().filter_map(Value::as_str);
    Ok(Some(EngineImage {
        id: with_algorithm(text(&found, "/Id")),
        digests: digests.map(str::to_owned).collect(),
        // Only that store says what an id leads to; older ones are told by their driver.
        by_manifest: found["Descriptor"].is_object()
            || !BY_CONFIGURATION.contains(&text(&found, "/GraphDriver/Name")),
    }))
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
