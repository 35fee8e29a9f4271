//! Every variable that is read is declared, every value that is set has a variable, and all of it is
//! described.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hcl_edit::structure::Attribute;

use serde_json::Value;

use super::layers::Tree;
use crate::terraform::reads;
use crate::terraform::tree::{File, attributes, expression, inner, label, literal, source, span};

/// Where platform lists the outputs that it reads.
const LIST: &str = "foundation_outputs";

/// Every output that platform reads exists in foundation, and each is read by its name.
pub(super) fn outputs_are_there(tree: &Tree) -> Vec<String> {
    let (read, mut problems) = reads::of_foundation(&tree.layers["platform"]);
    let declared: BTreeSet<&str> =
        tree.layers["foundation"].blocks("output").map(|(_, block)| label(block, 0)).collect();
    for (name, place) in read {
        if !declared.contains(name.as_str()) {
            problems.push(format!(
                "{place}foundation has no output {name}: foundation/outputs.tf must declare it"
            ));
        }
    }
    problems
}

/// Platform asks for all that it reads before it makes anything: an apply of foundation may have been broken
/// off in between, or be older.
pub(super) fn outputs_are_waited_for(tree: &Tree) -> Vec<String> {
    let platform = &tree.layers["platform"];
    let (read, _) = reads::of_foundation(platform);
    let listed = platform.local(LIST).and_then(literal).unwrap_or_default();
    let listed: BTreeSet<&str> =
        listed.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut problems = Vec::new();
    for (name, place) in &read {
        if !listed.contains(name.as_str()) {
            problems.push(format!("{place}{name} is read, and not in {LIST} of foundation.tf"));
        }
    }
    for name in listed {
        if !read.contains_key(name) {
            problems.push(format!("platform/foundation.tf: {name} is in {LIST}, and not read"));
        }
    }
    let conditions: Vec<String> = platform
        .blocks("data")
        .filter_map(|(_, block)| inner(&block.body, "lifecycle"))
        .filter_map(|block| expression(&inner(&block.body, "postcondition")?.body, "condition"))
        .map(source)
        .collect();
    let wanted = format!("length(setsubtract(local.{LIST}, keys(self.outputs))) == 0");
    if !conditions.contains(&wanted) {
        problems.push(format!(
            "platform/foundation.tf: the data source's postcondition is not {wanted}: {conditions:?}"
        ));
    }
    problems
}

/// The tfvars and the defaults are the same, so a plan without the file plans the same.
pub(super) fn tfvars_are_the_defaults(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for layer in ["foundation", "platform"] {
        let name = format!("environments/prod/{layer}.tfvars");
        let tfvars = match File::read(tree.root, Path::new(&name)) {
            Ok(tfvars) => tfvars,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let mut given: BTreeMap<&str, &Attribute> =
            attributes(&tfvars.body).map(|attribute| (attribute.key.as_str(), attribute)).collect();
        for (file, block) in tree.layers[layer].blocks("variable") {
            let variable = label(block, 0);
            let default = expression(&block.body, "default");
            match (given.remove(variable), default) {
                (None, Some(_)) => problems
                    .push(file.at(span(block), &format!("{name} says nothing of {variable}"))),
                (None, None) => problems.push(file.at(
                    span(block),
                    &format!("{variable} has no default, and {name} does not set it"),
                )),
                (Some(attribute), Some(default)) => {
                    let (there, here) = (literal(&attribute.value), literal(default));
                    if there.is_none() || there != here {
                        let message = format!(
                            "{variable} is {} here, and its default in {layer}/variables.tf is {}: `make tf-set` changes both",
                            source(&attribute.value),
                            source(default)
                        );
                        problems.push(tfvars.at(span(attribute), &message));
                    }
                }
                (Some(_), None) => {}
            }
        }
        for (key, attribute) in given {
            problems.push(tfvars.at(span(attribute), &format!("{layer} has no variable {key}")));
        }
    }
    problems
}

/// Every variable has a type and a description, every output a description.
pub(super) fn everything_is_described(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for folder in tree.layers.values().chain(tree.modules.values()) {
        for (kind, wanted) in
            [("variable", &["type", "description"][..]), ("output", &["description"])]
        {
            for (file, block) in folder.blocks(kind) {
                for attribute in wanted {
                    let said = expression(&block.body, attribute);
                    if said.is_none_or(|said| said.as_str().is_some_and(str::is_empty)) {
                        problems.push(file.at(
                            span(block),
                            &format!("{kind} {} has no {attribute}", label(block, 0)),
                        ));
                    }
                }
            }
        }
    }
    problems
}
