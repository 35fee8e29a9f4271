//! The specification's values in the layers and in compose-gen's settings.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::Expression;
use serde_json::{Value, json};

use super::layers::{LAYERS, Tree, default, names};
use crate::terraform::tree::{Folder, expression, label, literal, span};

/// The layers make the specification's resources, and nothing else.
pub(super) fn specification_is_followed(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    let specification = &tree.platform;
    let secrets: Value = json!(specification.secrets);
    let module = |name: &str| &tree.modules[name];
    let catalogue =
        module("foundation/modules/secrets_manager").local("catalogue").and_then(literal);
    let catalogue: BTreeMap<String, BTreeSet<String>> = catalogue
        .as_ref()
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, keys)| {
            (
                name.clone(),
                keys.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect(),
            )
        })
        .collect();
    compare(
        &mut problems,
        "foundation/modules/secrets_manager/catalogue.tf",
        "the secrets",
        json!(catalogue),
        secrets,
    );

    let production = &specification.production;
    let foundation = &tree.layers["foundation"];
    let platform = &tree.layers["platform"];
    let hosts = |name| platform.local(name).and_then(literal).unwrap_or_default();
    let set = |values: &BTreeSet<String>| json!(values);
    let facts: [(&str, &str, Value, Value); 7] = [
        (
            "foundation/modules/ecr/main.tf",
            "the repositories",
            sorted(module("foundation/modules/ecr").local("images").and_then(literal)),
            set(&specification.images),
        ),
        (
            "foundation/modules/s3/main.tf",
            "the lake's buckets",
            sorted(module("foundation/modules/s3").local("lake").and_then(literal)),
            set(&specification.buckets),
        ),
        (
            "foundation/modules/iam/workloads.tf",
            "the workloads' roles",
            roles(module("foundation/modules/iam")),
            set(&specification.roles),
        ),
        (
            "foundation/locals.tf",
            "the namespace",
            foundation.local("namespace").and_then(literal).unwrap_or_default(),
            production["namespace"].clone(),
        ),
        ("platform/main.tf", "the hosts", sorted(Some(hosts("hosts"))), set(&specification.hosts)),
        (
            "platform/main.tf",
            "the Ingress group",
            hosts("ingress_group"),
            production["exposure"]["alb"]["group"].clone(),
        ),
        (
            "platform/variables.tf",
            "the number of nodes",
            default(platform, "node_count"),
            production["nodes"].clone(),
        ),
    ];
    for (place, property, found, wanted) in facts {
        compare(&mut problems, place, property, found, wanted);
    }
    for layer in LAYERS {
        let region = tree.layers[layer].local("region").and_then(literal).unwrap_or_default();
        compare(
            &mut problems,
            &format!("{layer}/locals.tf"),
            "the region",
            region,
            json!(specification.region),
        );
    }
    problems
}

fn compare(problems: &mut Vec<String>, place: &str, property: &str, found: Value, wanted: Value) {
    if found != wanted {
        problems.push(format!(
            "{place}: {property}: here {found}, in infrastructure/platform {wanted}"
        ));
    }
}

fn sorted(value: Option<Value>) -> Value {
    let names: BTreeSet<String> = value
        .iter()
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    json!(names)
}

fn roles(iam: &Folder) -> Value {
    json!(names(iam.local("workloads")).collect::<BTreeSet<String>>())
}

/// The values file has what the specification refers to, and comes from the outputs alone.
pub(super) fn values_are_complete(tree: &Tree) -> Vec<String> {
    let platform = &tree.layers["platform"];
    let output =
        platform.blocks("output").find(|(_, block)| label(block, 0) == "compose_gen_values");
    let Some((file, block)) = output else {
        return vec!["platform/outputs.tf: there is no output compose_gen_values".to_owned()];
    };
    let encoded = match expression(&block.body, "value") {
        Some(Expression::FuncCall(call)) => call.args.iter().next(),
        _ => None,
    };
    // A release's own, which `make tf-values` adds.
    let written: BTreeSet<String> = names(encoded).chain(["IMAGE_TAG".to_owned()]).collect();
    let mut problems = Vec::new();
    for name in written.difference(&tree.platform.used) {
        problems
            .push(file.at(span(block), &format!("infrastructure/platform does not use {name}")));
    }
    for name in tree.platform.values.symmetric_difference(&written) {
        problems.push(file.at(
            span(block),
            &format!("{name} is on one side only: here, or in config/values/production.yaml"),
        ));
    }
    problems
}
