//! Circles in a graph of modules.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;

use super::modules::Graph;

/// A shortest circle, one line an arrow: `model.rs -> render.rs: CLUSTER`. `None` if there is none.
pub(crate) fn shortest(graph: &Graph) -> Option<String> {
    let circles = graph.keys().filter_map(|start| around(graph, start));
    let circle = circles.min_by_key(Vec::len)?;
    let mut text = String::new();
    for (from, to) in circle.iter().zip(circle.iter().cycle().skip(1)) {
        let names: Vec<&str> = graph[*from][*to].iter().map(String::as_str).collect();
        writeln!(text, "{from} -> {to}: {}", names.join(", ")).expect("a string");
    }
    Some(text)
}

/// The shortest way from a module back to it, by breadth first.
fn around<'a>(graph: &'a Graph, start: &'a str) -> Option<Vec<&'a str>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(module) = queue.pop_front() {
        for next in graph.get(module).into_iter().flat_map(|targets| targets.keys()) {
            if next == start {
                let back =
                    std::iter::successors(Some(module), |module| before.get(module).copied());
                let mut circle: Vec<&str> = back.collect();
                circle.reverse();
                return Some(circle);
            }
            if !before.contains_key(next.as_str()) {
                before.insert(next, module);
                queue.push_back(next);
            }
        }
    }
    None
}
