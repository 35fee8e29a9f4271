//! Where the sources are on this machine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use kustomize_lint::api::Version;
use rideshare_tests::{peers, root};
use serde_json::Value;

/// The crates with custom resources.
const CRATES: [&str; 3] =
    ["kcr_argoproj_io", "kcr_external_secrets_io", "kcr_gateway_networking_k8s_io"];

/// The sources.
pub(crate) struct Sources {
    /// The folder of `kubernetes-validate`'s schemas.
    schemas: PathBuf,
    /// The sources of each crate of [`CRATES`].
    pub(super) crates: BTreeMap<&'static str, PathBuf>,
    /// The folder with the definitions of custom resources.
    definitions: PathBuf,
}

impl Sources {
    /// Finds the peers `kubernetes-validate` and `kubernetes-server`, and the crates that `Cargo.lock` pins. `None` when
    /// a peer is not installed.
    pub(crate) fn find() -> Result<Option<Self>, String> {
        let Some(python) = peers::find("PEER_KUBERNETES_VALIDATE_PYTHON") else { return Ok(None) };
        let Some(kubernetes) = peers::find("PEER_KUBERNETES") else { return Ok(None) };
        let program = "import kubernetes_validate as k; print(k.__path__[0])";
        let folder = output(Command::new(python).args(["-I", "-c", program]))?;
        let schemas = PathBuf::from(folder.trim_end()).join("kubernetes-json-schema");
        let definitions = kubernetes.join("definitions");
        Ok(Some(Sources { schemas, crates: crates()?, definitions }))
    }

    /// The texts of the custom resources' definitions.
    pub(super) fn custom(&self) -> Result<Vec<String>, String> {
        let folder = &self.definitions;
        let fail = |error| format!("{}: {error}", folder.display());
        let listed = folder.read_dir().and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut paths: Vec<PathBuf> =
            listed.map_err(fail)?.into_iter().map(|entry| entry.path()).collect();
        paths.sort();
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        paths.iter().map(read).collect()
    }

    /// The strict definitions of a version of Kubernetes.
    pub(super) fn definitions(&self, version: Version) -> Result<Value, String> {
        let folder = format!("v{version}.0-local-strict");
        let path = self.schemas.join(folder).join("_definitions.json");
        let read = || -> Result<Value, Box<dyn std::error::Error>> {
            Ok(serde_json::from_slice(&std::fs::read(&path)?)?)
        };
        read().map_err(|error| format!("{}: {error}", path.display()))
    }
}

fn crates() -> Result<BTreeMap<&'static str, PathBuf>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1", "--locked"]).current_dir(root());
    let metadata: Value = serde_json::from_str(&output(&mut command)?)
        .map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let find = |name| {
        let package = packages.iter().find(|package| package["name"] == name);
        let manifest = package.and_then(|package| package["manifest_path"].as_str());
        let folder = manifest.and_then(|path| Some(PathBuf::from(path).parent()?.join("src")));
        folder.map(|folder| (name, folder)).ok_or(format!("Cargo.lock has no {name}"))
    };
    CRATES.into_iter().map(find).collect()
}

fn output(command: &mut Command) -> Result<String, String> {
    let shown = format!("{command:?}");
    let done = command.output().map_err(|error| format!("{shown}: {error}"))?;
    if !done.status.success() {
        return Err(format!("{shown}: {}", String::from_utf8_lossy(&done.stderr)));
    }
    String::from_utf8(done.stdout).map_err(|error| format!("{shown}: {error}"))
}
