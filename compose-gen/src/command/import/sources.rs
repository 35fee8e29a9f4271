//! The files of a project: those that a person names, or those that Docker Compose would read.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use common::diagnostic::Diagnostic;

use crate::cli::Import;

/// Compose's names of a project's file, the first that is there counts.
const FILES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// Compose's names of the file that overrides it.
pub(super) const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// The files in their order.
///
/// # Errors
/// There is none.
pub(super) fn of(options: &Import) -> Result<Vec<PathBuf>> {
    let named: Vec<PathBuf> = options.files.iter().chain(&options.more).cloned().collect();
    match (named.as_slice(), &options.compose_file) {
        ([], Some(list)) => Ok(list.split(':').map(PathBuf::from).collect()),
        ([], None) => found(Path::new("")),
        ([folder], _) if folder.is_dir() => found(folder),
        _ => Ok(named),
    }
}

fn found(folder: &Path) -> Result<Vec<PathBuf>> {
    let first =
        |names: [&str; 4]| names.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    let Some(file) = first(FILES) else {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let message = format!("no Compose file in {}", folder.display());
        bail!(Diagnostic::error("no-file", message).hint("name the files of the project"));
    };
    Ok(std::iter::once(file).chain(first(OVERRIDES)).collect())
}
