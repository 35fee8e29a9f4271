//! Finds the rows that differ, in bounded memory: hashes of ranges of keys first, then the rows of the ranges that
//! differ.

use duckdb::{Connection, Row};
use serde::Serialize;

use super::canonical::{canonical, row_hash};
use super::error::CompareError;
use super::pairs::Pair;
use super::rules::Limit;
use crate::source::quote;
use crate::types::DeltaType;

/// Ranges of keys, by their hash.
const RANGES: u32 = 4096;

/// Two tables, ready to be compared.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// The SQL behind `FROM` on each side.
    pub(crate) left: String,
    pub(crate) right: String,
    pub(crate) pairs: Vec<Pair>,
    /// Positions of the key's columns; empty without a key.
    pub(crate) key: Vec<usize>,
    /// Rows to show of each kind.
    pub(crate) shown: u32,
}

/// The result of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) left_rows: u64,
    pub(crate) right_rows: u64,
    pub(crate) left_only: u64,
    pub(crate) right_only: u64,
    /// Rows on both sides with other values; none without a key.
    pub(crate) changed: u64,
    /// Keys that several rows of a side have.
    pub(crate) duplicates: u64,
    pub(crate) columns: Vec<Differing>,
    pub(crate) examples: Vec<Example>,
}

/// A column that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Differing {
    /// Its position among the pairs.
    pub(crate) position: usize,
    /// Rows; none without a key.
    pub(crate) rows: Option<u64>,
    /// The largest difference of numbers, or of times in microseconds.
    pub(crate) largest: Option<String>,
}

/// The kind of a row that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Changed,
    LeftOnly,
    RightOnly,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Example {
    pub(crate) kind: Kind,
    /// How many more of these rows the side has.
    pub(crate) count: u64,
    /// Positions of pairs, with the values on both sides.
    pub(crate) values: Vec<(usize, Option<String>, Option<String>)>,
}

impl Found {
    /// Whether no row differs.
    pub(crate) fn is_same(&self) -> bool {
        self.left_only + self.right_only + self.changed == 0
    }
}

/// Compares the rows of both tables.
pub(crate) fn compare(connection: &Connection, question: &Question) -> Result<Found, CompareError> {
    let differ = Differ { connection, question };
    differ.prepare()?;
    let mut found = Found::default();
    let is_same = differ.ranges(&mut found)?;
    if !is_same && question.key.is_empty() {
        differ.multisets(&mut found)?;
    } else if !is_same {
        differ.by_key(&mut found)?;
    }
    Ok(found)
}

struct Differ<'a> {
    connection: &'a Connection,
    question: &'a Question,
}

impl Differ<'_> {
    fn run(&self, sql: &str) -> Result<(), CompareError> {
        Ok(self.connection.execute_batch(sql)?)
    }

    fn rows<T>(
        &self,
        sql: &str,
        read: impl FnMut(&Row<'_>) -> duckdb::Result<T>,
    ) -> Result<Vec<T>, CompareError> {
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], read)?;
        Ok(rows.collect::<duckdb::Result<_>>()?)
    }

    fn names(&self) -> impl Iterator<Item = String> + use<> {
        (0..self.question.pairs.len()).map(|position| format!("c{position}"))
    }

    fn key(&self) -> Vec<String> {
        self.question.key.iter().map(|position| format!("c{position}")).collect()
    }

    fn hash(&self) -> String {
        row_hash(self.names().zip(self.question.pairs.iter().map(|pair| &pair.ty)))
    }

    /// The hash that says which range a row is in.
    fn range(&self) -> String {
        let key = self.question.key.iter();
        let columns = key.map(|at| (format!("c{at}"), &self.question.pairs[*at].ty));
        let hash = if self.question.key.is_empty() { self.hash() } else { row_hash(columns) };
        format!("({hash} % {RANGES})")
    }

    /// Both tables in one form.
    fn prepare(&self) -> Result<(), CompareError> {
        let Question { left, right, pairs, .. } = self.question;
        let view = |name: &str, source: &str, value: &dyn Fn(&Pair) -> String| {
            let column =
                |(position, pair): (usize, &Pair)| format!("{} AS c{position}", value(pair));
            let columns: Vec<String> = pairs.iter().enumerate().map(column).collect();
            let columns = columns.join(", ");
            self.run(&format!(
                "CREATE OR REPLACE TEMP VIEW {name} AS SELECT {columns} FROM {source}"
            ))
        };
        view("left_side", left, &|pair| canonical(&pair.left.0, &pair.left.1, &pair.ty))?;
        view("right_side", right, &|pair| canonical(&pair.right.0, &pair.right.1, &pair.ty))
    }

    /// Counts both sides, and finds the ranges that differ; whether there is none.
    fn ranges(&self, found: &mut Found) -> Result<bool, CompareError> {
        let (range, hash) = (self.range(), self.hash());
        for side in ["left", "right"] {
            self.run(&format!(
                "CREATE OR REPLACE TEMP TABLE {side}_ranges AS SELECT range, count(*) AS n, sum(hash) AS hashes \
                 FROM (SELECT {range} AS range, {hash} AS hash FROM {side}_side) GROUP BY range"
            ))?;
        }
        let count = |side: &str| -> Result<u64, CompareError> {
            let sql = format!("SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM {side}_ranges");
            Ok(self.connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?.max(0) as u64)
        };
        (found.left_rows, found.right_rows) = (count("left")?, count("right")?);
        self.run(
            "CREATE OR REPLACE TEMP TABLE differing AS SELECT coalesce(l.range, r.range) AS range \
             FROM left_ranges l FULL JOIN right_ranges r ON l.range = r.range \
             WHERE l.n IS DISTINCT FROM r.n OR l.hashes IS DISTINCT FROM r.hashes",
        )?;
        let differing: i64 =
            self.connection.query_row("SELECT count(*) FROM differing", [], |row| row.get(0))?;
        Ok(differing == 0)
    }

    /// The rows of the ranges that differ.
    fn part(&self, side: &str) -> String {
        let range = self.range();
        format!("(SELECT * FROM {side}_side WHERE {range} IN (SELECT range FROM differing))")
    }

    /// Counts rows without a key: how often each is on either side.
    fn multisets(&self, found: &mut Found) -> Result<(), CompareError> {
        let hash = self.hash();
        self.unequal(&format!(
            "SELECT {hash} AS hash, 1 AS n FROM {} UNION ALL SELECT {hash}, -1 FROM {}",
            self.part("left"),
            self.part("right")
        ))?;
        (found.left_only, found.right_only) = self.surplus()?;
        if found.left_rows == found.right_rows {
            found.columns = self.unpaired_columns()?;
        }
        self.examples_of_surplus(found, "true")
    }

    /// The columns whose values differ as multisets, of tables with as many rows.
    fn unpaired_columns(&self) -> Result<Vec<Differing>, CompareError> {
        let sums: Vec<String> = self
            .names()
            .zip(&self.question.pairs)
            .map(|(name, pair)| format!("sum({})", row_hash(std::iter::once((name, &pair.ty)))))
            .collect();
        let side = |side: &str| format!("(SELECT [{}] AS sums FROM {side}_side)", sums.join(", "));
        let sql = format!(
            "SELECT unnest(list_transform(list_zip(l.sums, r.sums), lambda x: x[1] IS DISTINCT FROM x[2])) FROM {} l, {} r",
            side("left"),
            side("right")
        );
        let differs = self.rows(&sql, |row| row.get::<_, bool>(0))?;
        let columns = differs.iter().enumerate().filter(|(_, differs)| **differs);
        Ok(columns.map(|(position, _)| Differing { position, rows: None, largest: None }).collect())
    }

    /// The rows whose number differs, by their hash.
    fn unequal(&self, rows: &str) -> Result<(), CompareError> {
        self.run(&format!(
            "CREATE OR REPLACE TEMP TABLE unequal AS SELECT hash, CAST(sum(n) AS BIGINT) AS n \
             FROM ({rows}) GROUP BY hash HAVING sum(n) <> 0"
        ))
    }

    fn surplus(&self) -> Result<(u64, u64), CompareError> {
        let sql = "SELECT CAST(coalesce(sum(n) FILTER (WHERE n > 0), 0) AS BIGINT), \
                   CAST(coalesce(-sum(n) FILTER (WHERE n < 0), 0) AS BIGINT) FROM unequal";
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64));
        Ok(self.connection.query_row(sql, [], read)?)
    }

    /// Rows that a side has more of, whole. They are chosen by their hash, so that copies of a row, which may be many,
    /// are looked at for the chosen rows alone.
    fn examples_of_surplus(&self, found: &mut Found, condition: &str) -> Result<(), CompareError> {
        let hash = self.hash();
        let names: Vec<String> = self.names().collect();
        let texts: Vec<String> =
            names.iter().map(|name| format!("CAST({name} AS VARCHAR)")).collect();
        let (texts, columns) = (texts.join(", "), names.join(", "));
        for (side, kind, sign) in [("left", Kind::LeftOnly, ">"), ("right", Kind::RightOnly, "<")] {
            let shown = found.examples.iter().filter(|example| example.kind == kind).count();
            let sql = format!(
                "SELECT times, {texts} FROM (SELECT DISTINCT times, {columns} \
                 FROM (SELECT *, {hash} AS hash FROM {} WHERE {condition}) s \
                 JOIN (SELECT hash, abs(n) AS times FROM unequal WHERE n {sign} 0 ORDER BY hash LIMIT {}) u \
                 ON u.hash = s.hash) ORDER BY {columns}",
                self.part(side),
                (self.question.shown as usize).saturating_sub(shown)
            );
            let read = |row: &Row<'_>| {
                let mut values = Vec::with_capacity(names.len());
                for position in 0..names.len() {
                    let value: Option<String> = row.get(position + 1)?;
                    values.push(match kind {
                        Kind::RightOnly => (position, None, value),
                        _ => (position, value, None),
                    });
                }
                Ok(Example { kind, count: row.get::<_, i64>(0)?.max(0) as u64, values })
            };
            found.examples.extend(self.rows(&sql, read)?);
        }
        Ok(())
    }

    /// Pairs rows by the key. Rows whose key is not theirs alone are counted as a multiset.
    fn by_key(&self, found: &mut Found) -> Result<(), CompareError> {
        let key = self.key().join(", ");
        let twice = |side: &str| {
            format!("SELECT {key} FROM {} GROUP BY {key} HAVING count(*) > 1", self.part(side))
        };
        self.run(&format!(
            "CREATE OR REPLACE TEMP TABLE twice AS {} UNION {}",
            twice("left"),
            twice("right")
        ))?;
        let duplicates: i64 =
            self.connection.query_row("SELECT count(*) FROM twice", [], |row| row.get(0))?;
        found.duplicates = duplicates.max(0) as u64;
        self.paired(found)?;
        if found.duplicates > 0 {
            let hash = self.hash();
            let part = |side: &str| format!("{} s WHERE {}", self.part(side), self.is_twice("s"));
            self.unequal(&format!(
                "SELECT {hash} AS hash, 1 AS n FROM {} UNION ALL SELECT {hash}, -1 FROM {}",
                part("left"),
                part("right")
            ))?;
            let (left, right) = self.surplus()?;
            found.left_only += left;
            found.right_only += right;
            self.examples_of_surplus(found, &self.is_twice_of_columns())?;
        }
        Ok(())
    }

    fn is_twice(&self, alias: &str) -> String {
        let same: Vec<String> = self
            .key()
            .iter()
            .map(|name| format!("twice.{name} IS NOT DISTINCT FROM {alias}.{name}"))
            .collect();
        format!("EXISTS (SELECT 1 FROM twice WHERE {})", same.join(" AND "))
    }

    /// As [`Differ::is_twice`], by the key's hash, where the columns have no alias.
    fn is_twice_of_columns(&self) -> String {
        let key = self.question.key.iter();
        let columns = key.map(|at| (format!("c{at}"), &self.question.pairs[*at].ty));
        let hash = row_hash(columns);
        format!("{hash} IN (SELECT {hash} FROM twice)")
    }

    /// Rows whose key is theirs alone, side by side.
    fn joined(&self, found: &Found) -> String {
        let part = |side: &str| {
            let rows = format!("(SELECT *, 1 AS there FROM {} s", self.part(side));
            match found.duplicates {
                0 => format!("{rows})"),
                _ => format!("{rows} WHERE NOT {})", self.is_twice("s")),
            }
        };
        let same: Vec<String> = self
            .key()
            .iter()
            .map(|name| format!("l.{name} IS NOT DISTINCT FROM r.{name}"))
            .collect();
        format!("{} l FULL JOIN {} r ON {}", part("left"), part("right"), same.join(" AND "))
    }

    fn paired(&self, found: &mut Found) -> Result<(), CompareError> {
        let joined = self.joined(found);
        let values: Vec<usize> =
            (0..self.question.pairs.len()).filter(|at| !self.question.key.contains(at)).collect();
        let differs: Vec<String> = values.iter().map(|at| self.differs(*at)).collect();
        let both = "l.there = 1 AND r.there = 1";
        let any = match differs.is_empty() {
            true => "false".to_owned(),
            false => format!("({})", differs.join(" OR ")),
        };
        let mut wanted = vec![
            "count(*) FILTER (WHERE r.there IS NULL)".to_owned(),
            "count(*) FILTER (WHERE l.there IS NULL)".to_owned(),
            format!("count(*) FILTER (WHERE {both} AND {any})"),
        ];
        for (at, differs) in values.iter().zip(&differs) {
            let condition = format!("FILTER (WHERE {both} AND {differs})");
            wanted.push(format!("count(*) {condition}"));
            wanted.push(match self.distance(*at) {
                Some(distance) => format!("CAST(max({distance}) {condition} AS VARCHAR)"),
                None => "NULL::VARCHAR".into(),
            });
        }
        let sql = format!("SELECT {} FROM {joined}", wanted.join(", "));
        let read = |row: &Row<'_>| {
            let number = |at: usize| row.get::<_, i64>(at).map(|number| number.max(0) as u64);
            let mut columns = Vec::new();
            for (index, position) in values.iter().enumerate() {
                let rows = number(3 + 2 * index)?;
                let largest = row.get(4 + 2 * index)?;
                if rows > 0 {
                    columns.push(Differing { position: *position, rows: Some(rows), largest });
                }
            }
            Ok((number(0)?, number(1)?, number(2)?, columns))
        };
        (found.left_only, found.right_only, found.changed, found.columns) =
            self.connection.query_row(&sql, [], read)?;
        for (kind, count, condition) in [
            (Kind::Changed, found.changed, format!("{both} AND {any}")),
            (Kind::LeftOnly, found.left_only, "r.there IS NULL".to_owned()),
            (Kind::RightOnly, found.right_only, "l.there IS NULL".to_owned()),
        ] {
            if count > 0 {
                let rows = self.examples(kind, &joined, &condition, &values)?;
                found.examples.extend(rows);
            }
        }
        Ok(())
    }

    fn examples(
        &self,
        kind: Kind,
        joined: &str,
        condition: &str,
        values: &[usize],
    ) -> Result<Vec<Example>, CompareError> {
        let key: Vec<String> =
            self.key().iter().map(|name| format!("coalesce(l.{name}, r.{name})")).collect();
        let mut wanted: Vec<String> =
            key.iter().map(|value| format!("CAST({value} AS VARCHAR)")).collect();
        let shown = if kind == Kind::Changed { values } else { &[] };
        for at in shown {
            let differs = self.differs(*at);
            wanted.push(differs.clone());
            for side in ["l", "r"] {
                wanted.push(format!("CASE WHEN {differs} THEN CAST({side}.c{at} AS VARCHAR) END"));
            }
        }
        let sql = format!(
            "SELECT {} FROM {joined} WHERE {condition} ORDER BY {} LIMIT {}",
            wanted.join(", "),
            key.join(", "),
            self.question.shown
        );
        let read = |row: &Row<'_>| {
            let mut found = Vec::new();
            for (index, position) in self.question.key.iter().enumerate() {
                let value: Option<String> = row.get(index)?;
                found.push((*position, value.clone(), value));
            }
            for (index, position) in shown.iter().enumerate() {
                let first = key.len() + 3 * index;
                if row.get::<_, Option<bool>>(first)? == Some(true) {
                    found.push((*position, row.get(first + 1)?, row.get(first + 2)?));
                }
            }
            Ok(Example { kind, count: 1, values: found })
        };
        self.rows(&sql, read)
    }

    /// The SQL of whether a column differs between `l` and `r`.
    fn differs(&self, at: usize) -> String {
        let differs = format!("l.c{at} IS DISTINCT FROM r.c{at}");
        let within = match (self.question.pairs[at].limit, self.distance(at)) {
            (Some(Limit::Absolute(limit)), Some(distance)) => format!("{distance} <= {limit:e}"),
            (Some(Limit::Time(limit)), Some(distance)) => format!("{distance} <= {limit}"),
            (Some(Limit::Relative(share)), Some(distance)) => format!(
                "{distance} <= {share:e} * greatest(abs(CAST(l.c{at} AS DOUBLE)), abs(CAST(r.c{at} AS DOUBLE)))"
            ),
            _ => return format!("({differs})"),
        };
        format!("({differs} AND NOT coalesce({within}, false))")
    }

    /// The SQL of how far two values are apart, where that is a number.
    fn distance(&self, at: usize) -> Option<String> {
        let (l, r) = (format!("l.c{at}"), format!("r.c{at}"));
        let finite = |distance: String| {
            format!("CASE WHEN isfinite({l}) AND isfinite({r}) THEN {distance} END")
        };
        let typed = |ty: &str| format!("abs(CAST({l} AS {ty}) - CAST({r} AS {ty}))");
        Some(match &self.question.pairs[at].ty {
            DeltaType::Byte | DeltaType::Short | DeltaType::Integer | DeltaType::Long => {
                typed("HUGEINT")
            }
            // A difference of two numbers of 38 digits may have 39.
            DeltaType::Decimal(38, _) => {
                format!("coalesce(CAST(TRY(abs({l} - {r})) AS DOUBLE), {})", typed("DOUBLE"))
            }
            DeltaType::Decimal(_, scale) => typed(&format!("DECIMAL(38,{scale})")),
            DeltaType::Float | DeltaType::Double => finite(typed("DOUBLE")),
            DeltaType::Date => finite(format!("abs({l} - {r}) * 86400000000")),
            DeltaType::Timestamp | DeltaType::TimestampNtz => {
                finite(format!("abs(epoch_us({l}) - epoch_us({r}))"))
            }
            _ => return None,
        })
    }
}

/// Takes the rows of a comparison out of memory.
pub(crate) fn clear(connection: &Connection) -> Result<(), CompareError> {
    for side in ["left", "right"] {
        connection.execute_batch(&format!("DROP VIEW IF EXISTS temp.{side}_side"))?;
        for table in ["rows", "partitions", "deleted", "ranges"] {
            let name = quote(&format!("{side}_{table}"));
            connection.execute_batch(&format!("DROP TABLE IF EXISTS temp.{name}"))?;
        }
    }
    for table in ["differing", "unequal", "twice"] {
        connection.execute_batch(&format!("DROP TABLE IF EXISTS temp.{table}"))?;
    }
    Ok(())
}
