//! The layers evaluated without Terraform: the arguments of each resource of every module.
//!
//! The evaluation takes milliseconds and knows every value, also those that AWS would only answer later
//! (`computed` makes them up). So it can be asked what the layers mean together, and asked again for
//! each of thousands of mutants. A test compares it with Terraform's plan of the same layers.

mod body;
mod computed;
mod convert;
mod document;
mod expression;
mod function;
mod model;
mod module;
mod scope;
mod sources;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use model::Answer;
pub use model::{ACCOUNT, Plan, Resource};
pub use sources::Sources;

/// Evaluates `layer` with `variables` besides its defaults; `foundation` is what the platform layer reads.
///
/// # Errors
/// Terraform would refuse the layer, too: a reference that leads nowhere, a value that is missing.
pub fn plan(
    sources: &Sources,
    layer: &str,
    variables: &Map<String, Value>,
    foundation: &BTreeMap<String, Value>,
) -> Answer<Plan> {
    module::Root::new(sources, Path::new(layer), variables, foundation).plan()
}

/// The conditions of a layer's variables that `variables` do not fulfil.
///
/// # Errors
/// As [`plan()`].
pub fn refused(
    sources: &Sources,
    layer: &str,
    variables: &Map<String, Value>,
) -> Answer<Vec<String>> {
    module::Root::new(sources, Path::new(layer), variables, &BTreeMap::new()).refused()
}
