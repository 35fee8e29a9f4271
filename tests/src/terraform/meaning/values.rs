//! The values of variables: `values.yaml` has for each variable of each layer values that are taken and
//! values that are refused, on both sides of every limit.

use serde_json::{Map, Value};

use super::layers::{LAYERS, Variables};
use crate::terraform::plan::{Sources, refused};
use crate::terraform::tree::{inner, label};
use crate::yaml;

const VALUES: &str = include_str!("values.yaml");

fn all() -> Value {
    yaml::documents(VALUES).into_iter().next().unwrap_or_default()
}

/// Every variable has another value than its default, so that a value which no longer comes from its
/// variable is seen. The account stays.
pub fn all_others() -> Variables {
    Variables(LAYERS.iter().map(|layer| (*layer, others(layer))).collect())
}

/// For each variable a value that is taken and is not the default.
fn others(layer: &str) -> Map<String, Value> {
    let all = all();
    let variables = all[layer].as_object().into_iter().flatten();
    variables.filter_map(|(name, of)| Some((name.clone(), of.get("other")?.clone()))).collect()
}

/// Values that are taken against `values.yaml`, or refused, and variables that it does not have.
pub fn problems(sources: &Sources) -> Vec<String> {
    let values = all();
    let mut problems = Vec::new();
    for layer in LAYERS {
        for block in sources.blocks_of(layer.as_ref()) {
            if block.ident.as_str() != "variable" {
                continue;
            }
            let (name, of) = (label(block, 0), &values[layer][label(block, 0)]);
            let has = |list: &str| of[list].as_array().is_some_and(|list| !list.is_empty());
            if of.get("other").is_none() && name != "aws_account_id" {
                problems.push(format!("values.yaml: {layer}.{name} has no other value"));
            }
            if inner(&block.body, "validation").is_some() && !(has("good") && has("bad")) {
                problems.push(format!("values.yaml: {layer}.{name} needs values on both sides"));
            }
            for (list, taken) in [("good", true), ("bad", false)] {
                for value in of[list].as_array().into_iter().flatten() {
                    let given = Map::from_iter([(name.to_owned(), value.clone())]);
                    let refused = refused(sources, layer, &given);
                    let prefix = format!("var.{name}: ");
                    let as_expected = match &refused {
                        Ok(refused) if taken => refused.is_empty(),
                        Ok(refused) => {
                            !refused.is_empty()
                                && refused.iter().all(|one| one.starts_with(&prefix))
                        }
                        Err(_) => false,
                    };
                    if !as_expected {
                        problems
                            .push(format!("values.yaml: {layer}.{name} = {value}: {refused:?}"));
                    }
                }
            }
        }
    }
    problems
}
