//! What is read is there, what is set is declared, and all of it is described.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hcl_edit::structure::Attribute;

use super::Tree;
use crate::terraform::reads;
use crate::terraform::tree::{File, attributes, expression, label, literal, source, span};

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
