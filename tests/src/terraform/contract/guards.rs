//! Nothing is made in the wrong account, without its tags, or with more rights than it may have.

use std::collections::BTreeMap;

use serde_json::json;

use super::layers::{Tree, default, names};
use crate::terraform::tree::{expression, inner, label, literal, source, span};

/// No layer works in an account that it was not told, and everything that it makes is tagged.
pub(super) fn providers_are_guarded(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for (layer, folder) in &tree.layers {
        let guarded = folder.blocks("provider").any(|(_, block)| {
            expression(&block.body, "allowed_account_ids").map(source).as_deref()
                == Some("[var.aws_account_id]")
                && inner(&block.body, "default_tags").is_some()
        });
        if !guarded {
            problems.push(format!(
                "{layer}/versions.tf: the provider needs allowed_account_ids and default_tags"
            ));
        }
        let tags: Vec<String> = names(folder.local("tags")).collect();
        if tags != ["Project", "Environment", "Layer", "ManagedBy"] {
            problems.push(format!(
                "{layer}/locals.tf: the tags are {tags:?}, not those of the convention"
            ));
        }
    }
    problems
}

/// Every role has the boundary, but for the two that plan and apply.
pub(super) fn roles_are_bounded(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for folder in tree.layers.values().chain(tree.modules.values()) {
        for (file, block) in folder.blocks("resource") {
            if label(block, 0) == "aws_iam_role"
                && expression(&block.body, "permissions_boundary").is_none()
            {
                problems.push(file.at(
                    span(block),
                    &format!("the role {} has no permissions_boundary", label(block, 1)),
                ));
            }
        }
    }
    problems
}

/// No output is a secret, because none is in a state. Where the secrets are is shown to those who ask
/// for it, and not to every reader of a workflow's log.
pub(super) fn secrets_are_not_shown(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for folder in tree.layers.values() {
        for (file, block) in folder.blocks("output") {
            let name = label(block, 0);
            let hidden = expression(&block.body, "sensitive").and_then(literal);
            if name.contains("secret") && hidden != Some(json!(true)) {
                let message = format!("output {name} is about secrets and not marked sensitive");
                problems.push(file.at(span(block), &message));
            }
        }
    }
    problems
}

/// No value of a secret is Terraform's. It would be in a state; and where AWS has deleted the version that
/// Terraform made, as it does after two newer ones, an apply would write another over what is there.
pub(super) fn values_are_not_written(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for folder in tree.layers.values().chain(tree.modules.values()) {
        for (file, block) in folder.blocks("resource") {
            if label(block, 0) == "aws_secretsmanager_secret_version" {
                let message = format!(
                    "{} is a value of a secret: `make eks-secrets` writes those",
                    label(block, 1)
                );
                problems.push(file.at(span(block), &message));
            }
        }
    }
    problems
}

/// All layers are for one account: platform finds foundation's state by its number.
pub(super) fn the_account_is_one(tree: &Tree) -> Vec<String> {
    let accounts: BTreeMap<_, _> = tree
        .layers
        .iter()
        .map(|(layer, folder)| (*layer, default(folder, "aws_account_id")))
        .collect();
    let differ = accounts.values().any(|account| Some(account) != accounts.values().next());
    let message = || format!("the layers are for different accounts: {accounts:?}");
    differ.then(message).into_iter().collect()
}
