//! The result: a table for a person, JSON for a program.

use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::secrets::{MASK, names_secret};
use common::table;
use indicatif::HumanCount;
use serde::Serialize;

use super::differ::{Example, Found, Kind};
use super::pairs::{Paired, SchemaDifference};
use crate::catalog::Relation;
use crate::summary::explained;
use crate::types::DeltaType;

/// Characters of a value that are shown.
const SHOWN: usize = 80;

/// The result of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    Same,
    Different,
    /// One side has no such table.
    Missing,
    /// The table cannot be compared.
    Failed,
    /// A side could not be reached, or the run was stopped.
    Unfinished,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TableReport {
    pub(crate) layer: String,
    pub(crate) table: String,
    pub(crate) outcome: Outcome,
    /// Why the table was not compared; in JSON `code`, `reason` and `hint`.
    #[serde(flatten, serialize_with = "explained")]
    pub(crate) why: Option<Diagnostic>,
    /// The columns that tell rows apart; empty without a key.
    pub(crate) key: Vec<String>,
    pub(crate) left_rows: Option<u64>,
    pub(crate) right_rows: Option<u64>,
    pub(crate) left_only: u64,
    pub(crate) right_only: u64,
    /// Rows on both sides with other values.
    pub(crate) changed: u64,
    /// Keys that several rows of a side have.
    pub(crate) duplicate_keys: u64,
    pub(crate) schema: Vec<SchemaDifference>,
    pub(crate) columns: Vec<ColumnReport>,
    pub(crate) rows: Vec<RowReport>,
    pub(crate) notes: Vec<String>,
}

/// A column whose values differ.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ColumnReport {
    pub(crate) column: String,
    /// Rows that differ; none without a key.
    pub(crate) rows: Option<u64>,
    pub(crate) largest: Option<String>,
}

/// A row that differs.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RowReport {
    pub(crate) kind: Kind,
    pub(crate) count: u64,
    /// The key; without one, the whole row.
    pub(crate) key: Vec<Value>,
    pub(crate) values: Vec<Values>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Value {
    pub(crate) column: String,
    pub(crate) value: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Values {
    pub(crate) column: String,
    pub(crate) left: Option<String>,
    pub(crate) right: Option<String>,
}

impl TableReport {
    fn new(relation: &Relation, outcome: Outcome) -> Self {
        Self {
            layer: relation.layer.clone(),
            table: relation.name.clone(),
            outcome,
            why: None,
            key: Vec::new(),
            left_rows: None,
            right_rows: None,
            left_only: 0,
            right_only: 0,
            changed: 0,
            duplicate_keys: 0,
            schema: Vec::new(),
            columns: Vec::new(),
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A table that was not compared, and why.
    pub(crate) fn not_compared(relation: &Relation, outcome: Outcome, why: Diagnostic) -> Self {
        Self { why: Some(why), ..Self::new(relation, outcome) }
    }

    /// A table that was compared.
    pub(crate) fn compared(relation: &Relation, paired: Paired, found: &Found) -> Self {
        let is_same = found.is_same() && paired.differences.is_empty();
        let outcome = if is_same { Outcome::Same } else { Outcome::Different };
        let name = |position: &usize| paired.pairs[*position].name.clone();
        let columns = found.columns.iter().map(|column| ColumnReport {
            column: name(&column.position),
            rows: column.rows,
            largest: column
                .largest
                .as_ref()
                .filter(|_| !names_secret(&name(&column.position)))
                .map(|largest| distance(largest, &paired.pairs[column.position].ty)),
        });
        Self {
            key: paired.key.iter().map(name).collect(),
            left_rows: Some(found.left_rows),
            right_rows: Some(found.right_rows),
            left_only: found.left_only,
            right_only: found.right_only,
            changed: found.changed,
            duplicate_keys: found.duplicates,
            columns: columns.collect(),
            rows: found.examples.iter().map(|example| row(example, &paired)).collect(),
            schema: paired.differences,
            notes: paired.notes,
            ..Self::new(relation, outcome)
        }
    }

    fn label(&self) -> String {
        format!("{}.{}", self.layer, self.table)
    }
}

/// A difference as a person reads it; that of times is in microseconds.
fn distance(largest: &str, ty: &DeltaType) -> String {
    let is_time = matches!(ty, DeltaType::Date | DeltaType::Timestamp | DeltaType::TimestampNtz);
    match largest.parse::<i128>() {
        Ok(micros) if is_time => {
            let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
            let (minutes, seconds) = (seconds / 60, seconds % 60);
            let (hours, minutes) = (minutes / 60, minutes % 60);
            let (days, hours) = (hours / 24, hours % 24);
            let parts = [(days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"), (rest, "us")];
            let parts = parts.iter().filter(|(number, _)| *number > 0);
            parts.map(|(number, unit)| format!("{number}{unit}")).collect::<Vec<_>>().join(" ")
        }
        _ => largest.to_owned(),
    }
}

fn row(example: &Example, paired: &Paired) -> RowReport {
    let kind = example.kind;
    let keyed = !paired.key.is_empty();
    let (mut key, mut values) = (Vec::new(), Vec::new());
    for (position, left, right) in &example.values {
        let column = paired.pairs[*position].name.clone();
        let is_key = paired.key.contains(position);
        if is_key || !keyed {
            let value = left.as_ref().or(right.as_ref());
            key.push(Value { value: value.map(|value| shown(&column, value, 0)), column });
        } else if kind == Kind::Changed {
            let from = first_difference(left.as_deref(), right.as_deref());
            let text = |value: &Option<String>| value.as_ref().map(|v| shown(&column, v, from));
            values.push(Values { left: text(left), right: text(right), column });
        }
    }
    RowReport { kind, count: example.count, key, values }
}

/// Characters that both texts begin with.
fn first_difference(left: Option<&str>, right: Option<&str>) -> usize {
    let (Some(left), Some(right)) = (left, right) else { return 0 };
    left.chars().zip(right.chars()).take_while(|(a, b)| a == b).count()
}

/// A value in short: the part of a long one in which it differs from the other.
fn shown(column: &str, value: &str, differs_at: usize) -> String {
    if names_secret(column) {
        return MASK.into();
    }
    let length = value.chars().count();
    // A line stays one line.
    let plain =
        |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    if length <= SHOWN {
        return value.chars().map(plain).collect();
    }
    let start = if differs_at + SHOWN / 4 < SHOWN { 0 } else { differs_at - SHOWN / 4 };
    let part: String = value.chars().skip(start).take(SHOWN).map(plain).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if start + SHOWN < length { "…" } else { "" };
    format!("{before}{part}{after} ({} characters)", HumanCount(length as u64))
}

/// A run as `schema/compare.schema.json` describes it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Comparison {
    pub(crate) tool: &'static str,
    pub(crate) version: &'static str,
    pub(crate) left: String,
    pub(crate) right: String,
    #[serde(rename = "exitStatus", serialize_with = "number")]
    pub(crate) status: Status,
    pub(crate) seconds: f64,
    /// Every table, in the order of layer and name.
    pub(crate) tables: Vec<TableReport>,
}

fn number<S: serde::Serializer>(status: &Status, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(status.code())
}

/// The status of a run with these tables.
pub(crate) fn status(tables: &[TableReport]) -> Status {
    let of = |table: &TableReport| match table.outcome {
        Outcome::Same => Status::Done,
        Outcome::Different | Outcome::Missing => Status::No,
        Outcome::Failed => Status::Bad,
        Outcome::Unfinished => Status::Unfinished,
    };
    tables.iter().map(of).max().unwrap_or(Status::Done)
}

impl Comparison {
    /// For a person.
    pub(crate) fn to_text(&self) -> String {
        let count = |number: u64| HumanCount(number).to_string();
        let rows = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), count);
        let line = |table: &TableReport| {
            let compared = table.left_rows.is_some();
            let found = |number: u64| rows(compared.then_some(number));
            vec![
                table.label(),
                table::word(&table.outcome),
                rows(table.left_rows),
                rows(table.right_rows),
                found(table.left_only),
                found(table.right_only),
                found(table.changed),
                table.key.join(", "),
            ]
        };
        let header = [
            "table",
            "result",
            "left rows",
            "right rows",
            "left only",
            "right only",
            "changed",
            "key",
        ];
        let lines: Vec<Vec<String>> = self.tables.iter().map(line).collect();
        let mut text = table::render(&header, &lines, &[2, 3, 4, 5, 6]);
        for table in &self.tables {
            let details = table.details();
            if !details.is_empty() {
                text.push_str(&format!("\n{}\n", table.label()));
                text.extend(details.iter().map(|line| format!("  {line}\n")));
            }
        }
        // A value may hold control sequences of a terminal.
        common::streams::harmless(&text)
    }
}

impl TableReport {
    fn details(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(why) = &self.why {
            let hint = why.hint_text().map_or_else(String::new, |hint| format!(" ({hint})"));
            lines.push(format!("{}{hint}", why.message()));
        }
        for column in &self.schema {
            let name = &column.column;
            lines.push(match (&column.left, &column.right) {
                (Some(left), Some(right)) => {
                    let values = if column.compared { "" } else { "; values not compared" };
                    format!("column {name}: {left} on the left, {right} on the right{values}")
                }
                (Some(ty), None) => format!("column {name}: only on the left ({ty})"),
                (None, Some(ty)) => format!("column {name}: only on the right ({ty})"),
                (None, None) => continue,
            });
        }
        for ColumnReport { column, rows, largest } in &self.columns {
            let rows = match rows {
                Some(1) => "1 row differs".to_owned(),
                Some(rows) => format!("{} rows differ", HumanCount(*rows)),
                None => "values differ".to_owned(),
            };
            let largest =
                largest.as_ref().map_or_else(String::new, |most| format!(", by at most {most}"));
            lines.push(format!("column {column}: {rows}{largest}"));
        }
        if self.outcome == Outcome::Different && self.duplicate_keys > 0 {
            lines.push(format!(
                "keys that several rows have: {}; these rows were counted as a multiset",
                HumanCount(self.duplicate_keys)
            ));
        }
        lines.extend(self.rows.iter().map(RowReport::line));
        lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        lines
    }
}

impl RowReport {
    fn line(&self) -> String {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "NULL".to_owned());
        let key: Vec<String> =
            self.key.iter().map(|part| format!("{}={}", part.column, value(&part.value))).collect();
        let times = if self.count > 1 { format!(", {} times", self.count) } else { String::new() };
        let changes: Vec<String> = self
            .values
            .iter()
            .map(|v| format!("{} {} | {}", v.column, value(&v.left), value(&v.right)))
            .collect();
        let rest = match self.kind {
            Kind::Changed => changes.join(", "),
            Kind::LeftOnly => format!("only on the left{times}"),
            Kind::RightOnly => format!("only on the right{times}"),
        };
        format!("{}: {rest}", key.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_where_they_differ() {
        let left = format!("{}a{}", "x".repeat(500), "y".repeat(500));
        let right = format!("{}b{}", "x".repeat(500), "y".repeat(500));
        let from = first_difference(Some(&left), Some(&right));
        let (left, right) = (shown("text", &left, from), shown("text", &right, from));
        assert_ne!(left, right);
        assert!(left.chars().count() < 110 && left.ends_with("(1,001 characters)"), "{left}");
        assert_eq!(shown("api_key", "canary", 0), MASK);
        assert_eq!(shown("text", "", 0), "");
    }

    #[test]
    fn differences_of_times_have_units() {
        assert_eq!(distance("1000", &DeltaType::TimestampNtz), "1000us");
        assert_eq!(distance("90061000001", &DeltaType::Timestamp), "1d 1h 1m 1s 1us");
        assert_eq!(distance("86400000000", &DeltaType::Date), "1d");
        assert_eq!(distance("0.01", &DeltaType::Double), "0.01");
    }
}
