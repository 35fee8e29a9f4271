//! What the layers promise each other and the specification. Each function is one promise; together
//! they name everything that is broken, with its place.

mod guards;
mod rights;
mod specification;
mod states;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hcl_edit::expr::Expression;
use serde_json::Value;

use super::platform::{self, Platform};
use super::tree::{Folder, expression, label, literal, members};

const LAYERS: [&str; 3] = ["bootstrap", "foundation", "platform"];

/// Everything that is read once.
struct Tree<'a> {
    root: &'a Path,
    layers: BTreeMap<&'static str, Folder>,
    modules: BTreeMap<String, Folder>,
    platform: Platform,
}

/// All broken promises of the layers in `infrastructure/terraform`, with the specification in
/// `infrastructure/platform`.
pub fn problems(infrastructure: &Path) -> Vec<String> {
    let root = infrastructure.join("terraform");
    let tree = match read(&root, infrastructure) {
        Ok(tree) => tree,
        Err(problems) => return problems,
    };
    let promises: [fn(&Tree) -> Vec<String>; 15] = [
        variables::outputs_are_there,
        variables::outputs_are_waited_for,
        states::states_are_apart,
        states::foundation_is_found,
        states::nothing_else_reads_a_state,
        variables::tfvars_are_the_defaults,
        variables::everything_is_described,
        guards::providers_are_guarded,
        guards::roles_are_bounded,
        guards::secrets_are_not_shown,
        guards::values_are_not_written,
        guards::the_account_is_one,
        rights::the_workflow_may_apply,
        specification::specification_is_followed,
        specification::values_are_complete,
    ];
    promises.iter().flat_map(|promise| promise(&tree)).collect()
}

fn read<'a>(root: &'a Path, infrastructure: &Path) -> Result<Tree<'a>, Vec<String>> {
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

/// Every folder below one, at any depth: each may be a module. What `init` has made is not the project's.
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
fn names(object: Option<&Expression>) -> impl Iterator<Item = String> {
    members(object).into_iter().map(|(name, _)| name)
}

/// A variable's default.
fn default(folder: &Folder, variable: &str) -> Value {
    let block = folder.blocks("variable").find(|(_, block)| label(block, 0) == variable);
    block.and_then(|(_, block)| literal(expression(&block.body, "default")?)).unwrap_or_default()
}
