//! Values that Compose writes in several ways.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub(super) type Map<T> = BTreeMap<String, T>;

/// A string, number or boolean.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Scalar {
    /// Text.
    Text(String),
    /// true or false.
    Boolean(bool),
    /// A number.
    Number(serde_json::Number),
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scalar::Text(text) => f.write_str(text),
            Scalar::Boolean(value) => value.fmt(f),
            Scalar::Number(number) => number.fmt(f),
        }
    }
}

/// A word or a list of words.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Words {
    /// One string; Compose splits it as a shell does.
    Line(String),
    /// The words themselves.
    List(Vec<String>),
}

/// Names with values, or a list of `NAME=value`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Pairs {
    /// `NAME: value`
    Map(Map<Option<Scalar>>),
    /// `- NAME=value`
    List(Vec<String>),
}

impl Pairs {
    /// Each name with its value, if it has one.
    pub(crate) fn entries(&self) -> Vec<(String, Option<String>)> {
        let value = |value: &Option<Scalar>| value.as_ref().map(Scalar::to_string);
        match self {
            Pairs::Map(map) => {
                map.iter().map(|(name, scalar)| (name.clone(), value(scalar))).collect()
            }
            Pairs::List(list) => {
                let split = |item: &String| match item.split_once('=') {
                    Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                    None => (item.clone(), None),
                };
                list.iter().map(split).collect()
            }
        }
    }
}

impl Default for Pairs {
    fn default() -> Self {
        Pairs::Map(Map::new())
    }
}
