//! The evaluation of the layers compared with Terraform's plan of them, whose provider is a mock.

use std::collections::BTreeMap;
use std::fs;

use rideshare_tests::root;
use rideshare_tests::run::run;
use rideshare_tests::terraform::meaning::{LAYERS, Layers, Variables};
use rideshare_tests::terraform::plan::{Plan, Sources};
use rideshare_tests::terraform::project::Project;
use serde_json::{Value, json};

/// Attributes that the mock answers with another value.
const MOCKED: [&str; 6] = [
    "addon_version",
    "assume_role_policy",
    "configuration_values",
    "final_snapshot_identifier",
    "policy",
    "tag_specifications",
];

#[test]
fn the_evaluation_agrees_with_terraforms_plan() {
    let Some(project) = Project::copy("http://127.0.0.1:9") else { return };
    let sources = Sources::read(&root().join("infrastructure/terraform")).unwrap();
    let layers = Layers::evaluate(&sources, &Variables::default()).unwrap();
    for layer in LAYERS {
        let planned = planned(&project, layer, &layers.0["foundation"]);
        let compared = compare(layer, &layers.0[layer], &planned);
        assert!(compared > 20, "{layer}: only {compared} values were compared");
    }
}

/// The resources of Terraform's plan: values, and which of them are not known.
fn planned(project: &Project, layer: &str, foundation: &Plan) -> BTreeMap<String, Value> {
    let folder = project.at("infrastructure/terraform").join(layer);
    let tests = folder.join("tests");
    let written = fs::read_to_string(tests.join(format!("{layer}.tftest.hcl"))).unwrap();
    let starts = ["\noverride_data", "\nvariables", "\nrun "];
    let end = starts.iter().filter_map(|start| written.find(start)).min().unwrap();
    let mut test = format!("{}\nrun \"all\" {{\n  command = plan\n}}\n", &written[..end]);
    if layer == "platform" {
        let outputs: Value =
            foundation.outputs.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        test.push_str(&format!(
            "override_data {{\n  target = data.terraform_remote_state.foundation\n  values = {}\n}}\n",
            json!({ "outputs": outputs })
        ));
    }
    fs::write(tests.join("evaluation.tftest.hcl"), test).unwrap();
    let plugins = rideshare_tests::peers::find("PEER_TERRAFORM_PLUGINS").unwrap();
    let mut init = project.command("terraform");
    init.current_dir(&folder).args(["init", "-input=false", "-backend=false"]);
    run(init.arg(format!("-plugin-dir={}", plugins.display()))).expect(0);
    let mut plan = project.command("terraform");
    plan.current_dir(&folder).env("TF_CLI_ARGS", "").args(["test", "-json", "-verbose"]);
    let done = run(plan.arg("-filter=tests/evaluation.tftest.hcl"));
    let messages = done.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let found = messages
        .into_iter()
        .find_map(|message| message["test_plan"]["resource_changes"].as_array().cloned());
    let changes = found.unwrap_or_else(|| panic!("{layer}: no plan: {}", done.stdout));
    changes
        .into_iter()
        .filter(|change| change["mode"] == "managed")
        .map(|change| (change["address"].as_str().unwrap().to_owned(), change["change"].clone()))
        .collect()
}

/// How many values were compared.
fn compare(layer: &str, plan: &Plan, planned: &BTreeMap<String, Value>) -> usize {
    let managed: Vec<&String> = plan
        .resources
        .iter()
        .filter(|(_, resource)| !resource.kind.starts_with("data."))
        .map(|(address, _)| address)
        .collect();
    assert_eq!(managed, planned.keys().collect::<Vec<_>>(), "{layer}");
    let (mut compared, mut wrong) = (0, Vec::new());
    for address in managed {
        let (after, unknown) = (&planned[address]["after"], &planned[address]["after_unknown"]);
        for (name, value) in &plan.resources[address].values {
            if MOCKED.contains(&name.as_str()) {
                continue;
            }
            compared += 1;
            if !agrees(value, &after[name], &unknown[name]) {
                wrong.push(format!("{address}.{name}: {value} is {} in the plan", after[name]));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "{layer}");
    compared
}

/// Whether a value is the planned one. Sets have no order; an unknown value may be anything.
fn agrees(value: &Value, after: &Value, unknown: &Value) -> bool {
    if unknown == &json!(true) {
        return true;
    }
    match (value, after) {
        (Value::Object(value), after) => {
            value.iter().all(|(name, value)| agrees(value, &after[name], &unknown[name]))
        }
        (Value::Array(values), Value::Array(afters)) => {
            let unknown = |at: usize| unknown.get(at).unwrap_or(&Value::Null);
            values.len() == afters.len()
                && values.iter().all(|value| {
                    afters.iter().enumerate().any(|(at, after)| agrees(value, after, unknown(at)))
                })
        }
        // A nested block that there is only one of.
        (Value::Array(values), after @ Value::Object(_)) => {
            values.len() == 1 && agrees(&values[0], after, unknown)
        }
        (value, after) => {
            let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
            text(value) == text(after)
                || serde_json::from_str::<Value>(&text(value)).ok().is_some_and(|value| {
                    serde_json::from_str::<Value>(&text(after)).ok() == Some(value)
                })
        }
    }
}
