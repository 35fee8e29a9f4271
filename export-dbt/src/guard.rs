//! Guards over a table's rows: how many may be missing, and how old the newest may be.

use std::str::FromStr;
use std::time::Duration;

use common::duration;
use duckdb::Connection;

use crate::catalog::Relation;
use crate::problem::{Advice, Problem};
use crate::query::ReadError;
use crate::source::{literal, quote};

/// The guards of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guards {
    pub(crate) max_shrink: Option<Share>,
    pub(crate) max_age: Vec<MaxAge>,
}

/// A share of a table's rows, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Share(f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.trim().strip_suffix('%').and_then(|number| number.trim().parse().ok());
        match number {
            Some(percent) if (0.0..=100.0).contains(&percent) => Ok(Self(percent / 100.0)),
            _ => Err(format!(
                "{text:?} is not a share; write a percentage from 0% to 100%, such as 20%"
            )),
        }
    }
}

/// A column and the age of its newest value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MaxAge {
    column: String,
    age: Duration,
}

impl FromStr for MaxAge {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((column, age)) if !column.trim().is_empty() => {
                Ok(Self { column: column.trim().to_owned(), age: duration::parse(age)? })
            }
            _ => Err(format!("{text:?} names no column and age; write it like updated_at=2d")),
        }
    }
}

/// Why a guard holds a table back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    #[error(
        "the table has {after} rows, and its last version has {before}: more than {limit} % fewer"
    )]
    Shrunk { before: u64, after: u64, limit: f64 },
    #[error(
        "the log does not say how many rows the last version has, so --max-shrink cannot be checked"
    )]
    Uncounted,
    #[error("the newest value of {column} is {newest}, more than {limit} ago")]
    Stale { column: String, newest: String, limit: String },
    #[error("{column} has no value, so the table is not known to be newer than {limit}")]
    Ageless { column: String, limit: String },
}

/// Why a guard does not let a table pass.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Checked {
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The table could not be looked at.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Problem for Unfit {
    fn advice(&self) -> Advice {
        match self {
            Self::Shrunk { .. } => {
                ("shrunk", "look at the model; if this is right, raise --max-shrink once")
            }
            Self::Uncounted => {
                ("uncounted", "check the table; if it is right, run once without --max-shrink")
            }
            Self::Stale { .. } | Self::Ageless { .. } => {
                ("stale", "look at the model's sources; if this is right, raise --max-age once")
            }
        }
    }
}

impl Guards {
    pub(crate) fn are_set(&self) -> bool {
        self.max_shrink.is_some() || !self.max_age.is_empty()
    }

    /// Whether few enough rows are gone.
    pub(crate) fn check_rows(&self, before: u64, after: u64) -> Result<(), Unfit> {
        let Some(Share(share)) = self.max_shrink else { return Ok(()) };
        let missing = before.saturating_sub(after);
        if missing as f64 > before as f64 * share {
            return Err(Unfit::Shrunk { before, after, limit: share * 100.0 });
        }
        Ok(())
    }

    /// Whether the newest value of each guarded column that the relation has is new enough.
    pub(crate) fn check_age(
        &self,
        connection: &Connection,
        relation: &Relation,
    ) -> Result<(), Checked> {
        for MaxAge { column, age } in &self.max_age {
            let failed = |error: duckdb::Error| ReadError::Engine(crate::failure::sentence(&error));
            let sql = format!(
                "SELECT count(*) FROM duckdb_columns() WHERE database_name = {} AND schema_name = {} \
                 AND table_name = {} AND lower(column_name) = lower({})",
                literal(&relation.database),
                literal(&relation.schema),
                literal(&relation.name),
                literal(column)
            );
            let has: i64 = connection.query_row(&sql, [], |row| row.get(0)).map_err(failed)?;
            if has == 0 {
                continue;
            }
            // As UTC, whatever the type: the session's time zone is UTC.
            let newest = format!("CAST(max({}) AS TIMESTAMP)", quote(column));
            let sql = format!(
                "SELECT CAST({newest} AS VARCHAR), epoch_ms({newest}) FROM {}",
                relation.sql_name()
            );
            let read = |row: &duckdb::Row| Ok((row.get(0)?, row.get(1)?));
            let (newest, millis): (Option<String>, Option<i64>) =
                connection.query_row(&sql, [], read).map_err(failed)?;
            let (column, limit) = (column.clone(), duration::show(*age).to_string());
            let (Some(newest), Some(millis)) = (newest, millis) else {
                return Err(Unfit::Ageless { column, limit }.into());
            };
            let old = i128::from(crate::calendar::now_millis()) - i128::from(millis);
            if old > age.as_millis() as i128 {
                return Err(Unfit::Stale { column, newest, limit }.into());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guards(share: &str) -> Guards {
        Guards { max_shrink: Some(share.parse().unwrap()), max_age: Vec::new() }
    }

    #[test]
    fn a_table_may_lose_its_share_and_no_more() {
        assert!(guards("20%").check_rows(100, 80).is_ok());
        assert!(guards("20%").check_rows(100, 79).is_err());
        assert!(guards("0%").check_rows(100, 100).is_ok());
        assert!(guards("0%").check_rows(100, 99).is_err());
        assert!(guards("20%").check_rows(0, 0).is_ok());
        assert!(guards("20%").check_rows(5, 500).is_ok());
        assert!(guards("99%").check_rows(5, 0).is_err());
        assert!(guards("100%").check_rows(5, 0).is_ok());
    }

    #[test]
    fn shares_and_ages() {
        for bad in ["20", "-1%", "101%", "x%", "", "nan%"] {
            assert!(bad.parse::<Share>().is_err(), "{bad}");
        }
        for bad in ["updated_at", "=2d", "updated_at=", "updated_at=2"] {
            assert!(bad.parse::<MaxAge>().is_err(), "{bad}");
        }
        let parsed: MaxAge = "updated_at=2d".parse().unwrap();
        assert_eq!(parsed.age, Duration::from_secs(2 * 86_400));
    }
}
