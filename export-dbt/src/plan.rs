//! What a run is to do: which relations, and where each goes. Every problem is found before
//! anything is written, and all are reported together.

use std::collections::BTreeMap;

use duckdb::Connection;

use crate::catalog::{self, CatalogError, Relation};
use crate::cli::Choice;
use crate::manifest::Manifest;
use crate::summary::{Outcome, TableReport};
use crate::target::{Location, Template};

/// The layers when none is asked for.
const LAYERS: [&str; 2] = ["silver", "gold"];

/// The relations of a run.
#[derive(Debug, Default)]
pub struct Plan {
    /// To export, with the place of each.
    pub jobs: Vec<(Relation, Location)>,
    /// Left out, with the reason, or without a possible place.
    pub left_out: Vec<TableReport>,
    /// Every relation of the layers, chosen or not.
    pub known: Vec<Relation>,
    /// The layers.
    pub layers: Vec<String>,
}

impl Plan {
    /// Reads the database's catalog and chooses.
    ///
    /// # Errors
    /// Every problem: unknown layers, patterns that name nothing, places that two tables share.
    pub fn new(
        connection: &Connection,
        choice: &Choice,
        manifest: Option<&Manifest>,
        template: &Template,
    ) -> Result<Self, Vec<String>> {
        let one = |error: CatalogError| vec![error_text(&error)];
        let mut plan = Self { layers: layers(connection, choice)?, ..Self::default() };
        for layer in &plan.layers {
            plan.known.extend(catalog::relations(connection, layer).map_err(one)?);
        }
        let mut problems = Vec::new();
        for pattern in choice.tables.iter() {
            if !plan.known.iter().any(|relation| pattern.matches(relation)) {
                problems.push(format!(
                    "--table {pattern} matches no table of {}",
                    plan.layers.join(", ")
                ));
            }
        }
        let mut places: BTreeMap<String, String> = BTreeMap::new();
        for relation in plan.known.iter().filter(|relation| is_chosen(relation, choice, manifest)) {
            let place = template.locate(&relation.layer, &relation.name);
            let url = place.as_ref().map(|place| place.url.to_string()).unwrap_or_default();
            let node = manifest.and_then(|m| m.node(&relation.layer, &relation.name));
            let leftover = node.and_then(|node| node.is_virtual()).filter(|_| !choice.views);
            match (place, leftover) {
                (_, Some(materialized)) => {
                    let reason =
                        format!("dbt builds this model as {materialized}; the table is a leftover");
                    plan.left_out.push(left_out(relation, url, Outcome::Skipped, reason));
                }
                (Err(error), None) => {
                    plan.left_out.push(left_out(relation, url, Outcome::Failed, error.to_string()));
                }
                (Ok(place), None) => {
                    let label = relation.label();
                    match places.insert(url.clone(), label.clone()) {
                        Some(other) => problems.push(format!(
                            "{other} and {label} would both go to {url}\nhint: put {{layer}} into --target"
                        )),
                        None => plan.jobs.push((relation.clone(), place)),
                    }
                }
            }
        }
        // The longest first, so that no core waits for it at the end.
        plan.jobs.sort_by_key(|(relation, _)| std::cmp::Reverse(relation.estimated_rows));
        if problems.is_empty() { Ok(plan) } else { Err(problems) }
    }
}

fn layers(connection: &Connection, choice: &Choice) -> Result<Vec<String>, Vec<String>> {
    let schemas = catalog::schemas(connection).map_err(|error| vec![error_text(&error)])?;
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
    Err(vec![format!(
        "the database has no schema {}; it has {}\nhint: name the layers with --layer",
        unknown.join(" and no schema "),
        if schemas.is_empty() { "none".into() } else { schemas.join(", ") }
    )])
}

fn is_chosen(relation: &Relation, choice: &Choice, manifest: Option<&Manifest>) -> bool {
    let node = || manifest.and_then(|m| m.node(&relation.layer, &relation.name));
    let wanted = choice.tables.is_empty() || choice.tables.iter().any(|p| p.matches(relation));
    let selected = choice.select.is_empty()
        || node().is_some_and(|node| choice.select.iter().any(|s| s.matches(node)));
    wanted
        && selected
        && (choice.views || !relation.is_view)
        && !choice.exclude.iter().any(|p| p.matches(relation))
        && choice.shard.is_none_or(|shard| shard.contains(&relation.layer, &relation.name))
}

/// The report of a table that was not exported.
pub fn left_out(
    relation: &Relation,
    location: String,
    outcome: Outcome,
    reason: String,
) -> TableReport {
    let mut report = TableReport::new(relation, location, outcome);
    report.reason = Some(reason);
    report
}

/// An error with its causes.
pub fn error_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        // Some libraries repeat their cause in their own text.
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
