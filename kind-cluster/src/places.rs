//! Where the generated files are, when the command line does not say.

use std::path::{Path, PathBuf};

use common::stop::Stop;

/// Where a checkout keeps its overlay.
const OVERLAY: &str = "infrastructure/kubernetes/overlays/local";
/// Where a checkout keeps its Kind configuration.
const KIND: &str = "infrastructure/kubernetes/kind/cluster.yaml";
/// Where a checkout says what is installed beside the platform.
const COMPONENTS: &str = "infrastructure/config/kind/components.yaml";

pub(crate) fn overlay(given: Option<&Path>) -> Result<PathBuf, Stop> {
    find(given, OVERLAY, "overlay", "--overlay")
}

pub(crate) fn kind_config(given: Option<&Path>) -> Result<PathBuf, Stop> {
    find(given, KIND, "Kind configuration", "--kind-config")
}

pub(crate) fn components(given: Option<&Path>) -> Result<PathBuf, Stop> {
    find(given, COMPONENTS, "file of components", "--components")
}

fn find(given: Option<&Path>, usual: &str, noun: &str, option: &str) -> Result<PathBuf, Stop> {
    let missing = |message: String| {
        let hint = format!("name it with {option}");
        Stop::bad("no-such-path", message).hint(hint)
    };
    match given {
        Some(path) if path.exists() => Ok(path.to_owned()),
        Some(path) => Err(missing(format!("there is no {noun} {}", path.display()))),
        None => {
            let here = std::env::current_dir().unwrap_or_default();
            here.ancestors()
                .map(|folder| folder.join(usual))
                .find(|path| path.exists())
                .map(|path| path.strip_prefix(&here).map(Path::to_owned).unwrap_or(path))
                .ok_or_else(|| missing(format!("there is no {usual} here or in a parent folder")))
        }
    }
}
