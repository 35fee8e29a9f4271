//! Rules about columns: `--key`, `--tolerance`, `--ignore-column`.

use std::str::FromStr;

use common::duration;
use wildmatch::WildMatch;

use crate::catalog::Relation;
use crate::select::Pattern;

/// `[TABLE.]COLUMN`, each with wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnRule {
    text: String,
    table: Option<Pattern>,
    column: String,
}

impl FromStr for ColumnRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (table, column) = match text.rsplit_once('.') {
            Some((table, column)) => (Some(table), column),
            None => (None, text),
        };
        if column.is_empty() || table == Some("") {
            return Err(format!("{text:?} is no column; write COLUMN or TABLE.COLUMN"));
        }
        let table = table.and_then(|table| table.parse().ok());
        Ok(Self { text: text.to_owned(), table, column: column.to_lowercase() })
    }
}

impl ColumnRule {
    /// Whether the rule names this column.
    pub(crate) fn names(&self, relation: &Relation, column: &str) -> bool {
        self.table.as_ref().is_none_or(|table| table.matches(relation))
            && WildMatch::new(&self.column).matches(&column.to_lowercase())
    }
}

impl std::fmt::Display for ColumnRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// How far two values may differ and still be equal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Limit {
    /// A number.
    Absolute(f64),
    /// A share of the larger value.
    Relative(f64),
    /// Microseconds.
    Time(i64),
}

/// `[TABLE.]COLUMN=LIMIT`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToleranceRule {
    pub(crate) column: ColumnRule,
    pub(crate) limit: Limit,
}

impl FromStr for ToleranceRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || {
            format!(
                "{text:?} is no tolerance; write COLUMN=0.01, COLUMN=1e-9, COLUMN=0.1% or COLUMN=1ms"
            )
        };
        let (column, limit) = text.rsplit_once('=').ok_or_else(bad)?;
        let (column, limit) = (column.parse()?, limit.trim());
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let limit = if let Some(share) = limit.strip_suffix('%') {
            number(share).map(|share| Limit::Relative(share / 100.0))
        } else if let Some(limit) = number(limit) {
            Some(Limit::Absolute(limit))
        } else {
            let time = duration::parse(limit).ok();
            time.and_then(|time| i64::try_from(time.as_micros()).ok()).map(Limit::Time)
        };
        let is_limit = |limit: &Limit| match limit {
            Limit::Absolute(limit) | Limit::Relative(limit) => limit.is_finite() && *limit >= 0.0,
            Limit::Time(_) => true,
        };
        let limit = limit.filter(is_limit).ok_or_else(bad)?;
        Ok(Self { column, limit })
    }
}

/// `[TABLE=]COLUMN[,COLUMN]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRule {
    text: String,
    /// The tables whose key it is; without it, of all that have the columns.
    pub(crate) table: Option<Pattern>,
    pub(crate) columns: Vec<String>,
}

impl FromStr for KeyRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (table, columns) = match text.split_once('=') {
            Some((table, columns)) => (Some(table.trim()), columns),
            None => (None, text),
        };
        let columns: Vec<String> = columns.split(',').map(|name| name.trim().to_owned()).collect();
        if table == Some("") || columns.iter().any(String::is_empty) {
            return Err(format!("{text:?} is no key; write COLUMN, COLUMN,COLUMN or TABLE=COLUMN"));
        }
        let table = table.and_then(|table| table.parse().ok());
        Ok(Self { text: text.to_owned(), table, columns })
    }
}

impl std::fmt::Display for KeyRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_absolute_relative_or_a_time() {
        let limit = |text: &str| text.parse::<ToleranceRule>().map(|rule| rule.limit);
        assert_eq!(limit("fare=0.01"), Ok(Limit::Absolute(0.01)));
        assert_eq!(limit("gold.*.fare=1e-9"), Ok(Limit::Absolute(1e-9)));
        assert_eq!(limit("fare=0.5%"), Ok(Limit::Relative(0.005)));
        assert_eq!(limit("at=1ms"), Ok(Limit::Time(1000)));
        for bad in ["fare", "fare=", "fare=x", "=1", "fare=-1", "fare=nan", "fare=inf", "fare=-1%"]
        {
            assert!(limit(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_may_name_tables() {
        let key: KeyRule = "gold.fct_*=a, b".parse().unwrap();
        assert_eq!(key.columns, ["a", "b"]);
        assert!(key.table.is_some());
        assert!("a,".parse::<KeyRule>().is_err());
        assert!("=a".parse::<KeyRule>().is_err());
    }
}
