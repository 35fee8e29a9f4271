//! Which relations a run is about: `--table`, `--exclude`, `--select` and `--shard`.

use std::str::FromStr;

use wildmatch::WildMatch;

use crate::catalog::Relation;
use crate::manifest::Node;

/// A `--table` or `--exclude` pattern: `fact_*`, or `gold.fact_*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl FromStr for Pattern {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_lowercase()))
    }
}

impl Pattern {
    /// Whether the pattern names the relation. Case does not matter, as in DuckDB.
    pub(crate) fn matches(&self, relation: &Relation) -> bool {
        let name = if self.0.contains('.') { relation.label() } else { relation.name.clone() };
        WildMatch::new(&self.0).matches(&name.to_lowercase())
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One `--select`: terms that must all hold, as in dbt `tag:gold,path:models/gold`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Tag(String),
    Path(String),
    Name(String),
}

impl FromStr for Selector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let terms = text.split(',').map(parse_term).collect::<Result<_, _>>()?;
        Ok(Self { terms })
    }
}

fn parse_term(text: &str) -> Result<Term, String> {
    let text = text.trim();
    if text.is_empty() || text.contains(['+', '@']) {
        return Err(format!(
            "{text:?} is not a selector; known are tag:NAME, path:FOLDER and a model's name, joined with commas (graph operators are not)"
        ));
    }
    match text.split_once(':') {
        None => Ok(Term::Name(text.to_string())),
        Some(("tag", tag)) => Ok(Term::Tag(tag.to_string())),
        Some(("path", path)) => {
            Ok(Term::Path(path.trim_start_matches("./").trim_end_matches('/').to_string()))
        }
        Some((method, _)) => {
            Err(format!("unknown selector method {method:?}; known are tag and path"))
        }
    }
}

impl Selector {
    /// Whether the model is selected.
    pub(crate) fn matches(&self, node: &Node) -> bool {
        self.terms.iter().all(|term| match term {
            Term::Tag(tag) => node.has_tag(tag),
            Term::Name(name) => WildMatch::new(name).matches(&node.name),
            Term::Path(path) => {
                let file = &node.original_file_path;
                let within = file.strip_prefix(path.as_str());
                within.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    || WildMatch::new(path).matches(file)
            }
        })
    }
}

/// A share of the tables: the `index`th of `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    index: u64,
    count: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.split_once('/').and_then(|(index, count)| {
            Some((index.trim().parse().ok()?, count.trim().parse().ok()?))
        });
        match parsed {
            Some((index, count)) if index < count => Ok(Self { index, count }),
            _ => Err(format!("{text:?} is not a shard; write 0/4 to 3/4 for the four shares")),
        }
    }
}

impl Shard {
    /// Whether the relation is in this share. Depends on its name alone, so that adding a table
    /// moves no other.
    pub(crate) fn contains(&self, layer: &str, table: &str) -> bool {
        // FNV-1a, 64 bits: the same in every version of every toolchain.
        let label = format!("{layer}.{table}");
        let hash = label.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        // Names that differ in their last letter differ in few bits of FNV; these spread them.
        let spread = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (spread >> 32) % self.count == self.index
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn relation(layer: &str, name: &str) -> Relation {
        Relation {
            layer: layer.into(),
            name: name.into(),
            is_view: false,
            comment: None,
            estimated_rows: 0,
        }
    }

    #[test]
    fn patterns() {
        let matches = |pattern: &str| {
            pattern.parse::<Pattern>().unwrap().matches(&relation("gold", "Fact_trips"))
        };
        assert!(
            matches("fact_*") && matches("gold.fact_*") && matches("*") && matches("FACT_TRIPS")
        );
        assert!(!matches("fact") && !matches("silver.*") && !matches("dim_*"));
    }

    #[test]
    fn selectors() {
        let node = Node::for_test(json!({
            "resource_type": "model", "name": "fact_trips", "tags": ["gold"],
            "original_file_path": "models/gold/facts/fact_trips.sql",
        }));
        let matches = |selector: &str| selector.parse::<Selector>().unwrap().matches(&node);
        assert!(
            matches("tag:gold") && matches("path:models/gold") && matches("path:./models/gold/")
        );
        assert!(matches("tag:gold,fact_*") && matches("path:models/*/facts/*"));
        assert!(!matches("tag:silver") && !matches("path:models/go") && !matches("tag:gold,dim_*"));
        assert!("+fact_trips".parse::<Selector>().is_err());
        assert!("state:modified".parse::<Selector>().is_err());
    }

    #[test]
    fn shards_part_the_tables() {
        let tables: Vec<String> = (0..200).map(|i| format!("table_{i}")).collect();
        let mut sizes = Vec::new();
        for index in 0..4 {
            let shard: Shard = format!("{index}/4").parse().unwrap();
            sizes.push(tables.iter().filter(|t| shard.contains("gold", t)).count());
        }
        assert_eq!(sizes.iter().sum::<usize>(), 200);
        assert!(sizes.iter().all(|size| (25..=75).contains(size)), "{sizes:?}");
        for bad in ["4/4", "1", "a/b", "0/0", "-1/4"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }
}
