//! `--partition-by` rules: `gold.fct_*=day,city`.

use std::str::FromStr;

use super::pattern::Pattern;
use crate::partition::split;

/// A rule of `--partition-by`: tables and their partition columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartitionRule {
    pub(crate) pattern: Pattern,
    /// None for no partitions, whatever the model says.
    pub(crate) columns: Vec<String>,
}

impl FromStr for PartitionRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((pattern, columns)) = text.split_once('=') else {
            return Err(format!("{text:?} has no columns; write TABLE=COLUMN,COLUMN"));
        };
        let Ok(parsed) = pattern.trim().parse::<Pattern>();
        if pattern.trim().is_empty() {
            return Err(format!("{text:?} names no table; write TABLE=COLUMN,COLUMN"));
        }
        Ok(Self { pattern: parsed, columns: split(columns) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        let rule: PartitionRule = "gold.fct_*=day, city".parse().unwrap();
        assert_eq!(rule.columns, ["day", "city"]);
        assert_eq!("gold.t=".parse::<PartitionRule>().unwrap().columns, [""; 0]);
        assert!("gold.t".parse::<PartitionRule>().is_err());
        assert!("=day".parse::<PartitionRule>().is_err());
    }
}
