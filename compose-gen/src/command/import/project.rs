//! The project as Compose merges it, with paths that lead from the specification's folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::diagnostic::Report;
use common::project::{self, Env};

use super::paths::{self, Notes, absolute};
use super::tree::{Fate, Tree, Value};
use super::variables;
use crate::spec::include::{blanked, substitute};

/// The project as it was read.
pub(super) struct Project {
    /// The top of the file, with the sections of everything that it includes.
    pub(super) root: Tree,
    /// Its name, unless a variable without a value decides it.
    pub(super) name: Option<String>,
    /// The values of `.env`; a variable without a value is blank there, as Compose takes it.
    pub(super) env: Env,
    /// Service → the comment lines above it.
    pub(super) comments: BTreeMap<String, String>,
    /// The project's folder.
    pub(super) folder: PathBuf,
}

/// Reads a project; later files override earlier ones. `out` is the specification's folder, from where paths lead.
pub(super) fn read(files: &[PathBuf], out: &Path) -> Result<Project, Report> {
    let mut report = Report::default();
    let read = project::read(files, &Env::new(), &project::COMPOSE, &mut report);
    if let Some(read) = &read {
        read.check_services(&mut report);
    }
    let Some(mut read) = read.filter(|_| !report.has_errors()) else {
        report.sort();
        return Err(report);
    };
    let mut notes = paths::rebase(&mut read.root, out);
    substitute(&mut read.root, &read.scope, &mut |tree| {
        notes.push(tree, "the included file's .env is resolved");
    });
    let services = read.root.get("services").map_or(&[][..], project::Tree::members);
    let comments =
        services.iter().map(|(name, service)| (name.clone(), comment(service))).collect();
    let mut root = Tree::of(&read.root);
    tell(&mut root, &notes);
    root.texts(&mut |_, tree| {
        let Some(text) = tree.text().and_then(variables::doubled) else { return };
        tree.value = Value::Text(text);
        tree.say(Fate::Rewritten, "$$ for a $ that begins no variable");
    });
    resolved(&mut root);
    let first = files.first().and_then(|file| file.parent());
    let folder = absolute(first.unwrap_or(Path::new("")));
    Ok(Project { root, name: read.name, env: blanked(&read.scope), comments, folder })
}

/// Says what has become of the texts.
fn tell(tree: &mut Tree, notes: &Notes) {
    if tree.text().is_some() {
        notes.of(tree).iter().for_each(|why| tree.say(Fate::Rewritten, why));
    }
    tree.members_mut().for_each(|(_, member)| tell(member, notes));
    tree.items_mut().for_each(|item| tell(item, notes));
}

/// Says what has become of the keys that name other files and services.
fn resolved(root: &mut Tree) {
    let say = |tree: Option<&mut Tree>, why: &str| {
        if let Some(tree) = tree {
            tree.gone = true;
            tree.say(Fate::Rewritten, why);
        }
    };
    say(root.get_mut("include"), "the content of these files is in this file now");
    let services = root.get_mut("services").into_iter().flat_map(Tree::members_mut);
    for (_, service) in services {
        say(service.get_mut("extends"), "the settings that it takes over are in the service now");
    }
}

/// The comment lines that stand directly above a value, without their indentation.
fn comment(tree: &project::Tree) -> String {
    let text = &tree.origin.source.text()[..tree.key.start];
    let above = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut lines: Vec<&str> =
        above.lines().rev().take_while(|line| line.trim_start().starts_with('#')).collect();
    lines.reverse();
    lines.iter().map(|line| format!("{}\n", line.trim_start())).collect()
}
