//! How everything that holds data, or leads to it, is protected: one line for each property of each
//! resource, and for each whether it is enough.

mod buckets;
mod cluster;
mod edge;
mod line;
mod operation;
mod stores;

use std::fmt::Write as _;

use serde_json::json;

use super::layers::{Layers, shown};
use buckets::buckets;
use cluster::cluster;
use edge::edge;
use line::{Line, Of, TAGS};
use operation::operation;
use stores::{databases, images, key, logs, secrets, tables};

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
