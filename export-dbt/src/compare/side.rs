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
    /// Schema and table as a place for each relation.
    pub(crate) places: Template,
}

/// A side that is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SideError {
    #[error("there is no file {0}")]
    Missing(String),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("the text that begins with {0} is no address of Trino")]
    Url(&'static str),
    #[error("the schema and table in Trino: {0}")]
    Names(TargetError),
    #[error("the Trino address has {0} parts after the host")]
    Parts(usize),
}

impl Problem for SideError {
    fn advice(&self) -> Advice {
        match self {
            Self::Missing(_) => {
                ("no-database", "name a DuckDB file, a folder of Delta tables, s3:// or http(s)://")
            }
            Self::Target(error) => of_target(error),
            Self::Url(_) | Self::Names(_) | Self::Parts(_) => {
                ("bad-url", "write for example https://trino:8443/delta/{layer}/{table}")
            }
        }
    }
}

/// The advice for a side's location, which no option names.
pub(crate) fn of_target(error: &TargetError) -> Advice {
    let (code, hint) = error.advice();
    match error {
        TargetError::Scheme(_) => (code, "write it like s3://lake/{layer}/{table} or /data/lake"),
        TargetError::NoTable(_) => (code, "put {table} into the side"),
        _ => (code, hint),
    }
}

impl Side {
    /// The side for messages, without a user.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::DuckDb(path) => path.display().to_string(),
            Self::Delta(template) => template.shown(),
            Self::Trino(TrinoSide { url, catalog, schema, table, .. }) => {
                let scheme = url.find("://").map_or(0, |found| found + 3);
                let host = url.rsplit_once('@').map_or(&url[scheme..], |(_, host)| host);
                format!("{}{host}/{catalog}/{schema}/{table}", &url[..scheme])
            }
        }
    }

    /// The side that a text on the command line names.
    pub(crate) fn parse(text: &str) -> Result<Self, SideError> {
        // A scheme has no case.
        let begins = |scheme: &&str| {
            text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        };
        if let Some(scheme) = ["http://", "https://"].into_iter().find(begins) {
            return TrinoSide::parse(scheme, &text[scheme.len()..]).map(Self::Trino);
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
    /// The side of an address, of which `rest` is all after the scheme. Nothing of it is shown: any part may be a
    /// password.
    fn parse(scheme: &'static str, rest: &str) -> Result<Self, SideError> {
        let bad = || SideError::Url(scheme);
        // Braces are escaped in a parsed path.
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let origin = format!("{scheme}{host}");
        let url = Url::parse(&origin).map_err(|_| bad())?;
        if url.host_str().is_none() || rest.contains(['?', '#']) {
            return Err(bad());
        }
        let parts: Vec<&str> =
            path.trim_end_matches('/').split('/').filter(|p| !p.is_empty()).collect();
        let [catalog, schema, table] = match parts[..] {
            [] => ["delta", "{layer}", "{table}"],
            [catalog] => [catalog, "{layer}", "{table}"],
            [catalog, schema, table] => [catalog, schema, table],
            ref others => return Err(SideError::Parts(others.len())),
        };
        let places = Template::parse(&format!("/{schema}/{table}")).map_err(SideError::Names)?;
        let [catalog, schema, table] = [catalog, schema, table].map(str::to_owned);
        Ok(Self { url: origin, catalog, schema, table, places })
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
    pub(crate) fn of_layer(&self, layer: &str) -> Option<(String, String, String)> {
        let (before, after) = self.table.split_once("{table}")?;
        let schema = self.schema.replace("{layer}", layer);
        let plain = !schema.contains('{') && !before.contains('{') && !after.contains('{');
        // Trino's names have no capitals.
        plain.then(|| (schema.to_lowercase(), before.to_lowercase(), after.to_lowercase()))
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
        let relation = Relation::named("d", "gold", "Fct".into());
        let names = |text: &str| trino(text).unwrap().names(&relation);
        assert_eq!(names("http://t:8080"), ("gold".into(), "fct".into()));
        assert_eq!(names("http://t:8080/lake/"), ("gold".into(), "fct".into()));
        let spark = trino("https://t/delta/spark_{layer}/{table}").unwrap();
        assert_eq!(spark.names(&relation), ("spark_gold".into(), "fct".into()));
        assert_eq!((spark.url.as_str(), spark.catalog.as_str()), ("https://t", "delta"));
        assert_eq!(trino("Https://T:8443").unwrap().url, "https://T:8443");
        let of_layer = |text: &str| trino(text).unwrap().of_layer("gold");
        let names = |schema: &str, before: &str, after: &str| {
            Some((schema.to_owned(), before.to_owned(), after.to_owned()))
        };
        assert_eq!(of_layer("https://t/delta/spark_{layer}/{table}"), names("spark_gold", "", ""));
        assert_eq!(of_layer("https://t/delta/S/Raw_{table}_V1"), names("s", "raw_", "_v1"));
    }

    /// One test for each address that is refused, and that the message does not repeat.
    macro_rules! refused {
        ($($test:ident: $address:expr => [$error:pat];)*) => {
            $(
                #[test]
                fn $test() {
                    let error = trino($address).unwrap_err();
                    assert!(matches!(error, $error), "{error}");
                    assert!(!error.to_string().contains("canary"), "{error}");
                }
            )*
        };
    }

    refused! {
        two_parts: "http://t/a/b" => [SideError::Parts(2)];
        no_host: "http://u:canary@/x" => [SideError::Url(_)];
        a_secret_in_a_query: "http://t/a?access_token=canary" => [SideError::Url(_)];
        a_secret_behind_a_scheme_in_capitals: "HTTPS://t/a?access_token=canary" => [SideError::Url(_)];
        a_secret_in_a_query_of_the_host: "http://t?access_token=canary" => [SideError::Url(_)];
        one_table_for_all: "http://t/delta/gold/x" => [SideError::Names(TargetError::NoTable(_))];
        an_unknown_placeholder: "http://t/delta/gold/{tables}" => [SideError::Names(TargetError::NoTable(_))];
        an_unknown_placeholder_of_the_schema: "http://t/delta/{layers}/{table}" => [SideError::Names(TargetError::Placeholder(_))];
    }
}
