//! The result of an evaluation.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The account that the layers are evaluated for, which is documentation's.
pub const ACCOUNT: &str = "123456789012";

/// A value, or why there is none.
pub(crate) type Answer<T = Value> = Result<T, String>;

/// One instance of a resource or of a data source.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Such as `aws_s3_bucket`; a data source's begins with `data.`.
    pub kind: String,
    /// The values that the layer gives; without those that are null.
    pub values: Map<String, Value>,
    /// `lifecycle`, `depends_on` and `provider`.
    pub meta: Map<String, Value>,
}

/// One layer, evaluated.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Plan {
    /// Resources and data sources, by their addresses.
    pub resources: BTreeMap<String, Resource>,
    /// The values of the layer's outputs.
    pub outputs: BTreeMap<String, Value>,
    /// The tags that the provider gives everything.
    pub tags: Value,
    /// Conditions that are not fulfilled.
    pub refused: Vec<String>,
}

impl Plan {
    /// The instances of one kind, with their addresses.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Resource)> {
        let all = self.resources.iter();
        all.filter(move |(_, found)| found.kind == kind)
            .map(|(address, found)| (address.as_str(), found))
    }
}

impl Resource {
    /// One of its values; null when it is not given.
    pub fn get(&self, name: &str) -> &Value {
        self.values.get(name).unwrap_or(&Value::Null)
    }

    /// A setting of its `lifecycle` block; null when it is not given.
    pub fn lifecycle(&self, name: &str) -> &Value {
        self.meta.get("lifecycle").map_or(&Value::Null, |block| &block[name])
    }

    /// A value below nested blocks, each of which there is one of: `rule/bucket_key_enabled`.
    pub fn at(&self, path: &str) -> &Value {
        let mut steps = path.split('/');
        let mut found = self.get(steps.next().unwrap_or_default());
        for step in steps {
            found = match found {
                Value::Array(one) if one.len() == 1 => &one[0][step],
                other => &other[step],
            };
        }
        found
    }

    /// A value as text; empty when it is none.
    pub fn text(&self, path: &str) -> &str {
        self.at(path).as_str().unwrap_or_default()
    }
}
