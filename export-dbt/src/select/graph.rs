//! The graph of dbt's nodes, for the operators `+` and `@`.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::Manifest;

/// Ids of nodes.
pub(super) type Nodes<'a> = BTreeSet<&'a str>;

pub(super) struct Graph<'a> {
    manifest: &'a Manifest,
    children: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(manifest: &'a Manifest) -> Self {
        let mut children: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, node) in &manifest.nodes {
            for parent in node.parents() {
                children.entry(parent).or_default().push(id);
            }
        }
        Self { manifest, children }
    }

    /// The nodes with their ancestors, up to `depth` steps away.
    pub(super) fn ancestors(&self, nodes: &Nodes<'a>, depth: u32) -> Nodes<'a> {
        walk(nodes, depth, |id| {
            let parents = self.manifest.nodes.get(id).map_or(&[][..], |node| node.parents());
            parents.iter().map(String::as_str).collect()
        })
    }

    /// The nodes with their descendants, up to `depth` steps away.
    pub(super) fn descendants(&self, nodes: &Nodes<'a>, depth: u32) -> Nodes<'a> {
        walk(nodes, depth, |id| self.children.get(id).cloned().unwrap_or_default())
    }
}

fn walk<'a>(start: &Nodes<'a>, depth: u32, next: impl Fn(&'a str) -> Vec<&'a str>) -> Nodes<'a> {
    let mut found = start.clone();
    let mut edge = start.clone();
    for _ in 0..depth {
        edge = edge.into_iter().flat_map(&next).filter(|id| found.insert(id)).collect();
        if edge.is_empty() {
            break;
        }
    }
    found
}
