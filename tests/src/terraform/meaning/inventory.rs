//! All resources and data sources of the layers, one value a line, so that no change is silent. Instances
//! of one resource share the lines that they agree on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body, Structure};
use serde_json::Value;

use super::layers::{LAYERS, Layers};
use crate::terraform::plan::{Plan, Sources};
use crate::terraform::tree::{label, source};

/// The inventory with the defaults, every line that is another one with other values, and the resources that are then
/// not made.
pub fn table(sources: &Sources, layers: &Layers, others: &Layers) -> String {
    let mut made = String::new();
    for layer in LAYERS {
        let _ = writeln!(made, "# {layer}");
        let lines = of_plan(&layers.0[layer]);
        for line in &lines {
            let _ = writeln!(made, "{line}");
        }
        let _ = writeln!(made, "# {layer}, with another value of every variable");
        let known: BTreeSet<&String> = lines.iter().collect();
        for line in of_plan(&others.0[layer]) {
            if !known.contains(&line) {
                let _ = writeln!(made, "{line}");
            }
        }
        for name in names(&layers.0[layer]).difference(&names(&others.0[layer])) {
            let _ = writeln!(made, "{name} is not made");
        }
    }
    made.push_str("# declarations\n");
    for (name, file) in sources.files() {
        for block in file.body.blocks() {
            declaration(&mut made, &name.display().to_string(), block);
        }
    }
    made
}

/// The resources without their keys.
fn names(plan: &Plan) -> BTreeSet<String> {
    plan.resources.keys().map(|address| without_keys(address).0).collect()
}

fn of_plan(plan: &Plan) -> Vec<String> {
    // Resource without keys, line without its beginning, keys.
    let mut shared: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    let mut instances: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (address, resource) in &plan.resources {
        let (name, key) = without_keys(address);
        instances.entry(name.clone()).or_default().insert(key.clone());
        let mut lines = Vec::new();
        // A document counts by the policy that it becomes.
        if resource.kind != "data.aws_iam_policy_document" {
            for (attribute, value) in &resource.values {
                flatten(attribute, value, &mut lines);
            }
        }
        for (attribute, value) in &resource.meta {
            flatten(attribute, value, &mut lines);
        }
        for line in lines {
            shared.entry(name.clone()).or_default().entry(line).or_default().insert(key.clone());
        }
    }
    let mut made = Vec::new();
    for (name, all) in &instances {
        let keys = |keys: &BTreeSet<String>| keys.iter().cloned().collect::<Vec<_>>().join(" ");
        made.push(if all.len() == 1 { name.clone() } else { format!("{name}: {}", keys(all)) });
        for (line, with) in shared.get(name).into_iter().flatten() {
            let of = if with == all { String::new() } else { format!("  ({})", keys(with)) };
            made.push(format!("{name} {line}{of}"));
        }
    }
    for (name, value) in &plan.outputs {
        let mut lines = Vec::new();
        flatten(name, value, &mut lines);
        made.extend(lines.into_iter().map(|line| format!("output {line}")));
    }
    made.push(format!("tags {}", plan.tags));
    made
}

/// `module.rds["airflow"].aws_x.y[0]` as `module.rds.aws_x.y` and `["airflow"][0]`.
fn without_keys(address: &str) -> (String, String) {
    let (mut name, mut key, mut inside) = (String::new(), String::new(), false);
    for c in address.chars() {
        inside |= c == '[';
        if inside {
            key.push(c)
        } else {
            name.push(c)
        }
        inside &= c != ']';
    }
    (name, key)
}

fn flatten(name: &str, value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                flatten(&format!("{name}.{key}"), value, lines);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (at, value) in list.iter().enumerate() {
                let name = if list.len() == 1 { name.to_owned() } else { format!("{name}[{at}]") };
                flatten(&name, value, lines);
            }
        }
        // The table of accesses lists policies; here their checksum is enough to see a change.
        Value::String(text) if text.starts_with("{\"Statement\"") => {
            lines.push(format!("{name} = policy {:016x}", checksum(text)));
        }
        other => lines.push(format!("{name} = {other}")),
    }
}

/// FNV-1a, which is the same everywhere.
fn checksum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Settings of Terraform and of providers, variables, outputs' marks and calls of modules; without their
/// descriptions.
fn declaration(made: &mut String, file: &str, block: &Block) {
    let kind = block.ident.as_str();
    let title = format!("{file} {kind} {}", label(block, 0));
    match kind {
        "terraform" | "provider" | "variable" | "moved" | "import" | "removed" | "check" => {
            let _ = writeln!(made, "{}", title.trim_end());
            body(made, "", &block.body);
        }
        "output" => {
            for attribute in block.body.attributes() {
                if !["description", "value"].contains(&attribute.key.as_str()) {
                    let _ = writeln!(made, "{title}");
                    let _ = writeln!(
                        made,
                        "  {} = {}",
                        attribute.key.as_str(),
                        normalised(&attribute.value)
                    );
                }
            }
        }
        "module" => {
            let _ = writeln!(made, "{title}");
            for attribute in block.body.attributes() {
                if ["source", "depends_on", "providers", "version"]
                    .contains(&attribute.key.as_str())
                {
                    let _ = writeln!(
                        made,
                        "  {} = {}",
                        attribute.key.as_str(),
                        normalised(&attribute.value)
                    );
                }
            }
        }
        _ => {}
    }
}

fn body(made: &mut String, path: &str, body_: &Body) {
    for structure in body_.iter() {
        match structure {
            Structure::Attribute(attribute) => {
                let name = attribute.key.as_str();
                if !["description", "error_message"].contains(&name) {
                    let _ = writeln!(made, "  {path}{name} = {}", normalised(&attribute.value));
                }
            }
            Structure::Block(block) => {
                let name = format!("{path}{} {}", block.ident.as_str(), label(block, 0));
                let _ = writeln!(made, "  {}", name.trim_end());
                body(made, &format!("{}.", name.trim_end()), &block.body);
            }
        }
    }
}

fn normalised(expression: &Expression) -> String {
    source(expression).split_whitespace().collect::<Vec<_>>().join(" ")
}
