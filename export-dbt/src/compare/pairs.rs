//! The columns that are compared with each other, and the differences that show before a row is read.

use std::collections::BTreeSet;

use serde::Serialize;

use super::canonical;
use super::cli::Compare;
use super::error::CompareError;
use super::rules::{ColumnRule, KeyRule, Limit, ToleranceRule};
use super::table::{Column, Table};
use crate::catalog::Relation;
use crate::types::DeltaType;

/// A column of both tables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pair {
    pub(crate) name: String,
    /// The type in which the values are compared.
    pub(crate) ty: DeltaType,
    /// The SQL of the value on each side, and its type there.
    pub(crate) left: (String, DeltaType),
    pub(crate) right: (String, DeltaType),
    pub(crate) limit: Option<Limit>,
}

/// A column that is missing, or of another type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchemaDifference {
    pub(crate) column: String,
    /// The type on each side; none where the column is missing.
    pub(crate) left: Option<String>,
    pub(crate) right: Option<String>,
    /// Whether the values were compared all the same.
    pub(crate) compared: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Paired {
    pub(crate) pairs: Vec<Pair>,
    pub(crate) differences: Vec<SchemaDifference>,
    /// Losses on the way from a side, each with its column.
    pub(crate) notes: Vec<String>,
    /// Positions of the key's columns.
    pub(crate) key: Vec<usize>,
}

/// The rules of a run, and which of them named something.
#[derive(Debug)]
pub(crate) struct Rules<'a> {
    key: Vec<Used<'a, KeyRule>>,
    tolerance: Vec<Used<'a, ToleranceRule>>,
    ignored: Vec<Used<'a, ColumnRule>>,
    ignore_types: bool,
}

#[derive(Debug)]
struct Used<'a, R> {
    rule: &'a R,
    is_used: bool,
}

fn unused<R>(rules: &[R]) -> Vec<Used<'_, R>> {
    rules.iter().map(|rule| Used { rule, is_used: false }).collect()
}

/// The rules that apply, which count as used from now on.
fn using<'a, R>(rules: &mut [Used<'a, R>], applies: impl Fn(&R) -> bool) -> Vec<&'a R> {
    let mut found = Vec::new();
    for used in rules.iter_mut().filter(|used| applies(used.rule)) {
        used.is_used = true;
        found.push(used.rule);
    }
    found
}

impl<'a> Rules<'a> {
    /// The rules of a command line.
    pub(crate) fn new(cli: &'a Compare) -> Self {
        Self {
            key: unused(&cli.key),
            tolerance: unused(&cli.tolerance),
            ignored: unused(&cli.ignored),
            ignore_types: cli.ignore_types,
        }
    }

    /// The options that named no column of any table.
    pub(crate) fn unused(&self) -> Vec<String> {
        let key = self.key.iter().map(|used| (used.is_used, format!("--key {}", used.rule)));
        let tolerance = self.tolerance.iter();
        let tolerance =
            tolerance.map(|used| (used.is_used, format!("--tolerance {}", used.rule.column)));
        let ignored = self.ignored.iter();
        let ignored = ignored.map(|used| (used.is_used, format!("--ignore-column {}", used.rule)));
        let all = key.chain(tolerance).chain(ignored);
        all.filter(|(is_used, _)| !is_used).map(|(_, option)| option).collect()
    }

    fn is_ignored(&mut self, relation: &Relation, column: &str) -> bool {
        !using(&mut self.ignored, |rule| rule.names(relation, column)).is_empty()
    }

    fn limit(&mut self, relation: &Relation, column: &str) -> Option<Limit> {
        let rules = using(&mut self.tolerance, |rule| rule.column.names(relation, column));
        rules.last().map(|rule| rule.limit)
    }

    /// The columns of the key: those of an option, or those of the manifest.
    fn key(
        &mut self,
        relation: &Relation,
        pairs: &[Pair],
        unique: &[String],
    ) -> Result<Vec<usize>, CompareError> {
        let place = |name: &String| pairs.iter().position(|p| p.name.eq_ignore_ascii_case(name));
        let named = |rule: &KeyRule| match &rule.table {
            Some(table) => table.matches(relation),
            None => rule.columns.iter().all(|name| place(name).is_some()),
        };
        // A rule with a table says more than one without.
        let mut rules = using(&mut self.key, named);
        rules.sort_by_key(|rule| rule.table.is_some());
        if let Some(rule) = rules.last() {
            let found = |name: &String| place(name).ok_or_else(|| CompareError::Key(name.clone()));
            return rule.columns.iter().map(found).collect();
        }
        Ok(unique.iter().map(place).collect::<Option<_>>().unwrap_or_default())
    }
}

/// Finds the columns of both tables; `unique` are those of the manifest's key.
pub(crate) fn pair(
    relation: &Relation,
    left: &Table,
    right: &Table,
    rules: &mut Rules<'_>,
    unique: &[String],
) -> Result<Paired, CompareError> {
    let mut paired = Paired::default();
    for column in &left.columns {
        if rules.is_ignored(relation, &column.name) {
            continue;
        }
        let same = |other: &&Column| other.name.eq_ignore_ascii_case(&column.name);
        match right.columns.iter().find(same) {
            Some(other) => paired.add(relation, column, other, rules)?,
            None => paired.missing(column, true),
        }
    }
    for column in &right.columns {
        let same = |other: &Column| other.name.eq_ignore_ascii_case(&column.name);
        if !left.columns.iter().any(same) && !rules.is_ignored(relation, &column.name) {
            paired.missing(column, false);
        }
    }
    if paired.pairs.is_empty() {
        return Err(CompareError::NoColumns);
    }
    paired.key = rules.key(relation, &paired.pairs, unique)?;
    let tolerant = paired.pairs.iter().any(|pair| pair.limit.is_some());
    if tolerant && paired.key.is_empty() {
        return Err(CompareError::NoKey);
    }
    Ok(paired)
}

impl Paired {
    fn missing(&mut self, column: &Column, on_left: bool) {
        let ty = Some(column.ty.as_ref().map_or_else(Clone::clone, DeltaType::shown));
        let (left, right) = if on_left { (ty, None) } else { (None, ty) };
        let column = column.name.clone();
        self.differences.push(SchemaDifference { column, left, right, compared: false });
    }

    fn add(
        &mut self,
        relation: &Relation,
        left: &Column,
        right: &Column,
        rules: &mut Rules<'_>,
    ) -> Result<(), CompareError> {
        let name = &left.name;
        let (a, b) = match (&left.ty, &right.ty) {
            (Ok(a), Ok(b)) => (a, b),
            (Err(ty), _) | (_, Err(ty)) => {
                let message = format!(
                    "column {name:?} is {ty}, whose values cannot be compared (--ignore-column {name})"
                );
                return Err(CompareError::Unsupported(message));
            }
        };
        let ty = canonical::common(a, b);
        let is_same = shape(a) == shape(b);
        if ty.is_none() || (!is_same && !rules.ignore_types) {
            self.differences.push(SchemaDifference {
                column: name.clone(),
                left: Some(a.shown()),
                right: Some(b.shown()),
                compared: ty.is_some(),
            });
        }
        let Some(ty) = ty else { return Ok(()) };
        for note in [left.note, right.note].into_iter().flatten() {
            self.notes.push(format!("column {name:?}: {note}"));
        }
        let limit = rules.limit(relation, name);
        if limit.is_some_and(|limit| !fits(&limit, &ty)) {
            return Err(CompareError::Tolerance { column: name.clone(), ty: ty.shown() });
        }
        self.pairs.push(Pair {
            name: name.clone(),
            ty,
            left: (left.value.clone(), a.clone()),
            right: (right.value.clone(), b.clone()),
            limit,
        });
        Ok(())
    }
}

/// A type without the capitals and the order of its members, which engines change.
fn shape(ty: &DeltaType) -> String {
    match ty {
        DeltaType::Array(element) => format!("array<{}>", shape(element)),
        DeltaType::Map(key, value) => format!("map<{}, {}>", shape(key), shape(value)),
        DeltaType::Struct(fields) => {
            let members: BTreeSet<String> = fields
                .iter()
                .map(|field| format!("{}: {}", field.name.to_lowercase(), shape(&field.ty)))
                .collect();
            format!("struct<{members:?}>")
        }
        plain => plain.shown(),
    }
}

fn fits(limit: &Limit, ty: &DeltaType) -> bool {
    use DeltaType::{
        Byte, Date, Decimal, Double, Float, Integer, Long, Short, Timestamp, TimestampNtz,
    };
    match limit {
        Limit::Time(_) => matches!(ty, Date | Timestamp | TimestampNtz),
        Limit::Absolute(_) | Limit::Relative(_) => {
            matches!(ty, Byte | Short | Integer | Long | Float | Double | Decimal(..))
        }
    }
}
