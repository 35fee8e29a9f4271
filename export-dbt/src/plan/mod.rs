//! The plan of a run: which relations, and where each goes. Every problem is found before
//! anything is written, and all are reported together.

mod layers;
mod selection;

use std::collections::{BTreeMap, BTreeSet};

use common::diagnostic::{Diagnostic, Report, did_you_mean};
use duckdb::Connection;

use self::layers::Layers;
use self::selection::Selection;
use crate::catalog::{self, Relation, Schema};
use crate::cli::Choice;
use crate::gate::Gate;
use crate::manifest::{Kind, Manifest};
use crate::problem::Problem;
use crate::select::{Exclude, PartitionRule, Pattern};
use crate::summary::{Outcome, TableReport};
use crate::target::{Location, Names, Template};

#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) jobs: Vec<Job>,
    /// Left out, with the reason, or without a possible place.
    pub(crate) left_out: Vec<TableReport>,
    /// Every relation of the layers by the URL of its place, chosen or not.
    pub(crate) known: BTreeMap<String, Standing>,
    /// Every relation of the databases.
    pub(crate) relations: Vec<Relation>,
    /// The layers of the run, each with its database.
    pub(crate) layers: BTreeSet<(String, String)>,
    /// Layers of which a schema holds nothing.
    pub(crate) empty: BTreeSet<String>,
}

/// One table to export.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) relation: Relation,
    pub(crate) location: Location,
}

/// The meaning of a relation for the export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A table that is exported, by this run or by one with other options.
    Table,
    /// A view, without `--views`.
    View,
    /// dbt builds the model as a view or ephemeral; the relation is a leftover.
    Leftover(String),
    /// dbt's own, of an interrupted run.
    Temporary,
}

impl Plan {
    /// Reads the database's catalog and chooses.
    ///
    /// # Errors
    /// Every problem: unknown layers, patterns and selectors that name nothing, places that two tables share.
    pub(crate) fn new(
        connection: &Connection,
        choice: &Choice,
        partitions: &[PartitionRule],
        manifest: Option<&Manifest>,
        gate: Option<&Gate>,
        template: &Template,
    ) -> Result<Self, Report> {
        let relations = catalog::relations(connection).map_err(|error| error.diagnostic())?;
        let schemas = catalog::schemas(connection).map_err(|error| error.diagnostic())?;
        Self::of(relations, &schemas, choice, partitions, manifest, gate, template)
    }

    /// Chooses among relations of any source.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub(crate) fn of(
        relations: Vec<Relation>,
        schemas: &[Schema],
        choice: &Choice,
        partitions: &[PartitionRule],
        manifest: Option<&Manifest>,
        gate: Option<&Gate>,
        template: &Template,
    ) -> Result<Self, Report> {
        let mut problems = Report::default();
        let selection = Selection::new(choice, manifest, &mut problems);
        let layers = Layers::of(choice, manifest, schemas, &relations, &mut problems);
        let mut plan = Self { empty: layers.empty(schemas, &relations), ..Self::default() };
        plan.layers = layers.named(schemas);
        let mut members = Vec::new();
        for relation in &relations {
            let node = manifest.and_then(|m| m.node(relation));
            let requested = selection.requests(relation, node);
            let by_kind = node.is_some_and(|node| selection.asks_for(node.kind));
            let layer = layers.layer(relation, node);
            // Sources and seeds that are asked for need no layer: their schema is one.
            let is_input = node.is_some_and(|n| matches!(n.kind, Kind::Source | Kind::Seed));
            let layer = layer.or_else(|| (by_kind && is_input).then(|| relation.schema.clone()));
            let Some(layer) = layer else { continue };
            plan.layers.insert((relation.database.clone(), layer.clone()));
            members.push((Relation { layer, ..relation.clone() }, !is_input || requested));
        }
        // In the order of the rules, for messages.
        members.sort_by_key(|(relation, _)| layers.rank(&relation.layer));
        Self::check_patterns("--table", &choice.tables, &members, &mut problems);
        // Runs that export a layer each may have their rules in common. The project's name of a schema is a layer, too.
        let configured = |relation: &Relation| {
            let schema = manifest?.node(relation)?.configured_schema()?;
            Some(Relation { layer: schema.to_owned(), ..relation.clone() })
        };
        let is_named = |rule: &Pattern, relation: &Relation| {
            rule.matches(relation)
                || configured(relation).is_some_and(|relation| rule.matches(&relation))
        };
        let rules = partitions.iter().map(|rule| &rule.pattern);
        let rules = rules.filter(|rule| !relations.iter().any(|r| is_named(rule, r)));
        Self::check_patterns("--partition-by", rules, &members, &mut problems);
        // A pattern may stand for tables that are to come; a name is a typing error.
        let excluded = choice.exclude.iter().filter(|exclude| !selection.knows(exclude));
        let excluded = excluded.filter_map(Exclude::one_name);
        let excluded = excluded.filter(|name| !relations.iter().any(|r| is_named(name, r)));
        Self::check_patterns("--exclude", excluded, &members, &mut problems);
        let mut places: BTreeMap<String, String> = BTreeMap::new();
        let mut matched = 0;
        for (relation, is_wanted) in &members {
            let standing = standing(relation, choice, manifest);
            let names = Names {
                database: &relation.database,
                layer: &relation.layer,
                table: &relation.name,
            };
            let place = template.locate(names);
            if let Ok(place) = &place {
                plan.known.insert(place.url.to_string(), standing.clone());
            }
            let is_selected = selection.selects(relation) && *is_wanted;
            matched += usize::from(is_selected && standing != Standing::View);
            if !is_selected || !choice.names(relation) || standing == Standing::View {
                continue;
            }
            plan.place(relation, standing, place, &mut places, &mut problems);
        }
        if !problems.has_errors() && matched == 0 {
            selection.explain_nothing(&members, manifest, &mut problems);
        }
        if let (Some(gate), Some(manifest)) = (gate, manifest) {
            plan.hold_back(gate, manifest);
        }
        plan.relations = relations;
        // The longest first, so that no core waits for it at the end.
        plan.jobs.sort_by_key(|job| std::cmp::Reverse(job.relation.estimated_rows));
        if problems.has_errors() { Err(problems) } else { Ok(plan) }
    }

    /// Refuses the patterns of an option that match no table.
    fn check_patterns<'a>(
        option: &str,
        patterns: impl IntoIterator<Item = &'a Pattern>,
        members: &[(Relation, bool)],
        problems: &mut Report,
    ) {
        for pattern in patterns {
            if members.iter().any(|(relation, _)| pattern.matches(relation)) {
                continue;
            }
            let mut layers: Vec<&str> = members.iter().map(|(r, _)| r.layer.as_str()).collect();
            layers.dedup();
            let message = match layers.is_empty() {
                true => {
                    format!("{option} {pattern} matches no table, because the layers are empty")
                }
                false => format!("{option} {pattern} matches no table of {}", layers.join(", ")),
            };
            let labels: Vec<String> = members
                .iter()
                .flat_map(|(relation, _)| [relation.name.clone(), relation.label()])
                .collect();
            let hint = did_you_mean(&pattern.to_string(), labels.iter().map(String::as_str));
            problems.push(Diagnostic::error("unknown-table", message).hint_if(hint));
        }
    }

    /// Gives a chosen relation its place, or the reason why it has none.
    fn place(
        &mut self,
        relation: &Relation,
        standing: Standing,
        place: Result<Location, crate::target::TargetError>,
        places: &mut BTreeMap<String, String>,
        problems: &mut Report,
    ) {
        let url = place.as_ref().map(|place| place.url.to_string()).unwrap_or_default();
        let skipped = |why| TableReport::new(relation, url.clone(), Outcome::Skipped).because(why);
        let why = match standing {
            Standing::Leftover(materialized) => Some(Diagnostic::info(
                "leftover",
                format!("dbt builds this model as {materialized}; the table is a leftover"),
            )),
            Standing::Temporary => Some(Diagnostic::info(
                "dbt-temporary",
                "the relation is dbt's own, left behind by an interrupted run",
            )),
            Standing::Table | Standing::View => None,
        };
        if let Some(why) = why {
            self.left_out.push(skipped(why));
            return;
        }
        let location = match place {
            Ok(location) => location,
            Err(error) => {
                let failed = TableReport::new(relation, url, Outcome::Failed);
                self.left_out.push(failed.because(error.diagnostic()));
                return;
            }
        };
        let label = relation.label();
        // Trino's names and some file systems do not tell capitals from small letters.
        if let Some(other) = places.insert(url.to_lowercase(), label.clone()) {
            let message = format!("{other} and {label} would both go to {url}");
            let problem = Diagnostic::error("shared-target", message);
            let is_same_layer = other.starts_with(&format!("{}.", relation.layer));
            let hint = match (other == label, is_same_layer) {
                (true, _) => "put {database} into --target",
                (false, true) => "give one of the models another alias",
                (false, false) => "put {layer} into --target",
            };
            problems.push(problem.hint(hint));
            return;
        }
        self.jobs.push(Job { relation: relation.clone(), location });
    }

    /// Takes out the tables whose models have not passed their tests.
    fn hold_back(&mut self, gate: &Gate, manifest: &Manifest) {
        let jobs = std::mem::take(&mut self.jobs);
        for job in jobs {
            let why = manifest.id_of(&job.relation).and_then(|id| gate.objection(manifest, id));
            match why {
                Some(why) => {
                    let url = job.location.url.to_string();
                    let held = TableReport::new(&job.relation, url, Outcome::Held);
                    self.left_out.push(held.because(why));
                }
                None => self.jobs.push(job),
            }
        }
    }
}

fn standing(relation: &Relation, choice: &Choice, manifest: Option<&Manifest>) -> Standing {
    let node = manifest.and_then(|m| m.node(relation));
    if relation.is_temporary() && node.is_none() {
        return Standing::Temporary;
    }
    if relation.is_view {
        return if choice.views { Standing::Table } else { Standing::View };
    }
    match node.and_then(|node| node.is_virtual()).filter(|_| !choice.views) {
        Some(materialized) => Standing::Leftover(materialized.to_owned()),
        None => Standing::Table,
    }
}
