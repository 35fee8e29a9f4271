//! Each layer has its own state, and platform finds foundation's.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::structure::Body;
use serde_json::json;

use super::layers::Tree;
use crate::terraform::tree::{
    File, Folder, expression, inner, label, literal, members, source, span,
};

fn backend(folder: &Folder) -> Option<(&File, &Body)> {
    folder
        .blocks("terraform")
        .find_map(|(file, block)| Some((file, &inner(&block.body, "backend")?.body)))
}

fn text(body: &Body, name: &str) -> Option<String> {
    literal(expression(body, name)?)?.as_str().map(str::to_owned)
}

/// Every layer has a state of its own, in one bucket with one lock table.
pub(super) fn states_are_apart(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    let mut keys: BTreeMap<String, &str> = BTreeMap::new();
    let mut shared: BTreeMap<&str, BTreeSet<Option<String>>> = BTreeMap::new();
    for (layer, folder) in &tree.layers {
        let Some((file, body)) = backend(folder) else {
            problems.push(format!("{layer}/versions.tf: there is no backend"));
            continue;
        };
        let key = text(body, "key").unwrap_or_default();
        if key != format!("{layer}/terraform.tfstate") {
            problems.push(file.at(
                None,
                &format!("the state's key is \"{key}\", not \"{layer}/terraform.tfstate\""),
            ));
        }
        if let Some(other) = keys.insert(key.clone(), layer) {
            problems
                .push(file.at(None, &format!("{other} and {layer} have the same state, {key}")));
        }
        for name in ["region", "dynamodb_table"] {
            shared.entry(name).or_default().insert(text(body, name));
        }
        if expression(body, "encrypt").and_then(literal) != Some(json!(true)) {
            problems.push(file.at(None, "the state is not encrypted"));
        }
        if let Some(given) = expression(body, "bucket") {
            problems.push(file.at(
                span(given),
                "the bucket holds the account's number: scripts/terraform passes it",
            ));
        }
    }
    for (name, values) in shared {
        if values.len() != 1 || values.contains(&None) {
            problems.push(format!("the backends differ in {name}: {values:?}"));
        }
    }
    problems
}

/// Nobody else reads a layer's outputs: neither a module, past its variables, nor a layer, a second time.
pub(super) fn nothing_else_reads_a_state(tree: &Tree) -> Vec<String> {
    let layers = tree.layers.iter().map(|(layer, folder)| (*layer, folder));
    let modules = tree.modules.iter().map(|(module, folder)| (module.as_str(), folder));
    let mut problems = Vec::new();
    for (place, folder) in layers.chain(modules) {
        for (file, block) in folder.blocks("data") {
            let name = label(block, 1);
            if label(block, 0) == "terraform_remote_state"
                && (place, name) != ("platform", "foundation")
            {
                let message = format!(
                    "terraform_remote_state {name}: only platform/foundation.tf reads a state; give \
                     what it has as a variable"
                );
                problems.push(file.at(span(block), &message));
            }
        }
        // A module that is no folder of its layer is read by no test.
        for (file, block) in folder.blocks("module") {
            let from = text(&block.body, "source").unwrap_or_default();
            if !from.starts_with("./") || from.contains("..") {
                let message = format!("the module {} is not below its folder", label(block, 0));
                problems.push(file.at(span(block), &message));
            }
        }
    }
    problems
}

/// Platform looks for foundation's state where foundation's backend puts it.
pub(super) fn foundation_is_found(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    let platform = &tree.layers["platform"];
    let Some((file, block)) =
        platform.blocks("data").find(|(_, block)| label(block, 0) == "terraform_remote_state")
    else {
        return vec!["platform: there is no data \"terraform_remote_state\"".to_owned()];
    };
    let Some((_, backend)) = backend(&tree.layers["foundation"]) else { return problems };
    let at = |message: String| file.at(span(block), &message);
    if text(&block.body, "backend").as_deref() != Some("s3") {
        problems.push(at("the remote state's backend is not s3".to_owned()));
    }
    let mut given: BTreeMap<String, String> = members(expression(&block.body, "config"))
        .into_iter()
        .map(|(name, value)| (name, source(value)))
        .collect();
    for name in ["key", "region"] {
        let wanted = expression(backend, name).map(source);
        let found = given.remove(name);
        if found != wanted {
            problems.push(at(format!(
                "{name} is {found:?} here and {wanted:?} in foundation's backend"
            )));
        }
    }
    // The bucket is named by bootstrap; foundation's roles are kept out of it.
    let bucket = tree.layers["bootstrap"].local("state_bucket").map(source);
    let found = given.remove("bucket");
    if found != bucket {
        problems.push(at(format!("bucket is {found:?} here and {bucket:?} in bootstrap")));
    }
    let kept_out = tree.layers["foundation"]
        .blocks("module")
        .find_map(|(_, block)| expression(&block.body, "state_bucket").map(source));
    if kept_out != bucket {
        problems.push(format!(
            "foundation/main.tf: state_bucket is {kept_out:?}, and {bucket:?} in bootstrap"
        ));
    }
    if !given.is_empty() {
        problems.push(at(format!("foundation's backend knows nothing of {:?}", given.keys())));
    }
    problems
}
