//! What the layers promise each other and the specification. Each function is one promise; together
//! they name everything that is broken, with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;
use serde_json::{Value, json};

use super::platform::{self, Platform};
use super::reads;
use super::tree::{
    File, Folder, attributes, expression, inner, label, literal, members, source, span,
};

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
    let promises: [fn(&Tree) -> Vec<String>; 10] = [
        outputs_are_there,
        states_are_apart,
        foundation_is_found,
        tfvars_are_the_defaults,
        everything_is_described,
        providers_are_guarded,
        roles_are_bounded,
        the_account_is_one,
        specification_is_followed,
        values_are_complete,
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
        let folder = Path::new(layer).join("modules");
        for entry in std::fs::read_dir(root.join(&folder)).into_iter().flatten().flatten() {
            let name = folder.join(entry.file_name());
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

/// Every output that platform reads exists in foundation, and each is read by its name.
fn outputs_are_there(tree: &Tree) -> Vec<String> {
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

fn backend(folder: &Folder) -> Option<(&File, &Body)> {
    folder
        .blocks("terraform")
        .find_map(|(file, block)| Some((file, &inner(&block.body, "backend")?.body)))
}

fn text(body: &Body, name: &str) -> Option<String> {
    literal(expression(body, name)?)?.as_str().map(str::to_owned)
}

/// Every layer has a state of its own, in one bucket with one lock table.
fn states_are_apart(tree: &Tree) -> Vec<String> {
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

/// Platform looks for foundation's state where foundation's backend puts it.
fn foundation_is_found(tree: &Tree) -> Vec<String> {
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

/// The tfvars and the defaults are the same, so a plan without the file plans the same.
fn tfvars_are_the_defaults(tree: &Tree) -> Vec<String> {
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
        let mut given: BTreeMap<&str, &hcl_edit::structure::Attribute> =
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
fn everything_is_described(tree: &Tree) -> Vec<String> {
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

/// No layer works in an account that it was not told, and everything that it makes is tagged.
fn providers_are_guarded(tree: &Tree) -> Vec<String> {
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
fn roles_are_bounded(tree: &Tree) -> Vec<String> {
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

/// All layers are for one account: platform finds foundation's state by its number.
fn the_account_is_one(tree: &Tree) -> Vec<String> {
    let accounts: BTreeMap<_, _> = tree
        .layers
        .iter()
        .map(|(layer, folder)| (*layer, default(folder, "aws_account_id")))
        .collect();
    let differ = accounts.values().any(|account| Some(account) != accounts.values().next());
    let message = || format!("the layers are for different accounts: {accounts:?}");
    differ.then(message).into_iter().collect()
}

/// What the specification says, the layers make, and nothing else.
fn specification_is_followed(tree: &Tree) -> Vec<String> {
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
    for (place, what, found, wanted) in facts {
        compare(&mut problems, place, what, found, wanted);
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

fn compare(problems: &mut Vec<String>, place: &str, what: &str, found: Value, wanted: Value) {
    if found != wanted {
        problems
            .push(format!("{place}: {what}: here {found}, in infrastructure/platform {wanted}"));
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

fn names(object: Option<&Expression>) -> impl Iterator<Item = String> {
    members(object).into_iter().map(|(name, _)| name)
}

fn default(folder: &Folder, variable: &str) -> Value {
    let block = folder.blocks("variable").find(|(_, block)| label(block, 0) == variable);
    block.and_then(|(_, block)| literal(expression(&block.body, "default")?)).unwrap_or_default()
}

/// The values file has what the specification refers to, and comes from the outputs alone.
fn values_are_complete(tree: &Tree) -> Vec<String> {
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
