//! How everything that holds data, or leads to it, is protected: one line for each property of each
//! resource, and for each whether it is enough.

mod buckets;
mod cluster;
mod edge;
mod operation;
mod stores;

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::layers::{Layers, shown};
use crate::terraform::plan::Resource;
use buckets::buckets;
use cluster::cluster;
use edge::edge;
use operation::operation;
use stores::{databases, images, key, logs, secrets, tables};

/// The tags that everything has.
const TAGS: [&str; 4] = ["Environment", "Layer", "ManagedBy", "Project"];

struct Line {
    resource: String,
    property: &'static str,
    value: String,
    enough: bool,
}

/// Collects the lines of one resource.
struct Of<'a> {
    lines: &'a mut Vec<Line>,
    resource: String,
}

impl Of<'_> {
    fn line(&mut self, property: &'static str, value: &Value, enough: bool) {
        let line = Line { resource: self.resource.clone(), property, value: shown(value), enough };
        self.lines.push(line);
    }

    fn is(&mut self, property: &'static str, value: &Value, expected: Value) {
        self.line(property, value, *value == expected);
    }

    fn at_least(&mut self, property: &'static str, value: &Value, least: i64) {
        self.line(property, value, value.as_i64().is_some_and(|value| value >= least));
    }

    fn is_the_key(&mut self, property: &'static str, value: &Value) {
        self.line(
            property,
            value,
            value.as_str().is_some_and(|arn| arn.starts_with("arn:aws:kms:")),
        );
    }
}

/// The properties that do not protect enough.
pub fn problems(layers: &Layers) -> Vec<String> {
    let weak = lines(layers).into_iter().filter(|line| !line.enough);
    weak.map(|line| format!("{}: {} is {}", line.resource, line.property, line.value)).collect()
}

/// Every property with its value.
pub fn table(layers: &Layers) -> String {
    let mut made = String::new();
    let mut last = String::new();
    for line in lines(layers) {
        if line.resource != last {
            let _ = writeln!(made, "{}", line.resource);
            last.clone_from(&line.resource);
        }
        let _ = writeln!(made, "  {}: {}", line.property, line.value);
    }
    made
}

fn lines(layers: &Layers) -> Vec<Line> {
    let mut lines = Vec::new();
    let checks: [fn(&Layers, &mut Vec<Line>); 11] =
        [layer, buckets, tables, databases, key, logs, secrets, images, cluster, edge, operation];
    for check in checks {
        check(layers, &mut lines);
    }
    lines
}

fn each(layers: &Layers, lines: &mut Vec<Line>, kind: &str, check: impl Fn(&mut Of, &Resource)) {
    let all: Vec<_> = layers.of(kind).collect();
    if all.is_empty() {
        Of { lines, resource: kind.to_owned() }.line("there is one", &json!(false), false);
    }
    for (address, resource) in all {
        check(&mut Of { lines, resource: address }, resource);
    }
}

fn layer(layers: &Layers, lines: &mut Vec<Line>) {
    for (layer, plan) in &layers.0 {
        let mut of = Of { lines, resource: format!("layer {layer}") };
        for tag in TAGS {
            let value = &plan.tags[tag];
            let expected = if tag == "Layer" { Some(*layer) } else { value.as_str() };
            of.line(
                "tag",
                &json!(format!("{tag}={}", shown(value))),
                value.as_str() == expected && value.is_string(),
            );
        }
    }
}
