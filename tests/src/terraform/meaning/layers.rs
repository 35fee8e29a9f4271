//! All layers, evaluated together.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::terraform::plan::{Plan, Resource, Sources, plan};
use crate::terraform::tree::{File, attributes, literal};

/// The layers, in their order.
pub const LAYERS: [&str; 3] = ["bootstrap", "foundation", "platform"];

/// All layers, evaluated with the same variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Layers(pub BTreeMap<&'static str, Plan>);

impl Layers {
    /// Evaluates every layer; platform reads what foundation puts out.
    ///
    /// # Errors
    /// Terraform would refuse a layer: its values, a reference, or a condition.
    pub fn evaluate(sources: &Sources, variables: &Variables) -> Result<Layers, String> {
        let (mut plans, mut foundation) = (BTreeMap::new(), BTreeMap::new());
        for layer in LAYERS {
            let made = evaluated(sources, layer, variables, &foundation)?;
            if layer == "foundation" {
                foundation.clone_from(&made.outputs);
            }
            plans.insert(layer, made);
        }
        Ok(Layers(plans))
    }

    /// The same after a change of one file: only what depends on it is evaluated again.
    ///
    /// # Errors
    /// As [`Layers::evaluate`].
    pub fn changed(
        &self,
        sources: &Sources,
        variables: &Variables,
        file: &Path,
    ) -> Result<Layers, String> {
        let of = LAYERS.into_iter().find(|layer| file.starts_with(layer));
        let mut plans = self.0.clone();
        let mut foundation = plans["foundation"].outputs.clone();
        for layer in LAYERS {
            let reads_another = layer == "platform" && foundation != self.0["foundation"].outputs;
            if of == Some(layer) || reads_another {
                let made = evaluated(sources, layer, variables, &foundation)?;
                if layer == "foundation" {
                    foundation.clone_from(&made.outputs);
                }
                plans.insert(layer, made);
            }
        }
        Ok(Layers(plans))
    }

    /// Every instance of one kind in all layers, with `layer/address`.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (String, &'a Resource)> {
        self.0.iter().flat_map(move |(layer, plan)| {
            plan.of(kind).map(move |(address, found)| (format!("{layer}/{address}"), found))
        })
    }

    /// Every managed instance in all layers.
    pub fn all(&self) -> impl Iterator<Item = (String, &Resource)> {
        self.0.iter().flat_map(|(layer, plan)| {
            let managed =
                plan.resources.iter().filter(|(_, found)| !found.kind.starts_with("data."));
            managed.map(move |(address, found)| (format!("{layer}/{address}"), found))
        })
    }
}

fn evaluated(
    sources: &Sources,
    layer: &'static str,
    variables: &Variables,
    foundation: &BTreeMap<String, Value>,
) -> Result<Plan, String> {
    let made = plan(sources, layer, &variables.of(layer), foundation)
        .map_err(|error| format!("{layer}: {error}"))?;
    match made.refused.first() {
        Some(refused) => Err(format!("{layer}: refused by {refused}")),
        None => Ok(made),
    }
}

/// Values of the layers' variables besides their defaults.
#[derive(Debug, Clone, Default)]
pub struct Variables(pub(super) BTreeMap<&'static str, Map<String, Value>>);

impl Variables {
    fn of(&self, layer: &str) -> Map<String, Value> {
        self.0.get(layer).cloned().unwrap_or_default()
    }

    /// The settings of an environment's folder.
    ///
    /// # Errors
    /// A file is not there, or not HCL.
    pub fn of_environment(layers: &Path, environment: &str) -> Result<Variables, String> {
        let mut variables = Variables::default();
        for layer in ["foundation", "platform"] {
            let name = format!("environments/{environment}/{layer}.tfvars");
            let file = File::read(layers, Path::new(&name))?;
            let values = attributes(&file.body)
                .filter_map(|given| Some((given.key.as_str().to_owned(), literal(&given.value)?)));
            variables.0.insert(layer, values.collect());
        }
        let environment = Map::from_iter([("environment".to_owned(), json!(environment))]);
        variables.0.insert("bootstrap", environment);
        Ok(variables)
    }

    /// Sets one variable of a layer.
    pub fn set(&mut self, layer: &'static str, name: &str, value: Value) {
        self.0.entry(layer).or_default().insert(name.to_owned(), value);
    }

    /// Some variables of one layer.
    pub fn of_layer(layer: &'static str, values: Value) -> Variables {
        let values = values.as_object().cloned().unwrap_or_default();
        Variables(BTreeMap::from([(layer, values)]))
    }
}

/// Elements of a list of texts.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A value on one line; a text without quotes.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) if list.iter().all(Value::is_string) => texts(value).join(", "),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// A policy that a resource has, as JSON.
pub(crate) fn policy_of(resource: &Resource, attribute: &str) -> Value {
    serde_json::from_str(resource.text(attribute)).unwrap_or(json!(null))
}
