//! The plan of a run: which relations, and where each goes. Every problem is found before
//! anything is written, and all are reported together.

use std::collections::BTreeMap;

use common::diagnostic::{Diagnostic, Report};
use duckdb::Connection;

use crate::catalog::{self, Relation};
use crate::cli::Choice;
use crate::manifest::Manifest;
use crate::problem::Problem;
use crate::summary::{Outcome, TableReport};
use crate::target::{Location, Template};

/// The layers when none is asked for.
const LAYERS: [&str; 2] = ["silver", "gold"];

#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) jobs: Vec<(Relation, Location)>,
    /// Left out, with the reason, or without a possible place.
    pub(crate) left_out: Vec<TableReport>,
    /// Every relation of the layers, chosen or not.
    pub(crate) known: Vec<Relation>,
    pub(crate) layers: Vec<String>,
}

impl Plan {
    /// Reads the database's catalog and chooses.
    ///
    /// # Errors
    /// Every problem: unknown layers, patterns that name nothing, places that two tables share.
    pub(crate) fn new(
        connection: &Connection,
        choice: &Choice,
        manifest: Option<&Manifest>,
        template: &Template,
    ) -> Result<Self, Report> {
        let mut plan = Self { layers: layers(connection, choice)?, ..Self::default() };
        for layer in &plan.layers {
            let found = catalog::relations(connection, layer);
            plan.known.extend(found.map_err(|error| error.diagnostic())?);
        }
        let mut problems = Report::default();
        for pattern in choice.tables.iter() {
            if !plan.known.iter().any(|relation| pattern.matches(relation)) {
                let layers = plan.layers.join(", ");
                let message = format!("--table {pattern} matches no table of {layers}");
                problems.push(Diagnostic::error("unknown-table", message));
            }
        }
        let mut places: BTreeMap<String, String> = BTreeMap::new();
        for relation in plan.known.iter().filter(|relation| is_chosen(relation, choice, manifest)) {
            let place = template.locate(&relation.layer, &relation.name);
            let url = place.as_ref().map(|place| place.url.to_string()).unwrap_or_default();
            let node = manifest.and_then(|m| m.node(&relation.layer, &relation.name));
            let leftover = node.and_then(|node| node.is_virtual()).filter(|_| !choice.views);
            let left_out =
                |url, outcome, why| TableReport::new(relation, url, outcome).because(why);
            match (place, leftover) {
                (_, Some(materialized)) => {
                    let message =
                        format!("dbt builds this model as {materialized}; the table is a leftover");
                    let why = Diagnostic::info("leftover", message);
                    plan.left_out.push(left_out(url, Outcome::Skipped, why));
                }
                (Err(error), None) => {
                    plan.left_out.push(left_out(url, Outcome::Failed, error.diagnostic()));
                }
                (Ok(place), None) => {
                    let label = relation.label();
                    if let Some(other) = places.insert(url.clone(), label.clone()) {
                        let message = format!("{other} and {label} would both go to {url}");
                        let problem = Diagnostic::error("shared-target", message);
                        problems.push(problem.hint("put {layer} into --target"));
                    } else {
                        plan.jobs.push((relation.clone(), place));
                    }
                }
            }
        }
        // The longest first, so that no core waits for it at the end.
        plan.jobs.sort_by_key(|(relation, _)| std::cmp::Reverse(relation.estimated_rows));
        if problems.has_errors() { Err(problems) } else { Ok(plan) }
    }
}

fn layers(connection: &Connection, choice: &Choice) -> Result<Vec<String>, Report> {
    let schemas = catalog::schemas(connection).map_err(|error| error.diagnostic())?;
    let asked: Vec<&str> = if choice.layers.is_empty() {
        LAYERS.to_vec()
    } else {
        choice.layers.iter().map(String::as_str).collect()
    };
    let mut found = Vec::new();
    let mut unknown = Vec::new();
    for name in asked {
        match schemas.iter().find(|schema| schema.eq_ignore_ascii_case(name)) {
            Some(schema) if found.contains(schema) => {}
            Some(schema) => found.push(schema.clone()),
            None => unknown.push(name),
        }
    }
    // Of the default layers, a project may have one only.
    if (choice.layers.is_empty() && !found.is_empty()) || unknown.is_empty() {
        return Ok(found);
    }
    let message = format!(
        "the database has no schema {}; it has {}",
        unknown.join(" and no schema "),
        if schemas.is_empty() { "none".into() } else { schemas.join(", ") }
    );
    let problem = Diagnostic::error("unknown-layer", message);
    Err(problem.hint("name the layers with --layer").into())
}

fn is_chosen(relation: &Relation, choice: &Choice, manifest: Option<&Manifest>) -> bool {
    let node = || manifest.and_then(|m| m.node(&relation.layer, &relation.name));
    let selected = choice.select.is_empty()
        || node().is_some_and(|node| choice.select.iter().any(|s| s.matches(node)));
    selected && (choice.views || !relation.is_view) && choice.names(relation)
}
