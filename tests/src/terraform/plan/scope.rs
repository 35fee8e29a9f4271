//! The meanings of the names in an expression.

use serde_json::{Map, Value};

use super::model::Answer;

/// The names of a module.
pub(super) trait References {
    /// The value of a variable.
    fn variable(&self, name: &str) -> Answer;
    /// The value of a local.
    fn local(&self, name: &str) -> Answer;
    /// All instances of a resource or data source.
    fn resource(&self, kind: &str, name: &str) -> Answer;
    /// One output of one instance of a module.
    fn output_of(&self, name: &str, key: &str, output: &str) -> Answer;
    /// All outputs of a module.
    fn outputs_of(&self, name: &str) -> Answer;
    /// An attribute of an instance that the layer does not give.
    fn attribute(&self, object: &Map<String, Value>, name: &str) -> Answer;
    /// The tags of the provider.
    fn default_tags(&self) -> Answer;
    /// The outputs of the layer that the remote state is of.
    fn remote_outputs(&self) -> Value;
}

/// The names in an expression besides the module's: `each`, `count`, `self`, and the variables of `for`.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope(pub(super) Vec<(String, Value)>);

impl Scope {
    pub(super) fn with(&self, name: &str, value: Value) -> Scope {
        let mut more = self.clone();
        more.0.push((name.to_owned(), value));
        more
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(found, _)| found == name).map(|(_, value)| value)
    }
}
