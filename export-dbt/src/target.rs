//! Where a table goes: the target template and the location it gives for one table.

use object_store::path::Path;
use url::Url;

use crate::problem::{Advice, Problem};

/// A location pattern with `{layer}` and `{table}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    text: String,
}

/// The place of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    /// The URL, without a slash at the end.
    pub(crate) url: Url,
    /// The bucket, for `s3`; none for `file`.
    pub(crate) bucket: Option<String>,
    /// The path in the bucket or in the file system.
    pub(crate) prefix: Path,
}

/// A fault of a template or of a table's place in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("the target {0:?} is no s3:// or file:/// location")]
    Scheme(String),
    #[error("the target {0:?} has no {{table}}, so all tables would share one location")]
    NoTable(String),
    #[error("the target {0:?} has an unknown placeholder")]
    Placeholder(String),
    #[error("the name {0:?} cannot be a part of a location")]
    Name(String),
}

impl Problem for TargetError {
    fn advice(&self) -> Advice {
        match self {
            Self::Scheme(_) => (
                "bad-target",
                "write for example s3://rideshare-{layer}/{table} or file:///data/{layer}/{table}",
            ),
            Self::NoTable(_) => ("bad-target", "put {table} into --target"),
            Self::Placeholder(_) => ("bad-target", "the placeholders are {layer} and {table}"),
            Self::Name(_) => ("bad-name", "name it with letters, digits, `_`, `-` and `.` only"),
        }
    }
}

impl Template {
    /// Parses a template; `s3a://` is taken for `s3://`, and a bare path for `file://`.
    pub(crate) fn parse(text: &str) -> Result<Self, TargetError> {
        let text = match text.strip_prefix("s3a://") {
            Some(rest) => format!("s3://{rest}"),
            None if text.starts_with('/') => format!("file://{text}"),
            None => text.to_string(),
        };
        let template = Self { text: text.trim_end_matches('/').to_string() };
        if !template.text.contains("{table}") {
            return Err(TargetError::NoTable(text));
        }
        let probe = template.text.replace("{table}", "t").replace("{layer}", "l");
        if probe.contains(['{', '}']) {
            return Err(TargetError::Placeholder(text));
        }
        template.locate("layer", "table")?;
        Ok(template)
    }

    /// The location of a table.
    pub(crate) fn locate(&self, layer: &str, table: &str) -> Result<Location, TargetError> {
        for name in [layer, table] {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            if name.is_empty() || !name.chars().all(plain) || name.chars().all(|c| c == '.') {
                return Err(TargetError::Name(name.to_string()));
            }
        }
        let text = self.text.replace("{layer}", layer).replace("{table}", table);
        let bad = || TargetError::Scheme(self.text.clone());
        let url = Url::parse(&text).map_err(|_| bad())?;
        let prefix = Path::from_url_path(url.path()).map_err(|_| bad())?;
        let bucket = match (url.scheme(), url.host_str()) {
            ("s3", Some(host)) => Some(host.to_string()),
            ("file", None | Some("" | "localhost")) => None,
            _ => return Err(bad()),
        };
        Ok(Location { url, bucket, prefix })
    }

    /// The folder that holds the tables of a layer, when `{table}` is the last part of the
    /// template; otherwise the tables that exist there cannot be listed.
    pub(crate) fn layer_folder(&self, layer: &str) -> Option<Location> {
        let parent = self.text.strip_suffix("/{table}")?;
        if parent.contains("{table}") {
            return None;
        }
        let template = Self { text: format!("{parent}/{{table}}") };
        let mut location = template.locate(layer, "x").ok()?;
        let mut parts: Vec<_> = location.prefix.parts().collect();
        parts.pop();
        location.prefix = parts.into_iter().collect();
        Some(location)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations() {
        let template = Template::parse("s3://rideshare-{layer}/{table}").unwrap();
        let place = template.locate("gold", "fact_trips").unwrap();
        assert_eq!(place.url.as_str(), "s3://rideshare-gold/fact_trips");
        assert_eq!(place.bucket.as_deref(), Some("rideshare-gold"));
        assert_eq!(place.prefix, Path::from("fact_trips"));

        let template = Template::parse("file:///data/{layer}/{table}/").unwrap();
        let place = template.locate("silver", "trips").unwrap();
        assert_eq!(place.url.as_str(), "file:///data/silver/trips");
        assert_eq!((place.bucket, place.prefix), (None, Path::from("data/silver/trips")));
        assert_eq!(
            Template::parse("/data/{layer}/{table}").unwrap(),
            Template::parse("file:///data/{layer}/{table}").unwrap()
        );
    }

    #[test]
    fn folders() {
        let template = Template::parse("s3://b/lake/{layer}/{table}").unwrap();
        assert_eq!(template.layer_folder("gold").unwrap().prefix, Path::from("lake/gold"));
        let template = Template::parse("s3://rideshare-{layer}/{table}").unwrap();
        assert_eq!(template.layer_folder("gold").unwrap().prefix, Path::default());
        assert_eq!(Template::parse("s3://b/{table}/{layer}").unwrap().layer_folder("gold"), None);
    }

    #[test]
    fn refused() {
        assert!(matches!(Template::parse("s3://b/x"), Err(TargetError::NoTable(_))));
        assert!(matches!(Template::parse("gs://b/{table}"), Err(TargetError::Scheme(_))));
        assert!(matches!(Template::parse("x/{table}"), Err(TargetError::Scheme(_))));
        assert!(matches!(
            Template::parse("s3://b/{table}/{date}"),
            Err(TargetError::Placeholder(_))
        ));
        let template = Template::parse("s3://b/{table}").unwrap();
        for bad in ["a/b", "..", "a b", "é", ""] {
            assert!(matches!(template.locate("gold", bad), Err(TargetError::Name(_))), "{bad}");
        }
    }
}
