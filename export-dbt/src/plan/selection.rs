//! The relations that `--select`, `--exclude`, `--seeds` and `--sources` leave.

use std::collections::BTreeSet;

use common::diagnostic::{Diagnostic, Report};

use crate::catalog::Relation;
use crate::cli::Choice;
use crate::manifest::{Kind, Manifest, Node};
use crate::select::Exclude;

/// Nodes that a message names, at most.
const NAMED: usize = 5;

pub(super) struct Selection<'a> {
    choice: &'a Choice,
    manifest: Option<&'a Manifest>,
    /// None: every node.
    selected: Option<BTreeSet<&'a str>>,
    excluded: BTreeSet<&'a str>,
}

impl<'a> Selection<'a> {
    /// Looks the selectors up; a term that names nothing goes to `problems`.
    pub(super) fn new(
        choice: &'a Choice,
        manifest: Option<&'a Manifest>,
        problems: &mut Report,
    ) -> Self {
        let mut selection = Self { choice, manifest, selected: None, excluded: BTreeSet::new() };
        let Some(manifest) = manifest else {
            // `--select` without a manifest is refused by the command line already.
            for exclude in choice.exclude.iter().filter(|exclude| exclude.needs_manifest()) {
                let selector = exclude.nodes().map(ToString::to_string).unwrap_or_default();
                let message = format!("--exclude {selector} needs dbt's manifest");
                problems.push(Diagnostic::error("no-manifest", message).hint("add --manifest"));
            }
            return selection;
        };
        // A pattern of tables need not be a name of dbt.
        let by_nodes = choice.exclude.iter().filter(|exclude| exclude.needs_manifest());
        let excluded = by_nodes.filter_map(Exclude::nodes).map(|selector| ("--exclude", selector));
        let selected = choice.select.iter().map(|selector| ("--select", selector));
        for (option, selector) in selected.chain(excluded) {
            for (term, near) in selector.unknown(manifest) {
                let message = format!("{option} {term} selects nothing of the manifest");
                let hint = near.map(|name| format!("did you mean \"{name}\"?"));
                problems.push(Diagnostic::error("unknown-selector", message).hint_if(hint));
            }
        }
        if !choice.select.is_empty() {
            let nodes = choice.select.iter().flat_map(|selector| selector.nodes(manifest));
            selection.selected = Some(nodes.collect());
        }
        let excluded = choice.exclude.iter().filter_map(Exclude::nodes);
        selection.excluded = excluded.flat_map(|selector| selector.nodes(manifest)).collect();
        selection
    }

    /// Whether the manifest has something to exclude.
    pub(super) fn knows(&self, exclude: &Exclude) -> bool {
        let found = self.manifest.zip(exclude.nodes());
        found.is_some_and(|(manifest, nodes)| !nodes.nodes(manifest).is_empty())
    }

    /// Whether nodes of a kind are asked for: by their option, or by a selector.
    pub(super) fn asks_for(&self, kind: Kind) -> bool {
        let option = match kind {
            Kind::Source => self.choice.sources,
            Kind::Seed => self.choice.seeds,
            _ => false,
        };
        option || self.choice.select.iter().any(|selector| selector.asks_for(kind))
    }

    /// Whether a source or a seed is asked for: by its kind, or by name.
    pub(super) fn requests(&self, relation: &Relation, node: Option<&Node>) -> bool {
        let Some(node) = node else { return false };
        let named = self.choice.tables.iter().any(|pattern| pattern.matches(relation));
        let selected = || {
            let id = self.manifest.and_then(|manifest| manifest.id_of(relation));
            id.is_some_and(|id| self.selected.as_ref().is_some_and(|ids| ids.contains(id)))
        };
        match node.kind {
            Kind::Source => {
                self.choice.sources || named || (self.asks_for(node.kind) && selected())
            }
            Kind::Seed => self.choice.seeds || named || selected(),
            _ => false,
        }
    }

    pub(super) fn selects(&self, relation: &Relation) -> bool {
        let id = self.manifest.and_then(|manifest| manifest.id_of(relation));
        let selected = match (&self.selected, id) {
            (None, _) => true,
            (Some(selected), Some(id)) => selected.contains(id),
            (Some(_), None) => false,
        };
        selected && !id.is_some_and(|id| self.excluded.contains(id))
    }

    /// Adds the reason why no relation is selected, where selectors are why.
    pub(super) fn explain_nothing(
        &self,
        members: &[(Relation, bool)],
        manifest: Option<&Manifest>,
        problems: &mut Report,
    ) {
        let (Some(selected), Some(manifest)) = (&self.selected, manifest) else { return };
        let layers: BTreeSet<&str> = members.iter().map(|(relation, _)| &*relation.layer).collect();
        let layers = layers.into_iter().collect::<Vec<_>>().join(", ");
        let nodes = selected.iter().filter_map(|id| manifest.nodes.get(*id));
        let names: Vec<&str> =
            nodes.filter(|n| n.builds_relation()).map(Node::relation_name).collect();
        let message = match names.is_empty() {
            true => "--select selects nothing: its terms have no table of the project in common"
                .to_owned(),
            false => {
                let more = if names.len() > NAMED { ", …" } else { "" };
                let named = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
                format!("--select selects no table of {layers}, only {named}{more}")
            }
        };
        let problem = Diagnostic::error("nothing-selected", message);
        problems.push(problem.hint("add the layer with --layer, or --views for views"));
    }
}
