//! The report of a run: a table for a person, JSON for Airflow.

use serde::Serialize;

use crate::catalog::Relation;
use crate::units::{show_count, show_size};
use common::exit::Status;

/// What became of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A new version was committed.
    Exported,
    /// The newest version has these rows already; nothing was written.
    Unchanged,
    /// A dry run: a new version would be committed.
    Planned,
    /// The table failed; its old version stands.
    Failed,
    /// The run was stopped before the table's commit; its old version stands.
    Interrupted,
    /// The table was not exported, for the given reason.
    Skipped,
    /// The table exists at the target but no longer in the database.
    Gone,
    /// As [`Outcome::Gone`], and it was dropped.
    Dropped,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Outcome::Exported => "exported",
            Outcome::Unchanged => "unchanged",
            Outcome::Planned => "planned",
            Outcome::Failed => "failed",
            Outcome::Interrupted => "interrupted",
            Outcome::Skipped => "skipped",
            Outcome::Gone => "gone",
            Outcome::Dropped => "dropped",
        }
    }
}

/// One table's line.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableReport {
    /// The layer.
    pub layer: String,
    /// The table.
    pub table: String,
    /// Where it is.
    pub location: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, when that is not plain.
    pub reason: Option<String>,
    /// Rows of the table in the database, when they were counted.
    pub rows: Option<u64>,
    /// Files written.
    pub files: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Seconds that the table took.
    pub seconds: f64,
    /// The newest version, when it is known.
    pub version: Option<u64>,
    /// Files of older versions, of killed runs and open uploads that were removed.
    pub removed_files: u64,
    /// What Trino was told.
    pub trino: Option<&'static str>,
    /// What went less well without making the table fail.
    pub warnings: Vec<String>,
}

impl TableReport {
    /// The report of a table with which nothing was done yet.
    pub fn new(relation: &Relation, location: String, outcome: Outcome) -> Self {
        Self {
            layer: relation.layer.clone(),
            table: relation.name.clone(),
            location,
            outcome,
            reason: None,
            rows: None,
            files: 0,
            bytes: 0,
            seconds: 0.0,
            version: None,
            removed_files: 0,
            trino: None,
            warnings: Vec::new(),
        }
    }
}

/// The whole run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// `export-dbt`
    pub tool: &'static str,
    /// The tool's version.
    pub version: &'static str,
    /// The id that the run's commits and files carry.
    pub run_id: String,
    /// How the run ended, as the exit status.
    pub exit_status: u8,
    /// Seconds that the run took.
    pub seconds: f64,
    /// Every table, in the order of layer and name.
    pub tables: Vec<TableReport>,
}

impl Summary {
    /// The summary of a run; sorts the tables and derives the exit status.
    pub fn new(
        run_id: String,
        seconds: f64,
        mut tables: Vec<TableReport>,
        unreachable: bool,
    ) -> Self {
        tables.sort_by(|a, b| (&a.layer, &a.table).cmp(&(&b.layer, &b.table)));
        let any = |outcome| tables.iter().any(|t| t.outcome == outcome);
        let status = if any(Outcome::Interrupted) {
            Status::Interrupted
        } else if any(Outcome::Failed) {
            if unreachable { Status::Unfinished } else { Status::No }
        } else {
            Status::Done
        };
        Self {
            tool: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            run_id,
            exit_status: status.code(),
            seconds: round(seconds),
            tables,
        }
    }

    /// How the run ended.
    pub fn status(&self) -> Status {
        match self.exit_status {
            0 => Status::Done,
            1 => Status::No,
            3 => Status::Unfinished,
            _ => Status::Interrupted,
        }
    }

    /// The JSON document of `schema/summary.schema.json`.
    ///
    /// # Errors
    /// Never in practice; the values are plain.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }

    /// The table for a person.
    pub fn to_text(&self) -> String {
        let header = ["table", "result", "rows", "files", "size", "seconds", "version", "reason"];
        let mut rows: Vec<[String; 8]> = vec![header.map(String::from)];
        for t in &self.tables {
            let count = |n: Option<u64>| n.map_or_else(|| "-".into(), show_count);
            let written = t.outcome == Outcome::Exported;
            rows.push([
                format!("{}.{}", t.layer, t.table),
                t.outcome.name().into(),
                count(t.rows),
                if written { show_count(t.files) } else { "-".into() },
                if written { show_size(t.bytes) } else { "-".into() },
                format!("{:.1}", t.seconds),
                t.version.map_or_else(|| "-".into(), |v| v.to_string()),
                t.reason.as_deref().and_then(|r| r.lines().next()).unwrap_or("").to_string(),
            ]);
        }
        let mut widths = [0; 8];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut out = String::new();
        for row in &rows {
            let line: Vec<String> = row
                .iter()
                .zip(widths)
                .enumerate()
                .map(|(i, (cell, width))| match i {
                    2..=6 => format!("{cell:>width$}"),
                    _ => format!("{cell:<width$}"),
                })
                .collect();
            out.push_str(line.join("  ").trim_end());
            out.push('\n');
        }
        out
    }
}

/// Milliseconds are enough.
pub fn round(seconds: f64) -> f64 {
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
            reason: None,
            rows: Some(1234),
            files: 1,
            bytes: 2048,
            seconds: 0.25,
            version: Some(3),
            removed_files: 0,
            trino: None,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn status_follows_the_tables() {
        let status = |outcomes: &[Outcome], unreachable| {
            let tables = outcomes.iter().map(|o| report("t", *o)).collect();
            Summary::new("r".into(), 1.0, tables, unreachable).status()
        };
        assert_eq!(status(&[], false), Status::Done);
        assert_eq!(status(&[Outcome::Exported, Outcome::Gone], false), Status::Done);
        assert_eq!(status(&[Outcome::Exported, Outcome::Failed], false), Status::No);
        assert_eq!(status(&[Outcome::Failed], true), Status::Unfinished);
        assert_eq!(status(&[Outcome::Failed, Outcome::Interrupted], false), Status::Interrupted);
    }

    #[test]
    fn text_is_sorted_and_aligned() {
        let tables = vec![report("z", Outcome::Unchanged), report("a", Outcome::Exported)];
        let text = Summary::new("r".into(), 1.0, tables, false).to_text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1], "gold.a  exported   1,234      1  2.0 KiB      0.2        3");
        assert_eq!(lines[2], "gold.z  unchanged  1,234      -        -      0.2        3");
    }
}
