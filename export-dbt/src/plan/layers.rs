//! The layer of each relation, by the rules of `--layer` or by what the database has.

use std::collections::BTreeSet;

use common::diagnostic::{Diagnostic, Report, did_you_mean};
use common::fault;

use crate::catalog::{Relation, Schema};
use crate::cli::Choice;
use crate::manifest::{Manifest, Node};
use crate::select::LayerRule;

/// The layers when none is asked for and the database has one of them.
const LAYERS: [&str; 2] = ["silver", "gold"];

/// Schemas of failed tests' rows, which dbt writes with `store_failures`.
const AUDIT: &str = "dbt_test__audit";

#[derive(Debug)]
pub(super) struct Layers {
    rules: Vec<LayerRule>,
    /// Without a rule: every schema is a layer, or every schema of a model when a manifest is given.
    all: Option<All>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum All {
    Schemas,
    Models,
}

impl Layers {
    /// The layers of a run; unknown names go to `problems`.
    pub(super) fn of(
        choice: &Choice,
        manifest: Option<&Manifest>,
        schemas: &[Schema],
        relations: &[Relation],
        problems: &mut Report,
    ) -> Self {
        let asked = !choice.layers.is_empty();
        let rules: Vec<LayerRule> = match asked {
            true => choice.layers.clone(),
            false => LAYERS.map(LayerRule::schema).into(),
        };
        if manifest.is_none() && rules.iter().any(LayerRule::needs_manifest) {
            let message = "a --layer by tag or meta needs dbt's manifest";
            problems.push(Diagnostic::error("no-manifest", message).hint("add --manifest"));
            return Self { rules, all: None };
        }
        let is_known = |rule: &LayerRule| {
            let used = relations.iter().any(|relation| {
                rule.layer(relation, manifest.and_then(|m| m.node(relation))).is_some()
            });
            used || schemas.iter().any(|schema| is_schema(rule, schema))
        };
        let (known, unknown): (Vec<_>, Vec<_>) = rules.into_iter().partition(is_known);
        if asked {
            if !unknown.is_empty() {
                problems.push(unknown_layers(&unknown, schemas));
            }
            return Self { rules: known, all: None };
        }
        if !known.is_empty() {
            return Self { rules: known, all: None };
        }
        if relations.is_empty() {
            problems.push(unknown_layers(&unknown, schemas));
        }
        let all = if manifest.is_some() { All::Models } else { All::Schemas };
        Self { rules: Vec::new(), all: Some(all) }
    }

    /// The layer of a relation; none when it is in no layer.
    pub(super) fn layer(&self, relation: &Relation, node: Option<&Node>) -> Option<String> {
        // A tag or a value of `meta` says more about a model than its schema.
        let (special, schemas): (Vec<_>, Vec<_>) =
            self.rules.iter().partition(|rule| rule.needs_manifest());
        let ruled = special.into_iter().chain(schemas).find_map(|rule| rule.layer(relation, node));
        if let Some(layer) = ruled {
            return Some(layer.to_owned());
        }
        let is_audit = relation.schema.to_lowercase().ends_with(AUDIT);
        match self.all? {
            All::Models => {
                let configured = node?.configured_schema();
                Some(configured.unwrap_or(&relation.schema).to_owned())
            }
            All::Schemas => (!is_audit).then(|| relation.schema.clone()),
        }
    }

    /// The place of a layer among the rules.
    pub(super) fn rank(&self, layer: &str) -> usize {
        let place = self.rules.iter().position(|rule| rule.target() == layer);
        place.unwrap_or(self.rules.len())
    }

    /// The layers that rules name, each with its database: they exist even where nothing is in them.
    pub(super) fn named(&self, schemas: &[Schema]) -> BTreeSet<(String, String)> {
        let named = |rule: &LayerRule| match rule {
            LayerRule::Schema { layer, .. } => {
                let found = schemas.iter().filter(|schema| is_schema(rule, schema));
                found.map(|schema| (schema.database.clone(), layer.clone())).collect::<Vec<_>>()
            }
            LayerRule::Tag { .. } | LayerRule::Meta { .. } => Vec::new(),
        };
        self.rules.iter().flat_map(named).collect()
    }

    /// The layers of which a schema is there and holds nothing.
    pub(super) fn empty(&self, schemas: &[Schema], relations: &[Relation]) -> BTreeSet<String> {
        let is_empty = |schema: &&Schema| {
            let within = |r: &Relation| r.database == schema.database && r.schema == schema.name;
            !relations.iter().any(within)
        };
        let layers = |schema: &Schema| {
            let rules = self.rules.iter().filter(|rule| is_schema(rule, schema));
            rules.map(|rule| rule.target().to_owned()).collect::<Vec<_>>()
        };
        schemas.iter().filter(is_empty).flat_map(layers).collect()
    }
}

fn is_schema(rule: &LayerRule, found: &Schema) -> bool {
    match rule {
        LayerRule::Schema { database, schema, .. } => {
            schema.eq_ignore_ascii_case(&found.name)
                && database.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(&found.database))
        }
        LayerRule::Tag { .. } | LayerRule::Meta { .. } => false,
    }
}

fn unknown_layers(unknown: &[LayerRule], schemas: &[Schema]) -> Diagnostic {
    let known: BTreeSet<&str> = schemas.iter().map(|schema| &*schema.name).collect();
    let named: Vec<String> = unknown.iter().map(ToString::to_string).collect();
    let message = format!(
        "the database has no {}; {}",
        named.join(" and no "),
        fault::all(known.iter().copied())
    );
    let hint = unknown.iter().find_map(|rule| match rule {
        LayerRule::Schema { schema, .. } => {
            let suffix = format!("_{}", schema.to_lowercase());
            let custom = known.iter().find(|name| name.to_lowercase().ends_with(&suffix));
            let custom = custom.map(|name| format!("write --layer {name}={schema}"));
            custom.or_else(|| did_you_mean(schema, known.iter().copied()))
        }
        LayerRule::Tag { .. } | LayerRule::Meta { .. } => None,
    });
    let hint = hint.unwrap_or_else(|| "name the layers with --layer".to_owned());
    Diagnostic::error("unknown-layer", message).hint(hint)
}
