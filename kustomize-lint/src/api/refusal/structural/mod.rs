//! Custom resources against the structural schema of their definition. Source: the validation of
//! `apiextensions-apiserver`.

mod defaults;
mod keyword;
mod list;
mod rules;
mod scalar;
mod set;
mod types;
mod walk;

pub(super) use rules::{is_expression, undeclared};
pub use set::Definitions;
pub(super) use types::{Wanted, misfit, unknown_variable};
pub(super) use walk::Others;

use serde_json::Value as Json;

use super::at::{At, Refusals};
use walk::Walk;

/// Adds the refusals of an object by the schema of its kind.
pub(super) fn check(schema: &Json, object: &At<'_>, others: Others, refusals: &mut Refusals) {
    let before = refusals.0.len();
    let node = defaults::filled(schema, object.node);
    let object = At { node: &node, path: object.path.clone() };
    Walk { others, is_root: true }.value(schema, &object, refusals);
    // The server evaluates rules only for objects that fit the schema.
    if refusals.0.len() == before {
        rules::check(schema, &object, refusals);
    }
}
