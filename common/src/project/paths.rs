//! Where paths of the host stand in a Compose file, and where they start.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::tree::{Tree, Value};
use crate::compose::mounts;

/// Shows `visit` every path of the project. A mount in the short form is one text with its path
/// at the beginning.
pub fn each(root: &mut Tree, visit: &mut impl FnMut(&mut Tree, Kind)) {
    for section in ["configs", "secrets"] {
        for member in members(root.get_mut(section)) {
            member.get_mut("file").into_iter().for_each(|file| visit(file, Kind::Whole));
        }
    }
    for service in members(root.get_mut("services")) {
        for item in one_or_many(service.get_mut("env_file")) {
            whole_or(item, "path", visit);
        }
        for item in one_or_many(service.get_mut("label_file")) {
            visit(item, Kind::Whole);
        }
        if let Some(build) = service.get_mut("build") {
            for context in members(build.get_mut("additional_contexts")) {
                visit(context, Kind::Context);
            }
            match build.value {
                Value::Map(_) => {
                    build
                        .get_mut("context")
                        .into_iter()
                        .for_each(|context| visit(context, Kind::Context));
                }
                _ => visit(build, Kind::Context),
            }
        }
        let watch = service.get_mut("develop").and_then(|develop| develop.get_mut("watch"));
        for rule in one_or_many(watch) {
            rule.get_mut("path").into_iter().for_each(|path| visit(path, Kind::Whole));
        }
        for mount in one_or_many(service.get_mut("volumes")) {
            match mount.value {
                Value::Map(_) => {
                    let bind = mount.get("type").and_then(Tree::text) == Some("bind");
                    let source = mount.get_mut("source").filter(|_| bind);
                    source.into_iter().for_each(|source| visit(source, Kind::Whole));
                }
                _ => visit(mount, Kind::Mount),
            }
        }
    }
}

/// The form of a text with a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A path.
    Whole,
    /// A path, or an address that is none.
    Context,
    /// `source:target[:mode]`, of which the source may be a path.
    Mount,
}

impl Kind {
    /// The path of a text and what follows it, if it is a relative one.
    pub fn relative(self, text: &str) -> Option<(&str, &str)> {
        let (path, rest) = match self {
            Kind::Mount => text.split_at(mounts::short(text).source?.len()),
            Kind::Whole | Kind::Context => (text, ""),
        };
        let named = self == Kind::Mount && !path.starts_with('.');
        let address = self == Kind::Context
            && (path.contains("://")
                || ["git@", "service:"].iter().any(|prefix| path.starts_with(prefix)));
        (!named && !address && !path.starts_with(['/', '~'])).then_some((path, rest))
    }
}

fn whole_or(item: &mut Tree, key: &str, visit: &mut impl FnMut(&mut Tree, Kind)) {
    match item.value {
        Value::Map(_) => item.get_mut(key).into_iter().for_each(|path| visit(path, Kind::Whole)),
        _ => visit(item, Kind::Whole),
    }
}

fn members(tree: Option<&mut Tree>) -> impl Iterator<Item = &mut Tree> {
    let members = match tree.map(|tree| &mut tree.value) {
        Some(Value::Map(members)) => members.as_mut_slice(),
        _ => &mut [],
    };
    members.iter_mut().map(|(_, tree)| tree)
}

fn one_or_many(tree: Option<&mut Tree>) -> &mut [Tree] {
    match tree {
        Some(Tree { value: Value::List(items), .. }) => items,
        Some(tree) => std::slice::from_mut(tree),
        None => &mut [],
    }
}

/// A path that starts at a folder. Compose removes `..` from the text, too, without a look at links.
pub fn below(folder: &Path, path: &str) -> PathBuf {
    normal(&folder.join(path))
}

/// The path without `.` and `..`.
pub fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

/// The folder of a file.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}

/// The same path for every way to write it.
pub(super) fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
