//! A property of a resource, and whether it protects enough.

use serde_json::{Value, json};

use crate::terraform::meaning::layers::{Layers, shown};
use crate::terraform::plan::Resource;

/// The tags that everything has.
pub(super) const TAGS: [&str; 4] = ["Environment", "Layer", "ManagedBy", "Project"];

pub(super) struct Line {
    pub(super) resource: String,
    pub(super) property: &'static str,
    pub(super) value: String,
    pub(super) enough: bool,
}

/// Collects the lines of one resource.
pub(super) struct Of<'a> {
    pub(super) lines: &'a mut Vec<Line>,
    pub(super) resource: String,
}

impl Of<'_> {
    pub(super) fn line(&mut self, property: &'static str, value: &Value, enough: bool) {
        let line = Line { resource: self.resource.clone(), property, value: shown(value), enough };
        self.lines.push(line);
    }

    pub(super) fn is(&mut self, property: &'static str, value: &Value, expected: Value) {
        self.line(property, value, *value == expected);
    }

    pub(super) fn ends_with(&mut self, property: &'static str, value: &Value, end: &str) {
        self.line(property, value, value.as_str().is_some_and(|text| text.ends_with(end)));
    }

    pub(super) fn at_least(&mut self, property: &'static str, value: &Value, least: i64) {
        self.line(property, value, value.as_i64().is_some_and(|value| value >= least));
    }

    pub(super) fn is_the_key(&mut self, property: &'static str, value: &Value) {
        self.line(
            property,
            value,
            value.as_str().is_some_and(|arn| arn.starts_with("arn:aws:kms:")),
        );
    }
}

pub(super) fn each(
    layers: &Layers,
    lines: &mut Vec<Line>,
    kind: &str,
    check: impl Fn(&mut Of, &Resource),
) {
    let all: Vec<_> = layers.of(kind).collect();
    if all.is_empty() {
        Of { lines, resource: kind.to_owned() }.line("there is one", &json!(false), false);
    }
    for (address, resource) in all {
        check(&mut Of { lines, resource: address }, resource);
    }
}
