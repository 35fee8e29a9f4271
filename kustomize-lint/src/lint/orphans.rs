//! Files beside kustomizations that no kustomization reads.

use std::collections::HashSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use common::yaml::{self, Keep, Limits, Node};
use ignore::WalkBuilder;

use super::discover::{Discovered, clean, kustomization_file};
use crate::facts::{Effect, NotAnalysed};
use crate::render::Rendering;
use crate::tree::{self, Dialect, Files, Place};

/// A file that nobody reads.
#[derive(Debug)]
pub(crate) struct Orphan {
    /// The line to show.
    pub(crate) place: Place,
    pub(crate) kind: OrphanKind,
}

/// The kind of a file that nobody reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrphanKind {
    /// Objects, or a merge patch.
    Objects,
    /// A JSON patch.
    Operations,
    /// The kustomization of a component.
    Component,
}

/// Looks for them below the folders that were found. Files that git ignores and hidden folders are left out,
/// and so is everything around a kustomization that could not be rendered as a whole: the files that its
/// unknown parts read are unknown, too. The files join `files`, so that comments in them can suppress findings.
pub(crate) fn find(
    found: &[Discovered],
    renderings: &[(String, Rendering)],
    files: &mut Files,
) -> Vec<Orphan> {
    let read: HashSet<PathBuf> =
        files.iter().filter_map(|(_, file)| fs::canonicalize(&file.path).ok()).collect();
    let mut known: HashSet<&Path> = HashSet::new();
    let mut unsure: HashSet<&Path> = HashSet::new();
    for (_, rendering) in renderings {
        for root in &rendering.roots {
            known.insert(&root.canonical);
            let reads =
                |part: &NotAnalysed| matches!(part.effect, Effect::Objects | Effect::Fields);
            if !rendering.problems.is_empty() || rendering.not_analysed.iter().any(reads) {
                unsure.insert(&root.canonical);
            }
        }
    }
    let folders: HashSet<&Path> = found.iter().map(|one| one.canonical.as_path()).collect();
    let mut orphans = Vec::new();
    for one in found {
        // The outermost folders lead to the others. One above that was not asked for may read
        // what lies here.
        let mut above = one.canonical.ancestors().skip(1);
        if above.any(|folder| kustomization_file(folder).is_some()) {
            continue;
        }
        for entry in WalkBuilder::new(&one.shown).sort_by_file_name(Ord::cmp).build().flatten() {
            let named = entry.path().extension().is_some_and(|end| end == "yaml" || end == "yml");
            if !named || !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            let Ok(canonical) = fs::canonicalize(entry.path()) else { continue };
            if read.contains(&canonical) {
                continue;
            }
            let owner = canonical.ancestors().skip(1).find(|folder| folders.contains(folder));
            let Some(owner) = owner.filter(|owner| !unsure.contains(owner)) else { continue };
            if canonical.strip_prefix(owner).is_ok_and(is_elsewhere) {
                continue;
            }
            let own_file = kustomization_file(owner).as_deref() == Some(canonical.as_path());
            if !known.contains(owner) && !own_file {
                // The component as a whole is reported.
                continue;
            }
            let Some(looked) = look(&canonical) else { continue };
            let kind = looked.kind;
            if own_file != (kind == OrphanKind::Component) {
                continue;
            }
            let file = files.add(&clean(entry.path()), &looked.text);
            match tree::read(file, &looked.text, Dialect::Object) {
                Ok(read) => read.documents.iter().for_each(|node| files.hide_secrets(node)),
                Err(_) => files.hide_unreadable(files.whole(file)),
            }
            orphans.push(Orphan { place: Place::new(file, &looked.span), kind });
        }
    }
    orphans
}

/// A file that was looked at.
struct Looked {
    text: String,
    kind: OrphanKind,
    /// The line that says so.
    span: Range<usize>,
}

/// Looks into a file, if it is something for a kustomization.
fn look(path: &Path) -> Option<Looked> {
    let limits = Limits::default();
    if fs::metadata(path).ok()?.len() > limits.bytes as u64 {
        return None;
    }
    let text = fs::read_to_string(path).ok()?;
    let loaded = yaml::load_keeping(&text, limits, Keep::Last).ok()?;
    let (kind, span) = loaded.documents.iter().find_map(kind_of)?;
    Some(Looked { text, kind, span })
}

fn kind_of(document: &Node) -> Option<(OrphanKind, Range<usize>)> {
    if let Some(first) = document.items().and_then(|items| items.first()) {
        let op = first.get("op").filter(|op| op.as_str().is_some())?;
        return first.get("path").map(|_| (OrphanKind::Operations, op.span.clone()));
    }
    let kind = document.get("kind")?;
    let api = document.get("apiVersion").and_then(Node::as_str)?;
    if kind.as_str()? == "Component" && api.starts_with("kustomize.") {
        return Some((OrphanKind::Component, kind.span.clone()));
    }
    let named = document.get("metadata")?.get("name")?.text().is_some();
    (named && !is_tool(api)).then(|| (OrphanKind::Objects, kind.span.clone()))
}

/// Whether files of this version are a tool's own configuration and no objects.
fn is_tool(api: &str) -> bool {
    let group = api.split('/').next().unwrap_or_default();
    matches!(group, "skaffold" | "ctlptl.dev" | "k3d.io" | "kustomize.config.k8s.io")
        || group.ends_with(".x-k8s.io") && group.starts_with("kind")
        || group == "config.kubernetes.io"
        || group == "eksctl.io"
}

/// Whether the folders on the way say that what they hold is not for this kustomization.
fn is_elsewhere(path: &Path) -> bool {
    const NAMES: [&str; 10] = [
        "charts", "doc", "docs", "example", "examples", "hack", "sample", "samples", "testdata",
        "tests",
    ];
    let folders = path.parent().into_iter().flat_map(Path::components);
    folders.into_iter().any(|part| NAMES.iter().any(|name| part.as_os_str() == *name))
}
