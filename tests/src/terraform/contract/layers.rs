//! The layers, and what the specification says of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hcl_edit::expr::Expression;
use serde_json::Value;

use crate::terraform::platform::{self, Platform};
use crate::terraform::tree::{Folder, expression, label, literal, members};

pub(super) const LAYERS: [&str; 3] = ["bootstrap", "foundation", "platform"];

/// The sources, read once.
pub(super) struct Tree<'a> {
    pub(super) root: &'a Path,
    pub(super) layers: BTreeMap<&'static str, Folder>,
    pub(super) modules: BTreeMap<String, Folder>,
    pub(super) platform: Platform,
}

/// Reads the layers and the specification.
pub(super) fn read<'a>(root: &'a Path, infrastructure: &Path) -> Result<Tree<'a>, Vec<String>> {
    let (mut layers, mut modules, mut problems) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for layer in LAYERS {
        match Folder::read(root, Path::new(layer)) {
            Ok(folder) => drop(layers.insert(layer, folder)),
            Err(more) => problems.extend(more),
        }
        for name in folders_below(root, Path::new(layer)) {
            match Folder::read(root, &name) {
                Ok(found) => drop(modules.insert(name.display().to_string(), found)),
                Err(more) => problems.extend(more),
            }
        }
    }
    if problems.is_empty() {
        Ok(Tree { root, layers, modules, platform: platform::read(infrastructure) })
    } else {
        Err(problems)
    }
}

/// Every folder below one, at any depth: each may be a module. Files that `init` has made are not the
/// project's.
fn folders_below(root: &Path, folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten() {
        let name = folder.join(entry.file_name());
        if entry.path().is_dir() && entry.file_name() != ".terraform" {
            found.extend(folders_below(root, &name));
            found.push(name);
        }
    }
    found
}

/// The names of an object's members.
pub(super) fn names(object: Option<&Expression>) -> impl Iterator<Item = String> {
    members(object).into_iter().map(|(name, _)| name)
}

/// A variable's default.
pub(super) fn default(folder: &Folder, variable: &str) -> Value {
    let block = folder.blocks("variable").find(|(_, block)| label(block, 0) == variable);
    block.and_then(|(_, block)| literal(expression(&block.body, "default")?)).unwrap_or_default()
}
