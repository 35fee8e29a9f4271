//! Trino's HTTP protocol: a statement is posted, and its pages are fetched until the last.
//!
//! Source: Trino's "Client REST API".

use std::time::{Duration, Instant};

use common::retry::Backoff;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client as HttpClient, RequestBuilder, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::error::TrinoError;

const ATTEMPTS: u32 = 5;

/// As long as a Trino that already answers may need until it takes statements.
const START: Duration = Duration::from_secs(60);

/// Where Trino is and who asks.
#[derive(Debug)]
pub(super) struct Client {
    base: Url,
    user: String,
    password: Option<SecretString>,
    http: HttpClient,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    next_uri: Option<String>,
    #[serde(default)]
    columns: Option<Vec<TrinoColumn>>,
    #[serde(default)]
    data: Option<IgnoredAny>,
    #[serde(default)]
    error: Option<QueryError>,
}

/// The rows of a page.
#[derive(Debug, Deserialize)]
struct Rows {
    data: Vec<Vec<Value>>,
}

/// A column of an answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TrinoColumn {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) ty: String,
    /// The type as a tree.
    pub(crate) type_signature: Value,
}

/// A page of an answer, whose rows are still text: a number keeps its digits.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) body: String,
    pub(crate) columns: Option<Vec<TrinoColumn>>,
    pub(crate) has_rows: bool,
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryError {
    message: String,
    error_name: String,
}

impl Client {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    /// When the URL is not one, or a password would go over plain HTTP.
    pub(super) fn new(
        url: &str,
        user: &str,
        password: Option<SecretString>,
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
        // Without it, times have no more than three digits behind the second.
        let capabilities = HeaderValue::from_static("PARAMETRIC_DATETIME");
        headers.insert("X-Trino-Client-Capabilities", capabilities);
        let http = HttpClient::builder()
            .default_headers(headers)
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(60))
            .build()
            .map_err(|error| TrinoError::Unreachable {
                url: without_password(url),
                detail: error.to_string(),
            })?;
        Ok(Self { base, user: user.into(), password, http })
    }

    /// All rows that a statement answers. A Trino that is still starting has not begun the statement, so it is asked again.
    pub(super) async fn query(&self, sql: &str) -> Result<Vec<Vec<Value>>, TrinoError> {
        let end = Instant::now() + START;
        let mut pauses = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        loop {
            match self.attempt_query(sql).await {
                Err(error) if error.is_starting() && Instant::now() < end => pauses.pause().await,
                result => return result,
            }
        }
    }

    async fn attempt_query(&self, sql: &str) -> Result<Vec<Vec<Value>>, TrinoError> {
        let mut rows = Vec::new();
        let mut answer = Some(self.start(sql).await?);
        while let Some(page) = answer {
            if page.has_rows {
                let mut more: Rows = serde_json::from_str(&page.body).map_err(|error| {
                    let detail = format!("the answer is not Trino's: {error}");
                    TrinoError::Unreachable { url: self.shown(), detail }
                })?;
                rows.append(&mut more.data);
            }
            answer = self.more(page).await?;
        }
        Ok(rows)
    }

    /// The first page of an answer.
    pub(super) async fn start(&self, sql: &str) -> Result<Answer, TrinoError> {
        let start = self.base.join("v1/statement").map_err(|_| TrinoError::Url(self.shown()))?;
        self.send(|| self.http.post(start.clone()).body(sql.to_string())).await
    }

    /// The page after another one; none after the last.
    pub(super) async fn more(&self, answer: Answer) -> Result<Option<Answer>, TrinoError> {
        let Some(next) = answer.next else { return Ok(None) };
        let next = self.on_this_server(&next)?;
        self.send(|| self.http.get(next.clone())).await.map(Some)
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

    async fn send(&self, request: impl Fn() -> RequestBuilder) -> Result<Answer, TrinoError> {
        let mut attempt = 1;
        let mut pauses = Backoff::new(Duration::from_millis(100), Duration::from_millis(800));
        loop {
            let detail = match self.attempt(request()).await {
                Ok((StatusCode::OK, body)) => match serde_json::from_str::<Page>(&body) {
                    Ok(Page { error: Some(QueryError { message, error_name }), .. }) => {
                        return Err(TrinoError::Query { name: error_name, message });
                    }
                    Ok(Page { next_uri: next, columns, data, .. }) => {
                        return Ok(Answer { body, columns, has_rows: data.is_some(), next });
                    }
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
            pauses.pause().await;
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        request: RequestBuilder,
    ) -> Result<(StatusCode, String), reqwest::Error> {
        let mut request = request.header("X-Trino-User", &self.user);
        if let Some(password) = &self.password {
            request = request.basic_auth(&self.user, Some(password.expose_secret()));
        }
        let response = request.send().await?;
        let status = response.status();
        Ok((status, response.text().await?))
    }

    fn shown(&self) -> String {
        without_password(self.base.as_str())
    }
}

fn without_password(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut url) if url.has_host() => {
            let _ = url.set_password(None);
            url.to_string()
        }
        Ok(url) if !url.as_str().contains('@') => url.to_string(),
        // A user and a password may stand in what is no address.
        _ => "(not a URL)".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_stay_private() {
        let password = Some(SecretString::from("hunter2"));
        let error =
            Client::new("http://user:hunter2@trino:8080", "u", password.clone()).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let client = Client::new("https://trino", "u", password).unwrap();
        assert!(!format!("{client:?}").contains("hunter2"));
        assert!(Client::new("trino:8080", "u", None).is_err());
    }

    #[test]
    fn pages_stay_on_the_server() {
        let client = Client::new("https://proxy:8443/", "u", None).unwrap();
        let next =
            client.on_this_server("http://10.0.0.7:8080/v1/statement/queued/1/y/2?slug=a").unwrap();
        assert_eq!(next.as_str(), "https://proxy:8443/v1/statement/queued/1/y/2?slug=a");
    }
}
