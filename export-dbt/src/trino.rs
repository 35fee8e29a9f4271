//! Trino's HTTP protocol, as much of it as registering a Delta table takes.
//!
//! Source: Trino's "Client REST API", and the Delta Lake connector's procedures.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;

use crate::source::literal;

const ATTEMPTS: u32 = 5;

/// Where Trino is and who asks.
#[derive(Debug)]
pub struct Trino {
    base: Url,
    catalog: String,
    user: String,
    password: Option<Password>,
    client: Client,
}

/// A password, which no output shows.
#[derive(Clone)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// What registering did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// The table is new to Trino.
    New,
    /// The table was there; its cached metadata was dropped.
    Flushed,
    /// The table was registered at another location.
    Moved,
}

impl Registered {
    /// The word for the summary.
    pub fn name(self) -> &'static str {
        match self {
            Registered::New => "registered",
            Registered::Flushed => "flushed",
            Registered::Moved => "re-registered",
        }
    }
}

/// Why Trino was of no help.
#[derive(Debug, thiserror::Error)]
pub enum TrinoError {
    /// The URL is not one.
    #[error("the Trino URL {0:?} is not http:// or https://")]
    Url(String),
    /// A password would go over the wire in the clear.
    #[error(
        "a Trino password needs https, and {0} is http\nhint: use the coordinator's https port, or unset TRINO_PASSWORD"
    )]
    PlainPassword(String),
    /// Nobody answers.
    #[error("could not reach Trino at {url}: {detail}")]
    Unreachable {
        /// Where.
        url: String,
        /// What went wrong.
        detail: String,
    },
    /// The credentials are not accepted.
    #[error(
        "Trino at {0} does not accept the user and password\nhint: check TRINO_USER and TRINO_PASSWORD"
    )]
    Denied(String),
    /// A statement failed.
    #[error("Trino: {message} ({name}){}", hint(.name))]
    Query {
        /// Trino's name of the error.
        name: String,
        /// Trino's text.
        message: String,
    },
}

fn hint(name: &str) -> &'static str {
    match name {
        "PERMISSION_DENIED" => {
            "\nhint: the catalog needs delta.register-table-procedure.enabled=true"
        }
        "CATALOG_NOT_FOUND" => "\nhint: name the Delta catalog with --trino-catalog",
        _ => "",
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    next_uri: Option<String>,
    #[serde(default)]
    data: Vec<Vec<Value>>,
    #[serde(default)]
    error: Option<QueryError>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryError {
    message: String,
    error_name: String,
}

impl Trino {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    /// When the URL is not one, or a password would go over plain HTTP.
    pub fn new(
        url: &str,
        catalog: &str,
        user: &str,
        password: Option<Password>,
    ) -> Result<Self, TrinoError> {
        let base = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
            .ok_or_else(|| TrinoError::Url(without_password(url)))?;
        if password.is_some() && base.scheme() != "https" {
            return Err(TrinoError::PlainPassword(without_password(url)));
        }
        let mut headers = HeaderMap::new();
        headers.insert("X-Trino-Source", HeaderValue::from_static("export-dbt"));
        let client = Client::builder()
            .default_headers(headers)
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(60))
            .build()
            .map_err(|error| TrinoError::Unreachable {
                url: without_password(url),
                detail: error.to_string(),
            })?;
        Ok(Self { base, catalog: catalog.into(), user: user.into(), password, client })
    }

    /// Makes Trino see the newest version of the table at `location`.
    ///
    /// # Errors
    /// After retries, when Trino cannot be reached or a statement fails.
    pub async fn register(
        &self,
        schema: &str,
        table: &str,
        location: &str,
    ) -> Result<Registered, TrinoError> {
        let catalog = identifier(&self.catalog);
        self.query(&format!("CREATE SCHEMA IF NOT EXISTS {catalog}.{}", identifier(schema)))
            .await?;
        match self.register_table(schema, table, location).await {
            Ok(()) => return Ok(Registered::New),
            Err(TrinoError::Query { name, .. }) if is_already_there(&name) => {}
            Err(error) => return Err(error),
        }
        let current = self.location(schema, table).await?;
        if current.as_deref().is_some_and(|current| same_place(current, location)) {
            self.call("flush_metadata_cache", &[("schema_name", schema), ("table_name", table)])
                .await?;
            return Ok(Registered::Flushed);
        }
        self.call("unregister_table", &[("schema_name", schema), ("table_name", table)]).await?;
        self.register_table(schema, table, location).await?;
        Ok(Registered::Moved)
    }

    /// Takes a table out of Trino; one that is not there is fine.
    ///
    /// # Errors
    /// As [`Trino::register`].
    pub async fn unregister(&self, schema: &str, table: &str) -> Result<(), TrinoError> {
        match self.call("unregister_table", &[("schema_name", schema), ("table_name", table)]).await
        {
            Err(TrinoError::Query { name, .. }) if name.ends_with("NOT_FOUND") => Ok(()),
            result => result,
        }
    }

    async fn register_table(
        &self,
        schema: &str,
        table: &str,
        location: &str,
    ) -> Result<(), TrinoError> {
        let arguments =
            [("schema_name", schema), ("table_name", table), ("table_location", location)];
        self.call("register_table", &arguments).await
    }

    async fn call(&self, procedure: &str, arguments: &[(&str, &str)]) -> Result<(), TrinoError> {
        let arguments: Vec<String> =
            arguments.iter().map(|(name, value)| format!("{name} => {}", literal(value))).collect();
        let catalog = identifier(&self.catalog);
        self.query(&format!("CALL {catalog}.system.{procedure}({})", arguments.join(", "))).await?;
        Ok(())
    }

    async fn location(&self, schema: &str, table: &str) -> Result<Option<String>, TrinoError> {
        let sql = format!(
            "SHOW CREATE TABLE {}.{}.{}",
            identifier(&self.catalog),
            identifier(schema),
            identifier(table)
        );
        let rows = self.query(&sql).await?;
        let text = rows.first().and_then(|row| row.first()?.as_str()).unwrap_or("");
        Ok(location_in(text))
    }

    /// Runs a statement to its end and returns its rows.
    async fn query(&self, sql: &str) -> Result<Vec<Vec<Value>>, TrinoError> {
        let start =
            self.base.join("v1/statement").map_err(|_| TrinoError::Url(self.base.to_string()))?;
        let mut page = self.send(|| self.client.post(start.clone()).body(sql.to_string())).await?;
        let mut rows = Vec::new();
        loop {
            if let Some(QueryError { message, error_name }) = page.error {
                return Err(TrinoError::Query { name: error_name, message });
            }
            rows.append(&mut page.data);
            let Some(next) = page.next_uri else {
                return Ok(rows);
            };
            let next = self.on_this_server(&next)?;
            page = self.send(|| self.client.get(next.clone())).await?;
        }
    }

    /// The next page, at the address that we were given: behind a proxy Trino names itself by
    /// its inner one, and the password goes to no other host.
    fn on_this_server(&self, next: &str) -> Result<Url, TrinoError> {
        let next = Url::parse(next).map_err(|_| TrinoError::Url(next.to_string()))?;
        let mut url = self.base.clone();
        url.set_path(next.path());
        url.set_query(next.query());
        Ok(url)
    }

    async fn send(&self, request: impl Fn() -> RequestBuilder) -> Result<Page, TrinoError> {
        let mut attempt = 1;
        loop {
            let detail = match self.attempt(request()).await {
                Ok((StatusCode::OK, body)) => match serde_json::from_str(&body) {
                    Ok(page) => return Ok(page),
                    Err(error) => format!("the answer is not Trino's: {error}"),
                },
                Ok((StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _)) => {
                    return Err(TrinoError::Denied(self.shown()));
                }
                Ok((status, body)) => {
                    let start: String = body.chars().take(200).collect();
                    let detail = format!("{status}: {start}");
                    if !(status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS) {
                        return Err(TrinoError::Unreachable { url: self.shown(), detail });
                    }
                    detail
                }
                Err(error) => error.without_url().to_string(),
            };
            if attempt == ATTEMPTS {
                return Err(TrinoError::Unreachable { url: self.shown(), detail });
            }
            tokio::time::sleep(Duration::from_millis(100) * 2u32.pow(attempt)).await;
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        request: RequestBuilder,
    ) -> Result<(StatusCode, String), reqwest::Error> {
        let mut request = request.header("X-Trino-User", &self.user);
        if let Some(Password(password)) = &self.password {
            request = request.basic_auth(&self.user, Some(password));
        }
        let response = request.send().await?;
        let status = response.status();
        Ok((status, response.text().await?))
    }

    fn shown(&self) -> String {
        without_password(self.base.as_str())
    }
}

fn is_already_there(name: &str) -> bool {
    matches!(name, "TABLE_ALREADY_EXISTS" | "ALREADY_EXISTS")
}

fn identifier(name: &str) -> String {
    crate::source::quote(&name.to_lowercase())
}

/// The `location = '…'` of a `SHOW CREATE TABLE`.
fn location_in(sql: &str) -> Option<String> {
    let (_, rest) = sql.split_once("location = '")?;
    let mut out = String::new();
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' && chars.next_if_eq(&'\'').is_none() {
            return Some(out);
        }
        out.push(c);
    }
    None
}

fn same_place(a: &str, b: &str) -> bool {
    let plain = |text: &str| {
        let text = text.trim_end_matches('/');
        text.strip_prefix("s3a://").map_or_else(|| text.to_string(), |rest| format!("s3://{rest}"))
    };
    plain(a) == plain(b)
}

fn without_password(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut url) => {
            let _ = url.set_password(None);
            url.to_string()
        }
        Err(_) => "(not a URL)".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_in_ddl() {
        let sql = "CREATE TABLE delta.gold.t (\n   id bigint\n)\nWITH (\n   location = 's3a://b/it''s',\n   x = 1\n)";
        assert_eq!(location_in(sql).as_deref(), Some("s3a://b/it's"));
        assert_eq!(location_in("CREATE TABLE t"), None);
        assert!(same_place("s3a://b/t/", "s3://b/t"));
        assert!(!same_place("s3://b/t", "s3://b/t2"));
    }

    #[test]
    fn passwords_stay_private() {
        let password = Some(Password("hunter2".into()));
        let error = Trino::new("http://user:hunter2@trino:8080", "delta", "u", password.clone())
            .unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let trino = Trino::new("https://trino", "delta", "u", password).unwrap();
        assert!(!format!("{trino:?}").contains("hunter2"));
        assert!(Trino::new("trino:8080", "delta", "u", None).is_err());
    }

    #[test]
    fn pages_stay_on_the_server() {
        let trino = Trino::new("https://proxy:8443/", "delta", "u", None).unwrap();
        let next =
            trino.on_this_server("http://10.0.0.7:8080/v1/statement/queued/1/y/2?slug=a").unwrap();
        assert_eq!(next.as_str(), "https://proxy:8443/v1/statement/queued/1/y/2?slug=a");
    }
}
