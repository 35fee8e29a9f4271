//! A Compose project as a specification that stands nowhere: `--spec FILE` gives the same answers as an
//! import into a folder.

use std::path::{Path, PathBuf};

use common::diagnostic::{Diagnostic, Report};

use super::settled::settled;
use super::tree::{Fate, Tree, Value};
use super::wishes::Wishes;
use super::{check, paths, write};
use crate::model::{CHANGED, NOT_CARRIED, Platform};
use crate::spec::Spec;

/// A project that was read.
pub(crate) struct Plain {
    pub(crate) spec: Spec,
    /// With every name resolved.
    pub(crate) platform: Platform,
    /// With the names that `docker compose up` may change.
    pub(crate) compose: Platform,
    pub(crate) warnings: Report,
}

/// Reads Compose files, of which later ones override earlier ones.
///
/// # Errors
/// Every mistake, at its place in the project.
pub(crate) fn plain(files: &[PathBuf]) -> Result<Plain, Report> {
    let first = files.first().map_or(Path::new(""), PathBuf::as_path);
    let folder = paths::absolute(first.parent().unwrap_or(Path::new("")));
    let mut import = settled(files, &folder, Wishes::default())?;
    let texts = write::files(&import.project);
    let name = first.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let checked = check::read(&folder, Some(name), &texts);
    let root = &mut import.project.root;
    let mut warnings = Report::default();
    warned(root, &mut Vec::new(), &mut warnings);
    warnings.append(check::moved(&checked.said, &texts, root));
    warnings.append(import.findings);
    warnings.sort();
    match checked.built.filter(|_| !warnings.has_errors()) {
        Some((spec, platform, compose)) => Ok(Plain { spec, platform, compose, warnings }),
        None => Err(warnings),
    }
}

/// Warns of every key that the project itself cannot have in Kubernetes, or has otherwise there.
fn warned(tree: &Tree, path: &mut Vec<String>, report: &mut Report) {
    let code = match tree.fate {
        Fate::NotCarried | Fate::ToDo => Some(NOT_CARRIED),
        Fate::Changed => Some(CHANGED),
        Fate::Carried | Fate::Added | Fate::Rewritten | Fate::ComposeOnly => None,
    };
    if let Some(code) = code.filter(|_| !tree.why.is_empty()) {
        let message = format!("{}: {}", path.join("."), tree.why);
        report.push(Diagnostic::warning(code, message).at(tree.place.clone(), ""));
        if tree.fate == Fate::NotCarried {
            return;
        }
    }
    match &tree.value {
        Value::Map(members) => {
            for (key, member) in members {
                path.push(member.was.as_ref().unwrap_or(key).clone());
                warned(member, path, report);
                path.pop();
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                warned(item, path, report);
                path.pop();
            }
        }
        Value::Text(_) | Value::Plain(..) => {}
    }
}
