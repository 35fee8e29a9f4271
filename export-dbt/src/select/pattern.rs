//! `--table` and `--exclude` patterns: `fact_*`, or `gold.fact_*`.

use std::str::FromStr;

use wildmatch::WildMatch;

use crate::catalog::Relation;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl FromStr for Pattern {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_lowercase()))
    }
}

impl Pattern {
    /// Whether it stands for any number of names.
    pub(super) fn is_glob(&self) -> bool {
        self.0.contains(['*', '?'])
    }

    /// Whether the pattern names the relation, by its name or with its layer or schema before it. Case does not
    /// matter, as in DuckDB.
    pub(crate) fn matches(&self, relation: &Relation) -> bool {
        let pattern = WildMatch::new(&self.0);
        let matches = |name: String| pattern.matches(&name.to_lowercase());
        matches(relation.name.clone())
            || matches(relation.label())
            || matches(format!("{}.{}", relation.schema, relation.name))
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let relation = Relation {
            database: "d".into(),
            schema: "main_gold".into(),
            layer: "gold".into(),
            name: "Fact_trips".into(),
            is_view: false,
            comment: None,
            estimated_rows: 0,
        };
        let matches = |pattern: &str| pattern.parse::<Pattern>().unwrap().matches(&relation);
        for good in ["fact_*", "gold.fact_*", "main_gold.*", "*", "FACT_TRIPS"] {
            assert!(matches(good), "{good}");
        }
        for bad in ["fact", "silver.*", "dim_*"] {
            assert!(!matches(bad), "{bad}");
        }
    }
}
