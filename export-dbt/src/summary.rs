//! The report of a run: a table for a person, JSON for Airflow.

use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::quantity;
use common::table;
use indicatif::HumanCount;
use serde::{Serialize, Serializer};

use crate::catalog::Relation;
use crate::trino::Registration;

/// The result of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// A new version was committed.
    Exported,
    /// The newest version has these rows already; nothing was written.
    Unchanged,
    /// A dry run: a new version would be committed.
    Planned,
    /// The table failed; its old version stands.
    Failed,
    /// A guard or a test kept the table from being published; its last version stands.
    Held,
    /// The run was stopped before the table's commit; its old version stands.
    Interrupted,
    /// The table was not exported, for the given reason.
    Skipped,
    /// The table exists at the target but no longer in the database.
    Gone,
    /// As [`Outcome::Gone`], and it was dropped.
    Dropped,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TableReport {
    pub(crate) layer: String,
    pub(crate) table: String,
    pub(crate) location: String,
    pub(crate) outcome: Outcome,
    /// Why, when that is not plain; in JSON `code`, `reason` and `hint`.
    #[serde(flatten, serialize_with = "explained")]
    pub(crate) why: Option<Diagnostic>,
    /// Rows of the table in the database, when they were counted.
    pub(crate) rows: Option<u64>,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// Files of the version before that stay, because their rows have not changed.
    pub(crate) kept_files: u64,
    pub(crate) seconds: f64,
    /// The newest version, when it is known.
    pub(crate) version: Option<u64>,
    /// Files of older versions, of killed runs and open uploads that were removed.
    pub(crate) removed_files: u64,
    pub(crate) trino: Option<Registration>,
    /// Problems that did not make the table fail.
    #[serde(serialize_with = "messages")]
    pub(crate) warnings: Vec<Diagnostic>,
}

impl TableReport {
    /// The report of a table with which nothing was done yet.
    pub(crate) fn new(relation: &Relation, location: String, outcome: Outcome) -> Self {
        Self {
            layer: relation.layer.clone(),
            table: relation.name.clone(),
            location,
            outcome,
            why: None,
            rows: None,
            files: 0,
            bytes: 0,
            kept_files: 0,
            seconds: 0.0,
            version: None,
            removed_files: 0,
            trino: None,
            warnings: Vec::new(),
        }
    }

    /// The same, with the reason for its outcome.
    pub(crate) fn because(mut self, why: Diagnostic) -> Self {
        self.why = Some(why);
        self
    }

    /// `layer.table`, for messages.
    pub(crate) fn label(&self) -> String {
        format!("{}.{}", self.layer, self.table)
    }
}

/// A reason as `code`, `reason` and `hint`.
pub(crate) fn explained<S: Serializer>(
    why: &Option<Diagnostic>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Why<'a> {
        code: Option<&'a str>,
        reason: Option<&'a str>,
        hint: Option<&'a str>,
    }
    let why = why.as_ref();
    Why {
        code: why.map(Diagnostic::code),
        reason: why.map(Diagnostic::message),
        hint: why.and_then(Diagnostic::hint_text),
    }
    .serialize(serializer)
}

fn messages<S: Serializer>(warnings: &[Diagnostic], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(warnings.iter().map(Diagnostic::message))
}

/// A run as `schema/summary.schema.json` describes it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    /// `export-dbt`
    pub(crate) tool: &'static str,
    pub(crate) version: &'static str,
    /// The id that the run's commits and files carry.
    pub(crate) run_id: String,
    /// How the run ended; in JSON the exit status.
    #[serde(rename = "exitStatus", serialize_with = "number")]
    pub(crate) status: Status,
    pub(crate) seconds: f64,
    /// Every table, in the order of layer and name.
    pub(crate) tables: Vec<TableReport>,
}

impl Summary {
    /// The summary of a run; sorts the tables. `failed` is the status when a table has failed,
    /// `stopped` the status of a run that was told to end early.
    pub(crate) fn new(
        run_id: String,
        seconds: f64,
        mut tables: Vec<TableReport>,
        failed: Status,
        stopped: Option<Status>,
    ) -> Self {
        tables.sort_by(|a, b| (&a.layer, &a.table).cmp(&(&b.layer, &b.table)));
        let any = |outcome| tables.iter().any(|table| table.outcome == outcome);
        let status = stopped.unwrap_or(match (any(Outcome::Failed), any(Outcome::Held)) {
            (true, _) => failed,
            (false, true) => Status::No,
            (false, false) => Status::Done,
        });
        Self {
            tool: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            run_id,
            status,
            seconds: round(seconds),
            tables,
        }
    }

    /// The warnings and errors of all tables, each about its table.
    pub(crate) fn problems(&self) -> impl Iterator<Item = Diagnostic> {
        self.tables.iter().flat_map(|table| {
            let told = matches!(table.outcome, Outcome::Failed | Outcome::Held | Outcome::Gone);
            let why = table.why.iter().filter(move |_| told);
            table.warnings.iter().chain(why).map(|problem| problem.clone().about(&table.label()))
        })
    }

    /// The table for a person.
    pub(crate) fn to_text(&self) -> String {
        let header = ["table", "result", "rows", "files", "size", "seconds", "version", "reason"];
        let count = |n: Option<u64>| n.map_or_else(|| "-".into(), |n| HumanCount(n).to_string());
        let row = |t: &TableReport| {
            let written = (t.outcome == Outcome::Exported).then_some(t);
            let reason = t.why.as_ref().and_then(|why| why.message().lines().next());
            vec![
                t.label(),
                table::word(&t.outcome),
                count(t.rows),
                count(written.map(|t| t.files)),
                written.map_or_else(|| "-".into(), |t| quantity::show(t.bytes)),
                format!("{:.1}", t.seconds),
                t.version.map_or_else(|| "-".into(), |version| version.to_string()),
                reason.unwrap_or_default().into(),
            ]
        };
        let rows: Vec<Vec<String>> = self.tables.iter().map(row).collect();
        table::render(&header, &rows, &[2, 3, 4, 5, 6])
    }
}

fn number<S: Serializer>(status: &Status, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(status.code())
}

/// Milliseconds are enough.
pub(crate) fn round(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(table: &str, outcome: Outcome) -> TableReport {
        TableReport {
            layer: "gold".into(),
            table: table.into(),
            location: format!("s3://b/{table}"),
            outcome,
            why: None,
            rows: Some(1234),
            files: 1,
            bytes: 2048,
            kept_files: 0,
            seconds: 0.25,
            version: Some(3),
            removed_files: 0,
            trino: None,
            warnings: Vec::new(),
        }
    }

    fn status(outcomes: &[Outcome], failed: Status, stopped: Option<Status>) -> Status {
        let tables = outcomes.iter().map(|outcome| report("t", *outcome)).collect();
        Summary::new("r".into(), 1.0, tables, failed, stopped).status
    }

    #[test]
    fn a_run_without_a_failed_table_is_done() {
        assert_eq!(status(&[], Status::No, None), Status::Done);
        assert_eq!(status(&[Outcome::Exported, Outcome::Gone], Status::No, None), Status::Done);
    }

    #[test]
    fn a_failed_table_gives_its_status() {
        let outcomes = [Outcome::Exported, Outcome::Failed];
        assert_eq!(status(&outcomes, Status::Unfinished, None), Status::Unfinished);
    }

    #[test]
    fn a_table_that_was_held_back_is_no_success() {
        let outcomes = [Outcome::Exported, Outcome::Held];
        assert_eq!(status(&outcomes, Status::Unfinished, None), Status::No);
    }

    #[test]
    fn an_early_end_counts_before_failed_tables() {
        let outcomes = [Outcome::Failed, Outcome::Interrupted];
        assert_eq!(status(&outcomes, Status::No, Some(Status::Terminated)), Status::Terminated);
    }

    #[test]
    fn text_is_sorted_and_aligned() {
        let tables = vec![report("z", Outcome::Unchanged), report("a", Outcome::Exported)];
        let text = Summary::new("r".into(), 1.0, tables, Status::No, None).to_text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1], "gold.a  exported   1,234      1  2 KiB      0.2        3");
        assert_eq!(lines[2], "gold.z  unchanged  1,234      -      -      0.2        3");
    }
}
