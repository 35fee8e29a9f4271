//! The workflow that applies may do what the layers' resources need, and nothing else.
//!
//! Neither the mocked provider nor moto asks whether a role may do what it does, so a missing action
//! would be found by an apply that stops half way.

use common::yaml::plain;
use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::Expression;
use serde::Deserialize;
use serde_json::json;

use super::layers::Tree;
use crate::terraform::tree::{Folder, expression, label, literal, members, source, span};

const MODULE: &str = "foundation/modules/iam";
const TABLE: &str = "tests/src/terraform/contract/rights.yaml";

/// Names of actions by their service.
type Actions = BTreeMap<String, Vec<String>>;

/// The actions that each resource type needs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    workflow: BTreeMap<String, Actions>,
    person: BTreeMap<String, Person>,
    besides: BTreeMap<String, Actions>,
}

/// Values that people make.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    needs: Actions,
    never: Actions,
}

/// Each resource type has its row, and the role that applies has the actions of the rows.
pub(super) fn the_workflow_may_apply(tree: &Tree) -> Vec<String> {
    let table: Table = plain::from_str(include_str!("rights.yaml")).expect(TABLE);
    let (granted, mut problems) = granted(&tree.modules[MODULE]);
    let declared = declared(tree);

    let rows =
        table.workflow.iter().chain(table.person.iter().map(|(kind, row)| (kind, &row.needs)));
    let rows: BTreeMap<&String, &Actions> = rows.collect();
    for (kind, place) in &declared {
        if !rows.contains_key(kind) {
            problems.push(format!(
                "{place}{TABLE} has no row for {kind}: write there what the workflow needs to apply it"
            ));
        }
    }
    let mut needed = BTreeSet::new();
    for (kind, actions) in &rows {
        if !declared.contains_key(*kind) {
            problems.push(format!("{TABLE}: no layer declares {kind}: delete its row"));
        }
        missing(&mut problems, &mut needed, &granted, kind, actions);
    }
    for (reason, actions) in &table.besides {
        missing(&mut problems, &mut needed, &granted, reason, actions);
    }
    for (kind, row) in &table.person {
        for action in full(&row.never).filter(|action| granted.contains(action)) {
            problems.push(format!(
                "{MODULE}: the workflow is allowed {action}, and {kind} is made by people alone"
            ));
        }
    }
    for action in granted.difference(&needed) {
        problems.push(format!(
            "{MODULE}: the workflow is allowed {action}, which no row of {TABLE} needs"
        ));
    }
    problems
}

fn missing(
    problems: &mut Vec<String>,
    needed: &mut BTreeSet<String>,
    granted: &BTreeSet<String>,
    reason: &str,
    actions: &Actions,
) {
    for action in full(actions) {
        if !granted.contains(&action) {
            problems.push(format!(
                "{MODULE}: the workflow that applies needs {action} for {reason}, and no policy of its allows it"
            ));
        }
        needed.insert(action);
    }
}

fn full(actions: &Actions) -> impl Iterator<Item = String> {
    actions
        .iter()
        .flat_map(|(service, names)| names.iter().map(move |name| format!("{service}:{name}")))
}

/// The types of the resources and data sources of the two layers, with the place of one of each.
fn declared(tree: &Tree) -> BTreeMap<String, String> {
    let mut declared = BTreeMap::new();
    let layers = tree.layers.iter().map(|(layer, folder)| (*layer, folder));
    let modules = tree.modules.iter().map(|(name, folder)| (name.as_str(), folder));
    let applied = layers.chain(modules).filter(|(name, _)| !name.starts_with("bootstrap"));
    for (_, folder) in applied {
        for (kind, prefix) in [("resource", ""), ("data", "data.")] {
            for (file, block) in folder.blocks(kind) {
                let name = format!("{prefix}{}", label(block, 0));
                declared.entry(name).or_insert_with(|| file.at(span(block), ""));
            }
        }
    }
    declared
}

/// The actions that the policies of the role allow, and what cannot be read of them.
fn granted(iam: &Folder) -> (BTreeSet<String>, Vec<String>) {
    let (mut granted, mut problems) = (BTreeSet::new(), Vec::new());
    let attached: Vec<String> =
        members(iam.local("apply_policies")).into_iter().map(|(_, text)| source(text)).collect();
    for (file, block) in iam.blocks("data") {
        let document = format!("data.aws_iam_policy_document.{}.minified_json", label(block, 1));
        if !attached.contains(&document) {
            continue;
        }
        for statement in block.body.get_blocks("statement") {
            if expression(&statement.body, "effect").and_then(literal) == Some(json!("Deny")) {
                continue;
            }
            let actions = expression(&statement.body, "actions").and_then(texts);
            match actions {
                Some(actions) => granted.extend(actions),
                None => problems
                    .push(file.at(span(statement), "the statement's actions are no list of names")),
            }
        }
    }
    (granted, problems)
}

fn texts(list: &Expression) -> Option<Vec<String>> {
    serde_json::from_value(literal(list)?).ok()
}
