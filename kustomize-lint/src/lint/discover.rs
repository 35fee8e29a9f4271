//! Every kustomization under the paths, and which of them are roots.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use common::diagnostic::Report;
use common::fault;
use common::yaml::{self, Keep, Limits};
use ignore::WalkBuilder;

use crate::kustomization::FILE_NAMES;

/// A folder with a kustomization.
#[derive(Clone, Debug)]
pub(crate) struct Discovered {
    /// As a user would write it.
    pub(crate) shown: PathBuf,
    /// Without links and detours.
    pub(crate) canonical: PathBuf,
    /// Whether no other one that was found includes it.
    pub(crate) root: bool,
    /// Whether it is a component, which is nothing by itself.
    pub(crate) component: bool,
    /// The folders that it includes, without links and detours.
    pub(crate) includes: Vec<PathBuf>,
}

/// The kustomizations below the paths.
#[derive(Debug)]
pub(crate) struct Found {
    /// The folders, in the order of their names.
    pub(crate) kustomizations: Vec<Discovered>,
    /// Paths that could not be read, in words.
    pub(crate) unreadable: Vec<String>,
}

/// The kustomizations at and below `paths`, in the order of their names. Files that git ignores and hidden
/// folders are left out. A folder that is named itself is a root in any case.
///
/// # Errors
/// A path that does not exist.
pub(crate) fn discover(paths: &[PathBuf]) -> Result<Found, Report> {
    let mut found: Vec<Discovered> = Vec::new();
    let (mut included, mut known) = (BTreeSet::new(), BTreeSet::new());
    let (mut wrong, mut unreadable) = (Report::default(), Vec::new());
    for path in paths {
        let path = &folder_of(path);
        if let Err(error) = fs::metadata(path) {
            wrong.push(fault::unreadable("path", "file or folder", path.display(), &error));
            continue;
        }
        for entry in WalkBuilder::new(path).sort_by_file_name(Ord::cmp).build() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    unreadable.push(error.to_string());
                    continue;
                }
            };
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            let Some(file) = kustomization_file(entry.path()).filter(|_| is_folder) else {
                continue;
            };
            let Ok(canonical) = fs::canonicalize(entry.path()) else { continue };
            if !known.insert(canonical.clone()) {
                continue;
            }
            let includes = includes(&file);
            included.extend(includes.folders.iter().cloned());
            let root = fs::canonicalize(path).is_ok_and(|named| named == canonical);
            let shown = clean(entry.path());
            found.push(Discovered {
                shown,
                canonical,
                root,
                component: includes.component,
                includes: includes.folders,
            });
        }
    }
    if wrong.has_errors() {
        return Err(wrong);
    }
    for one in &mut found {
        one.root |= !included.contains(&one.canonical) && !one.component;
    }
    // A kustomization that only includes itself, or another one that includes it back, has no root above it.
    if !found.is_empty() && !found.iter().any(|one| one.root) {
        found.iter_mut().for_each(|one| one.root = true);
    }
    Ok(Found { kustomizations: found, unreadable })
}

/// The kustomization file in a folder; the first of several, which the renderer then refuses.
pub(crate) fn kustomization_file(folder: &Path) -> Option<PathBuf> {
    FILE_NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

/// Somebody may name the file instead of its folder, as editors and hooks do.
fn folder_of(path: &Path) -> PathBuf {
    let named = path.file_name().and_then(|name| name.to_str());
    match (named, path.parent()) {
        (Some(name), Some(parent)) if FILE_NAMES.contains(&name) && path.is_file() => {
            if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() }
        }
        _ => path.to_owned(),
    }
}

/// `./overlays/local` as `overlays/local`.
pub(super) fn clean(path: &Path) -> PathBuf {
    match path.strip_prefix(".") {
        Ok(rest) if !rest.as_os_str().is_empty() => rest.to_owned(),
        _ => path.to_owned(),
    }
}

#[derive(Default)]
struct Includes {
    folders: Vec<PathBuf>,
    component: bool,
}

/// The paths that a kustomization file includes. An unreadable file includes nothing: rendering it
/// says why.
fn includes(file: &Path) -> Includes {
    let mut includes = Includes::default();
    let limits = Limits::default();
    if fs::metadata(file).map_or(true, |metadata| metadata.len() > limits.bytes as u64) {
        return includes;
    }
    let Ok(text) = fs::read_to_string(file) else { return includes };
    let Ok(loaded) = yaml::load_keeping(&text, limits, Keep::Last) else {
        return includes;
    };
    let folder = file.parent().unwrap_or(Path::new("."));
    for document in &loaded.documents {
        includes.component |=
            document.get("kind").and_then(yaml::Node::as_str) == Some("Component");
        for field in ["resources", "bases", "components"] {
            let Some(list) = document.get(field).and_then(yaml::Node::items) else { continue };
            let named = list.iter().filter_map(yaml::Node::as_str);
            let folders = named.filter_map(|path| fs::canonicalize(folder.join(path)).ok());
            includes.folders.extend(folders.filter(|path| path.is_dir()));
        }
    }
    includes
}
