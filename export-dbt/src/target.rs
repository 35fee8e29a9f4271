//! Where a table goes: the target template and the location it gives for one table.

use std::path::Path as FilePath;

use object_store::path::Path;
use url::Url;

use crate::problem::{Advice, Problem};

/// The placeholders of a template.
const PLACEHOLDERS: [&str; 3] = ["{database}", "{layer}", "{table}"];

/// A location pattern with `{layer}`, `{table}` and perhaps `{database}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    scheme: Scheme,
    /// The text after the scheme; for a folder an absolute path.
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    S3,
    /// A URL, whose path may have percent escapes.
    FileUrl,
    /// A path as the file system has it.
    Path,
}

/// The names that fill a template.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) database: &'a str,
    pub(crate) layer: &'a str,
    pub(crate) table: &'a str,
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

impl Location {
    /// The location of a folder in this one.
    pub(crate) fn below(&self, name: &str) -> Self {
        let mut url = self.url.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().push(name);
        }
        Self { url, bucket: self.bucket.clone(), prefix: self.prefix.clone().join(name) }
    }
}

/// A fault of a template or of a table's place in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("the target {0:?} is not an s3:// or file:/// location")]
    Scheme(String),
    #[error("the target {0:?} has no {{table}}, so all tables would share one location")]
    NoTable(String),
    #[error("the target {0:?} has an unknown placeholder")]
    Placeholder(String),
    #[error("the target {0:?} has a `{1}`, after which a URL holds no path")]
    Cut(String, char),
    #[error("the target {0:?} has a user or a password")]
    User(String),
    #[error("the target {0:?} has the port {1}, which an S3 location cannot have")]
    Port(String, String),
    #[error("the name {0:?} cannot be a part of a location")]
    Name(String),
}

impl Problem for TargetError {
    fn advice(&self) -> Advice {
        let hint = match self {
            Self::Scheme(_) => {
                "write it like s3://rideshare-{layer}/{table} or file:///data/{layer}/{table}"
            }
            Self::NoTable(_) => "put {table} into --target",
            Self::Placeholder(_) => "the placeholders are {layer}, {table} and {database}",
            Self::Cut(..) => "name the folder without `#` and `?`",
            Self::User(_) => {
                "give credentials with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            }
            Self::Port(..) => "give the store's address with --s3-endpoint",
            Self::Name(_) => {
                return (
                    "bad-name",
                    "give the model an alias of letters, digits, spaces, `_`, `-` and `.`",
                );
            }
        };
        ("bad-target", hint)
    }
}

impl Template {
    /// Parses a template; `s3a://` is taken for `s3://`, a path for `file://`, and a path that does not
    /// begin with a slash for one in the current folder.
    pub(crate) fn parse(text: &str) -> Result<Self, TargetError> {
        let template = Self::parse_side(text)?;
        if !template.has_table() {
            return Err(TargetError::NoTable(without_user(text)));
        }
        Ok(template)
    }

    /// As [`Template::parse`]; without a placeholder it is the place of one table, or of a folder of layers.
    pub(crate) fn parse_side(text: &str) -> Result<Self, TargetError> {
        // A query may hold a token.
        let path_only = |text: &str| text.split(['#', '?']).next().unwrap_or_default().to_owned();
        let shown = path_only(&without_user(text));
        let (scheme, rest) = split_scheme(text).ok_or(TargetError::Scheme(shown.clone()))?;
        // Before everything else, so that no other message shows a password.
        if scheme != Scheme::Path {
            let authority = rest.split('/').next().unwrap_or_default();
            let port = authority.split_once(':').map(|(_, port)| port);
            let is_port = port.is_none_or(|p| p.bytes().all(|b| b.is_ascii_digit()));
            if authority.contains('@') || !is_port {
                // Without an `@`, the text after the colon may still be a password.
                let masked = !text.contains('@');
                let shown =
                    if masked { path_only(&text.replacen(authority, "…", 1)) } else { shown };
                return Err(TargetError::User(shown));
            }
        }
        if let Some(cut) = rest.chars().find(|c| matches!(c, '#' | '?')) {
            return Err(TargetError::Cut(shown, cut));
        }
        if rest.contains('{') && !rest.contains("{table}") {
            return Err(TargetError::NoTable(shown));
        }
        let probe = PLACEHOLDERS.iter().fold(rest.to_owned(), |text, name| text.replace(name, "x"));
        if probe.contains(['{', '}']) {
            return Err(TargetError::Placeholder(shown));
        }
        let bucket = probe.split('/').next().unwrap_or_default();
        if let (Scheme::S3, Some((_, port))) = (scheme, bucket.split_once(':')) {
            return Err(TargetError::Port(shown, port.to_owned()));
        }
        let text = match scheme {
            Scheme::Path => {
                let path = std::path::absolute(FilePath::new(rest));
                let path = path.map_err(|_| TargetError::Scheme(shown.clone()))?;
                without_parents(&path)
            }
            Scheme::S3 | Scheme::FileUrl => rest.to_owned(),
        };
        let template = Self { scheme, text: text.trim_end_matches('/').to_string() };
        template.locate(Names { database: "database", layer: "layer", table: "table" })?;
        Ok(template)
    }

    /// Whether every table has a place of its own.
    pub(crate) fn has_table(&self) -> bool {
        self.text.contains("{table}")
    }

    /// The place that a template without a placeholder names.
    pub(crate) fn whole(&self) -> Result<Location, TargetError> {
        self.locate(Names { database: "", layer: "", table: "" })
    }

    /// The folder whose folders are the layers.
    pub(crate) fn layers_folder(&self) -> Option<Location> {
        let text = self.text.strip_suffix("/{layer}/{table}")?.to_owned();
        let folder = Self { scheme: self.scheme, text };
        folder.whole().ok().filter(|_| !folder.text.contains('{'))
    }

    /// The tables of a folder of layers.
    pub(crate) fn below(&self) -> Self {
        Self { scheme: self.scheme, text: format!("{}/{{layer}}/{{table}}", self.text) }
    }

    /// Whether every layer has a folder of its own.
    pub(crate) fn has_layer(&self) -> bool {
        self.text.contains("{layer}")
    }

    /// The template as a person would write it.
    pub(crate) fn shown(&self) -> String {
        match self.scheme {
            Scheme::S3 => format!("s3://{}", self.text),
            Scheme::FileUrl | Scheme::Path => format!("file://{}", self.text),
        }
    }

    /// The location of a table.
    pub(crate) fn locate(&self, names: Names<'_>) -> Result<Location, TargetError> {
        let Names { database, layer, table } = names;
        let mut text = self.text.clone();
        for (placeholder, name) in PLACEHOLDERS.iter().zip([database, layer, table]) {
            if !text.contains(placeholder) {
                continue;
            }
            if !is_plain(name) {
                return Err(TargetError::Name(name.to_string()));
            }
            text = text.replace(placeholder, &in_location(name));
        }
        let bad = || TargetError::Scheme(self.shown());
        let host = text.split('/').next().unwrap_or_default();
        if self.scheme == Scheme::S3 && !is_bucket(host) {
            // A layer's name is part of the bucket's.
            return Err(TargetError::Name(host.to_string()));
        }
        let url = match self.scheme {
            Scheme::S3 => Url::parse(&format!("s3://{text}")).map_err(|_| bad())?,
            Scheme::FileUrl => Url::parse(&format!("file://{text}")).map_err(|_| bad())?,
            Scheme::Path => Url::from_file_path(&text).map_err(|()| bad())?,
        };
        let prefix = Path::from_url_path(url.path()).map_err(|_| bad())?;
        let bucket = match (self.scheme, url.host_str()) {
            (Scheme::S3, Some(host)) => Some(host.to_string()),
            (Scheme::FileUrl | Scheme::Path, None | Some("" | "localhost")) => None,
            _ => return Err(bad()),
        };
        Ok(Location { url, bucket, prefix })
    }

    /// The folder that holds the tables of a layer, when `{table}` is the last part of the
    /// template; otherwise the tables that exist there cannot be listed.
    pub(crate) fn layer_folder(&self, database: &str, layer: &str) -> Option<Location> {
        let parent = self.text.strip_suffix("/{table}")?;
        if parent.contains("{table}") {
            return None;
        }
        let mut location = self.locate(Names { database, layer, table: "x" }).ok()?;
        let mut parts: Vec<_> = location.prefix.parts().collect();
        parts.pop();
        location.prefix = parts.into_iter().collect();
        Some(location)
    }
}

/// The target for messages: without user and password, and with everything else. A password may hold a slash.
fn without_user(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let is_user = |before: &str| before.contains(':') || !before.contains('/');
    match rest.rsplit_once('@') {
        Some((user, place)) if is_user(user) => format!("{scheme}://{place}"),
        _ => text.to_owned(),
    }
}

/// The scheme, and the text after it.
fn split_scheme(text: &str) -> Option<(Scheme, &str)> {
    for prefix in ["s3://", "s3a://"] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return Some((Scheme::S3, rest));
        }
    }
    if let Some(rest) = text.strip_prefix("file://") {
        return Some((Scheme::FileUrl, rest));
    }
    // `file:lake` and `file:/lake`: people mean a path.
    if let Some(rest) = text.strip_prefix("file:") {
        return Some((Scheme::Path, rest));
    }
    let is_path = ["/", "./", "../"].iter().any(|start| text.starts_with(start));
    is_path.then_some((Scheme::Path, text))
}

/// The path without `..`, which an object store's path cannot have.
fn without_parents(path: &FilePath) -> String {
    let mut out = std::path::PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out.to_string_lossy().into_owned()
}

/// A name as a part of a location: `_` for spaces and punctuation, because not every reader decodes the escapes
/// that a URL has for them.
fn in_location(name: &str) -> String {
    let keeps = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    name.chars().map(|c| if keeps(c) { c } else { '_' }).collect()
}

/// Whether a name can be a part of a location for every reader: no separator, and no character
/// that a URL or an object store would write in another way.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "_-. '()+,&@!$=~".contains(c);
    !name.trim().is_empty() && name.chars().all(plain) && !name.chars().all(|c| c == '.')
}

fn is_bucket(host: &str) -> bool {
    !host.is_empty()
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locate(template: &str, layer: &str, table: &str) -> Result<Location, TargetError> {
        Template::parse(template)?.locate(Names { database: "d", layer, table })
    }

    #[test]
    fn a_bucket_for_each_layer() {
        let place = locate("s3://rideshare-{layer}/{table}", "gold", "fact_trips").unwrap();
        assert_eq!(place.url.as_str(), "s3://rideshare-gold/fact_trips");
        assert_eq!(place.bucket.as_deref(), Some("rideshare-gold"));
        assert_eq!(place.prefix, Path::from("fact_trips"));
        let place = locate("s3a://my_lake/{database}/{layer}/{table}", "gold", "t").unwrap();
        assert_eq!(place.url.as_str(), "s3://my_lake/d/gold/t");
    }

    #[test]
    fn a_folder() {
        let place = locate("file:///data/{layer}/{table}/", "silver", "trips").unwrap();
        assert_eq!(place.url.as_str(), "file:///data/silver/trips");
        assert_eq!((place.bucket, place.prefix), (None, Path::from("data/silver/trips")));
        let url = |template| locate(template, "silver", "trips").unwrap().url;
        assert_eq!(url("/data/{layer}/{table}"), url("file:///data/{layer}/{table}"));
        assert_eq!(url("file:/data/{layer}/{table}"), url("file:///data/{layer}/{table}"));
    }

    #[test]
    fn a_folder_in_the_current_one() {
        let here = std::env::current_dir().unwrap();
        for template in ["file:lake/{table}", "file:./lake/{table}", "./lake/{table}"] {
            let place = locate(template, "gold", "t").unwrap();
            assert_eq!(place.url.to_file_path().unwrap(), here.join("lake/t"), "{template}");
        }
        let place = locate("../lake/{table}", "gold", "t").unwrap();
        assert_eq!(place.url.to_file_path().unwrap(), here.parent().unwrap().join("lake/t"));
    }

    #[test]
    fn names_with_spaces_and_letters_of_all_languages() {
        let place = locate("s3://b/{layer}/{table}", "gold", "Área 51").unwrap();
        assert_eq!(place.url.as_str(), "s3://b/gold/%C3%81rea_51");
        assert_eq!(place.prefix.as_ref(), "gold/Área_51");
        let place = locate("/tmp/a b/{table}", "gold", "Trips per day").unwrap();
        assert_eq!(place.url.to_file_path().unwrap(), FilePath::new("/tmp/a b/Trips_per_day"));
    }

    #[test]
    fn folders() {
        let folder = |template| Template::parse(template).unwrap().layer_folder("d", "gold");
        assert_eq!(folder("s3://b/lake/{layer}/{table}").unwrap().prefix, Path::from("lake/gold"));
        assert_eq!(folder("s3://rideshare-{layer}/{table}").unwrap().prefix, Path::default());
        assert_eq!(folder("s3://b/{table}/{layer}"), None);
    }

    /// One test for each target that is refused.
    macro_rules! refused {
        ($($test:ident: $target:expr => [$error:pat];)*) => {
            $(
                #[test]
                fn $test() {
                    let error = Template::parse($target).unwrap_err();
                    assert!(matches!(error, $error), "{error}");
                    assert!(!error.to_string().contains("canary"), "{error}");
                }
            )*
        };
    }

    refused! {
        no_table: "s3://b/x" => [TargetError::NoTable(_)];
        another_store: "gs://b/{table}" => [TargetError::Scheme(_)];
        another_store_with_a_password: "ftp://u:canary@b/{table}" => [TargetError::Scheme(_)];
        no_scheme: "x/{table}" => [TargetError::Scheme(_)];
        a_host: "file://lake/{table}" => [TargetError::Scheme(_)];
        an_unknown_placeholder: "s3://b/{table}/{date}" => [TargetError::Placeholder(_)];
        a_fragment: "s3://b/a#1/{layer}/{table}" => [TargetError::Cut(_, '#')];
        a_query: "/lake?v=1/{layer}/{table}" => [TargetError::Cut(_, '?')];
        a_token_in_a_query: "s3://b/{layer}/{table}?sig=canary" => [TargetError::Cut(_, '?')];
        a_token_in_a_fragment: "file:///b/{layer}/{table}#canary" => [TargetError::Cut(_, '#')];
        a_token_behind_a_user: "s3://u:p@b/{table}?sig=canary" => [TargetError::User(_)];
        a_token_of_another_store: "gs://b/{table}?sig=canary" => [TargetError::Scheme(_)];
        a_user: "s3://canary@b/{layer}/{table}" => [TargetError::User(_)];
        a_password: "s3://user:can/ary@b/{layer}/{table}" => [TargetError::User(_)];
        a_password_of_a_file: "file://user:canary@host/{layer}/{table}" => [TargetError::User(_)];
        a_port: "s3://minio:9000/{layer}/{table}" => [TargetError::Port(..)];
    }

    #[test]
    fn names_that_no_location_can_have() {
        for bad in ["a/b", "..", "a#b", "a?b", "50%", "", " ", "a\nb", "a\\b", "a*"] {
            let error = locate("s3://b/{table}", "gold", bad).unwrap_err();
            assert!(matches!(error, TargetError::Name(_)), "{bad}");
        }
        assert!(matches!(locate("s3://l-{layer}/{table}", "é", "t"), Err(TargetError::Name(_))));
    }
}
