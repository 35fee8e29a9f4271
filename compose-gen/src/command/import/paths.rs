//! Relative paths: the files that a project names stay where they are, and paths lead to them
//! from the new folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::project::{self, Value, paths};

use super::tree::Tree;
use super::variables::named;
use crate::path::relative;
use crate::spec::include::{blanked, escape, resolve};

/// Notes about texts that were rewritten.
#[derive(Default)]
pub(super) struct Notes(BTreeMap<(String, usize), Vec<String>>);

impl Notes {
    /// Notes something about a value.
    pub(super) fn push(&mut self, tree: &project::Tree, why: impl Into<String>) {
        let spot = (tree.origin.source.path.clone(), tree.node.start);
        self.0.entry(spot).or_default().push(why.into());
    }

    /// The notes about a value.
    pub(super) fn of(&self, tree: &Tree) -> &[String] {
        let spot = (tree.place.source.path.clone(), tree.anchor);
        self.0.get(&spot).map_or(&[], Vec::as_slice)
    }
}

/// Makes every path of the project start at the folder `to`. A path has no variables afterwards.
pub(super) fn rebase(root: &mut project::Tree, to: &Path) -> Notes {
    let mut notes = Notes::default();
    paths::each(root, &mut |tree, kind| {
        let Value::Text(text) = &tree.value else { return };
        let written = text.written();
        let mut path = written.to_string();
        if written.contains('$') {
            let mut env = blanked(&tree.origin.scope);
            // `~` and the project's folder are the same for everybody.
            env.entry("HOME".into()).or_insert_with(|| "~".into());
            env.entry("PWD".into()).or_insert_with(|| ".".into());
            let names = named(&written);
            let Some(fixed) = resolve(&written, &env) else { return };
            path = escape(&fixed);
            if !names.is_empty() {
                let why = format!("{} cannot vary here; resolved now", names.join(", "));
                notes.push(tree, why);
            }
        }
        let rebased = kind.relative(&path).map(|(source, rest)| {
            format!("{}{rest}", leading(source, &absolute(&tree.origin.folder), to))
        });
        tree.rewrite(&rebased.unwrap_or(path));
    });
    notes
}

/// A path of the folder `from` as it leads from `to`.
fn leading(path: &str, from: &Path, to: &Path) -> String {
    let target = paths::normal(&from.join(path.replace("$$", "$")));
    escape(&relative(&target, to))
}

/// The absolute path, with the links of what exists of it resolved.
pub(super) fn absolute(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let known =
        whole.ancestors().find_map(|ancestor| Some((ancestor, ancestor.canonicalize().ok()?)));
    match known {
        Some((ancestor, real)) => {
            paths::normal(&real.join(whole.strip_prefix(ancestor).unwrap_or(Path::new(""))))
        }
        None => paths::normal(&whole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_from_the_new_folder() {
        let leading = |path| leading(path, Path::new("/a/old"), Path::new("/a/new/spec"));
        assert_eq!(leading("./x/../y"), "../../old/y");
        assert_eq!(leading("."), "../../old");
        assert_eq!(leading("../new/spec/z"), "./z");
    }
}
