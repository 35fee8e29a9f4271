//! A side of the comparison: a database, Delta tables, or Trino.

use std::path::{Path, PathBuf};

use reqwest::Url;

use crate::catalog::Relation;
use crate::problem::{Advice, Problem};
use crate::target::{Location, Names, TargetError, Template};

#[derive(Debug, Clone)]
pub(crate) enum Side {
    DuckDb(PathBuf),
    Delta(Template),
    Trino(TrinoSide),
}

/// A coordinator, and how its tables are named.
#[derive(Debug, Clone)]
pub(crate) struct TrinoSide {
    /// The coordinator's address, which may have a user.
    pub(crate) url: String,
    pub(crate) catalog: String,
    schema: String,
    table: String,
}

/// A side that is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SideError {
    #[error("there is no file {0}")]
    Missing(String),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("{0:?} is no address of Trino")]
    Url(String),
    #[error("the Trino address has {0} parts after the host")]
    Parts(usize),
}

impl Problem for SideError {
    fn advice(&self) -> Advice {
        match self {
            Self::Missing(_) => {
                ("no-database", "name a DuckDB file, a folder of Delta tables, s3:// or http(s)://")
            }
            Self::Target(error) => error.advice(),
            Self::Url(_) | Self::Parts(_) => {
                ("bad-url", "write for example https://trino:8443/delta/{layer}/{table}")
            }
        }
    }
}

impl Side {
    /// The side for messages, without a user.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::DuckDb(path) => path.display().to_string(),
            Self::Delta(template) => template.shown(),
            Self::Trino(TrinoSide { url, catalog, schema, table }) => {
                let scheme = url.find("://").map_or(0, |found| found + 3);
                let host = url.rsplit_once('@').map_or(&url[scheme..], |(_, host)| host);
                format!("{}{host}/{catalog}/{schema}/{table}", &url[..scheme])
            }
        }
    }

    /// The side that a text on the command line names.
    pub(crate) fn parse(text: &str) -> Result<Self, SideError> {
        if text.starts_with("http://") || text.starts_with("https://") {
            return TrinoSide::parse(text).map(Self::Trino);
        }
        let is_location = text.contains("{table}") || text.contains("://");
        let path = Path::new(text.strip_prefix("file:").unwrap_or(text));
        if !is_location && path.is_file() {
            return Ok(Self::DuckDb(path.to_owned()));
        }
        if !is_location && !path.is_dir() {
            return Err(SideError::Missing(text.to_owned()));
        }
        // A folder in the current one, which a target needs `./` for.
        let is_bare = !text.contains(':') && !text.starts_with(['/', '.']);
        let text = if is_bare { format!("./{text}") } else { text.to_owned() };
        Ok(Self::Delta(Template::parse_side(&text)?))
    }
}

impl TrinoSide {
    fn parse(text: &str) -> Result<Self, SideError> {
        let shown = || text.rsplit_once('@').map_or(text, |(_, place)| place).to_owned();
        // Braces are escaped in a parsed path.
        let scheme = text.find("://").map_or(0, |found| found + 3);
        let (origin, path) = match text[scheme..].split_once('/') {
            Some((host, path)) => (format!("{}{host}", &text[..scheme]), path),
            None => (text.to_owned(), ""),
        };
        let url = Url::parse(&origin).map_err(|_| SideError::Url(shown()))?;
        if url.host_str().is_none() || path.contains(['?', '#']) {
            return Err(SideError::Url(shown()));
        }
        let parts: Vec<&str> =
            path.trim_end_matches('/').split('/').filter(|p| !p.is_empty()).collect();
        let [catalog, schema, table] = match parts[..] {
            [] => ["delta", "{layer}", "{table}"],
            [catalog] => [catalog, "{layer}", "{table}"],
            [catalog, schema, table] => [catalog, schema, table],
            ref others => return Err(SideError::Parts(others.len())),
        };
        let [catalog, schema, table] = [catalog, schema, table].map(str::to_owned);
        Ok(Self { url: origin, catalog, schema, table })
    }

    /// Schema and table that stand for a relation.
    pub(crate) fn names(&self, relation: &Relation) -> (String, String) {
        let fill = |text: &str| {
            let filled = text.replace("{database}", &relation.database);
            filled.replace("{layer}", &relation.layer).replace("{table}", &relation.name)
        };
        (fill(&self.schema).to_lowercase(), fill(&self.table).to_lowercase())
    }

    /// The schema of a layer, and the text before and after a table's name in it; none where the tables of a layer
    /// are not in one schema.
    pub(crate) fn of_layer(&self, layer: &str) -> Option<(String, &str, &str)> {
        let (before, after) = self.table.split_once("{table}")?;
        let schema = self.schema.replace("{layer}", layer);
        let plain = !schema.contains('{') && !before.contains('{') && !after.contains('{');
        plain.then(|| (schema.to_lowercase(), before, after))
    }
}

/// The location of a relation's Delta table.
pub(crate) fn location(template: &Template, relation: &Relation) -> Result<Location, TargetError> {
    let Relation { database, layer, name: table, .. } = relation;
    template.locate(Names { database, layer, table })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trino(text: &str) -> Result<TrinoSide, SideError> {
        match Side::parse(text)? {
            Side::Trino(side) => Ok(side),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn trino_with_names_of_its_own() {
        let relation = Relation {
            database: "d".into(),
            schema: "main_gold".into(),
            layer: "gold".into(),
            name: "Fct".into(),
            is_view: false,
            comment: None,
            estimated_rows: 0,
        };
        let names = |text: &str| trino(text).unwrap().names(&relation);
        assert_eq!(names("http://t:8080"), ("gold".into(), "fct".into()));
        assert_eq!(names("http://t:8080/lake/"), ("gold".into(), "fct".into()));
        let spark = trino("https://t/delta/spark_{layer}/{table}").unwrap();
        assert_eq!(spark.names(&relation), ("spark_gold".into(), "fct".into()));
        assert_eq!((spark.url.as_str(), spark.catalog.as_str()), ("https://t", "delta"));
        assert_eq!(spark.of_layer("gold"), Some(("spark_gold".into(), "", "")));
        assert!(trino("http://t/a/b").is_err());
        assert!(!trino("http://u:canary@/x?y").unwrap_err().to_string().contains("canary"));
    }
}
