//! Every environment has all settings, and an account of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::layers::Tree;
use crate::terraform::tree::{File, attributes, label, literal};

/// The folders of settings have a value for each variable, name their environment, and differ in the account.
pub(super) fn environments_are_whole(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    let folders = fs::read_dir(tree.root.join("environments")).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        folders.map(|folder| folder.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let mut accounts: BTreeMap<String, &str> = BTreeMap::new();
    for name in &names {
        for (layer, folder) in tree.layers.iter().filter(|(layer, _)| **layer != "bootstrap") {
            let file = format!("environments/{name}/{layer}.tfvars");
            let given = match settings(tree.root, &file) {
                Ok(given) => given,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            let account = given.get("aws_account_id").map(Value::to_string).unwrap_or_default();
            let other = *accounts.entry(account).or_insert(name);
            if other != name {
                problems.push(format!("{file}: {other} is in the same account"));
            }
            // Prod's settings are the defaults, and compared with those.
            if name == "prod" {
                continue;
            }
            let keys: BTreeSet<&str> = given.keys().map(String::as_str).collect();
            let declared = folder.blocks("variable").map(|(_, block)| label(block, 0)).collect();
            for key in keys.symmetric_difference(&declared) {
                problems.push(format!("{file}: {key} is here, or a variable of {layer}, alone"));
            }
            if given.get("environment") != Some(&json!(name)) {
                problems.push(format!("{file}: it is not for the environment {name}"));
            }
        }
    }
    problems
}

fn settings(root: &Path, name: &str) -> Result<BTreeMap<String, Value>, String> {
    let file = File::read(root, Path::new(name))?;
    let given = attributes(&file.body);
    Ok(given
        .map(|one| (one.key.as_str().to_owned(), literal(&one.value).unwrap_or_default()))
        .collect())
}
