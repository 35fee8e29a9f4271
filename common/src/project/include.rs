//! `include`: the sections of other projects, read with variables of their own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::paths::{self, Kind, below, folder_of, real};
use super::reader::{DEPTH, Reader};
use super::scope::{Scope, variables};
use super::tree::{Tag, Tree, Value};
use crate::diagnostic::Diagnostic;

impl Reader<'_> {
    /// Adds the sections of the files that are included.
    pub(super) fn include(
        &mut self,
        root: &mut Tree,
        include: &Tree,
        folder: &Path,
        scope: &Arc<Scope>,
    ) {
        if !matches!(include.value, Value::List(_)) {
            let message = "include is a list of files".to_owned();
            self.fail("bad-include", message, Some(&include.place()));
        }
        for item in include.items() {
            if let Some(whole) = self.included(item, folder, scope) {
                for (section, members) in whole.members() {
                    if self.dialect.sections.contains(&section.as_str()) {
                        self.join(root, section, members, false);
                    }
                }
            }
        }
    }

    /// One entry of `include`.
    fn included(&mut self, item: &Tree, folder: &Path, scope: &Arc<Scope>) -> Option<Tree> {
        let list = |key: &str| -> Vec<&str> {
            let node = item.get(key);
            let one = node.and_then(Tree::text);
            let many = node.into_iter().flat_map(Tree::items).filter_map(Tree::text);
            one.into_iter().chain(many).collect()
        };
        let place = item.place();
        let mut named = list("path");
        named.extend(item.text());
        let Some(first) = named.first() else {
            self.fail("bad-include", "an include needs its path".to_owned(), Some(&place));
            return None;
        };
        if !named.iter().all(|path| self.readable(path, &place)) {
            return None;
        }
        let project_folder = match list("project_directory").first() {
            Some(directory) => below(folder, directory),
            None => folder_of(&below(folder, first)),
        };
        let env_files = match list("env_file") {
            files if files.is_empty() => {
                let beside = project_folder.join(".env");
                if beside.is_file() { vec![(beside, None)] } else { Vec::new() }
            }
            files => files.iter().map(|file| (below(folder, file), Some(place.clone()))).collect(),
        };
        let paths: Vec<PathBuf> = named.iter().map(|path| below(folder, path)).collect();
        if self.open.len() > DEPTH {
            let message = format!("more than {DEPTH} files include each other");
            self.fail("too-deep", message, Some(&place));
            return None;
        }
        let again = paths.iter().find_map(|path| {
            let path = real(path);
            self.open.iter().position(|open| *open == path)
        });
        if let Some(begin) = again {
            let shown = |path: &PathBuf| {
                path.file_name().unwrap_or_default().to_string_lossy().into_owned()
            };
            let round = self.open[begin..].iter().chain([&self.open[begin]]).map(shown);
            let chain: Vec<String> = round.collect();
            let message = format!("{} includes itself: {}", chain[0], chain.join(" → "));
            self.fail("cycle", message, Some(&place));
            return None;
        }
        let inner = Arc::new(Scope { env: variables(&env_files, &scope.env, self.report) });
        let files = self.files(&paths, Some(&place));
        let whole = self.whole(&files, &project_folder, &inner);
        self.kept.extend(files.into_iter().map(|(_, file)| file));
        whole
    }

    /// Adds a section. A member that is there already is a mistake, unless it is the same: equal,
    /// or of files that stand `beside` each other, read twice.
    pub(super) fn join(&mut self, root: &mut Tree, section: &str, more: &Tree, beside: bool) {
        let Value::Map(sections) = &mut root.value else { return };
        let known = sections.iter_mut().find(|(key, _)| key == section).map(|(_, tree)| tree);
        let Some(known) = known else {
            sections.push((section.to_owned(), more.clone()));
            return;
        };
        if more.is_null() {
            return;
        }
        if known.is_null() || known.tag == Tag::Reset {
            *known = replacing(known, more);
            return;
        }
        match (&mut known.value, &more.value) {
            (Value::Map(members), Value::Map(more)) => {
                let at: HashMap<&str, usize> =
                    members.iter().enumerate().map(|(at, (name, _))| (&**name, at)).collect();
                let mut new = Vec::new();
                let mut replaced = Vec::new();
                for (name, tree) in more {
                    match at.get(name.as_str()).map(|at| &members[*at].1) {
                        Some(have) if have.tag == Tag::Reset => {
                            replaced.push((at[name.as_str()], replacing(have, tree)));
                        }
                        Some(have) if same(have, tree) && (!beside || again(have, tree)) => {}
                        Some(have) => {
                            let label = format!("\"{name}\" of {section}");
                            self.report.push(twice(&label, tree, have));
                            // Each has its mistakes.
                            new.extend(beside.then(|| (name.clone(), tree.clone())));
                        }
                        None => new.push((name.clone(), tree.clone())),
                    }
                }
                replaced.into_iter().for_each(|(at, tree)| members[at].1 = tree);
                members.extend(new);
            }
            _ => {
                if known != more {
                    self.report.push(twice(&format!("\"{section}\""), more, known));
                }
            }
        }
    }
}

/// The value of an included file in the place of another: a value that is reset stays away from the
/// files before, and the included one counts.
fn replacing(known: &Tree, more: &Tree) -> Tree {
    let tag = if known.tag == Tag::Reset { Tag::Override } else { Tag::Merge };
    Tree { tag, ..more.clone() }
}

fn twice(label: &str, tree: &Tree, have: &Tree) -> Diagnostic {
    Diagnostic::error("duplicate", format!("{label} is defined in two files"))
        .at(tree.place(), "")
        .also(have.place(), "first here")
}

/// Whether two members stand at the same place of the same file.
fn again(a: &Tree, b: &Tree) -> bool {
    let file = |tree: &Tree| real(Path::new(&tree.origin.source.path));
    a.key == b.key && file(a) == file(b)
}

/// Whether two members are equal, their paths included. Nothing of `a` is reset yet.
fn same(a: &Tree, b: &Tree) -> bool {
    let mut a = a.clone();
    a.settle();
    let a = &a;
    if a.origin.folder == b.origin.folder {
        return a == b;
    }
    let whole = |tree: &Tree| {
        let services = tree.with(Value::Map(vec![(String::new(), tree.clone())]));
        let mut root = tree.with(Value::Map(vec![("services".to_owned(), services)]));
        paths::each(&mut root, &mut |tree: &mut Tree, kind: Kind| {
            let full = tree.text().and_then(|text| {
                let (path, rest) = kind.relative(text)?;
                Some(format!("{}{rest}", real(&tree.origin.folder).join(path).display()))
            });
            if let Some(full) = full {
                tree.value = full.as_str().into();
            }
        });
        root
    };
    whole(a) == whole(b)
}
