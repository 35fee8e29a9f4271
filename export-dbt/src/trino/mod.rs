//! Registering Delta tables in Trino.
//!
//! Source: the Delta Lake connector's procedures.

mod client;
mod error;
mod rounded;

use secrecy::SecretString;
use serde::Serialize;

use self::client::Client;
pub(crate) use self::client::{Answer, TrinoColumn};
pub(crate) use self::error::TrinoError;
pub(crate) use self::rounded::Rounded;
use crate::source::{literal, quote};

/// Where Trino is and who asks.
#[derive(Debug)]
pub(crate) struct Trino {
    catalog: String,
    client: Client,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Registration {
    /// The table is new to Trino.
    Registered,
    /// The table was there; its cached metadata was dropped.
    Flushed,
    /// The table was registered at another location.
    ReRegistered,
    /// The table is no longer registered.
    Unregistered,
}

impl Trino {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    /// When the URL is not one, or a password would go over plain HTTP.
    pub(crate) fn new(
        url: &str,
        catalog: &str,
        user: &str,
        password: Option<SecretString>,
    ) -> Result<Self, TrinoError> {
        Ok(Self { catalog: catalog.into(), client: Client::new(url, user, password)? })
    }

    /// Makes Trino see the newest version of the table at `location`.
    pub(crate) async fn register(
        &self,
        schema: &str,
        table: &str,
        location: &str,
    ) -> Result<Registration, TrinoError> {
        let (catalog, schema_name) = (identifier(&self.catalog), identifier(schema));
        self.client.query(&format!("CREATE SCHEMA IF NOT EXISTS {catalog}.{schema_name}")).await?;
        let named = [("schema_name", schema), ("table_name", table)];
        match self.register_table(schema, table, location).await {
            Ok(()) => return Ok(Registration::Registered),
            Err(TrinoError::Query { name, .. }) if is_already_there(&name) => {}
            Err(error) => return Err(error),
        }
        let current = self.location(schema, table).await?;
        if current.as_deref().is_some_and(|current| same_place(current, location)) {
            self.call("flush_metadata_cache", &named).await?;
            return Ok(Registration::Flushed);
        }
        self.call("unregister_table", &named).await?;
        self.register_table(schema, table, location).await?;
        Ok(Registration::ReRegistered)
    }

    /// Takes a table out of Trino; one that is not there is fine.
    pub(crate) async fn unregister(&self, schema: &str, table: &str) -> Result<(), TrinoError> {
        match self.call("unregister_table", &[("schema_name", schema), ("table_name", table)]).await
        {
            Err(TrinoError::Query { name, .. }) if name.ends_with("NOT_FOUND") => Ok(()),
            result => result,
        }
    }

    /// The first page of all rows of a table.
    pub(crate) async fn rows(&self, schema: &str, table: &str) -> Result<Answer, TrinoError> {
        let table = [&self.catalog, schema, table].map(identifier).join(".");
        self.client.start(&format!("SELECT * FROM {table}")).await
    }

    /// The page after another one; none after the last.
    pub(crate) async fn more(&self, answer: Answer) -> Result<Option<Answer>, TrinoError> {
        self.client.more(answer).await
    }

    /// The tables of a schema.
    pub(crate) async fn tables(&self, schema: &str) -> Result<Vec<String>, TrinoError> {
        let sql = format!(
            "SELECT table_name FROM {}.information_schema.tables WHERE table_schema = {}",
            identifier(&self.catalog),
            literal(schema)
        );
        let rows = self.client.query(&sql).await?;
        Ok(rows.iter().filter_map(|row| row.first()?.as_str().map(str::to_owned)).collect())
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
        let (catalog, arguments) = (identifier(&self.catalog), arguments.join(", "));
        let sql = format!("CALL {catalog}.system.{procedure}({arguments})");
        self.client.query(&sql).await.map(drop)
    }

    async fn location(&self, schema: &str, table: &str) -> Result<Option<String>, TrinoError> {
        let sql = format!(
            "SHOW CREATE TABLE {}.{}.{}",
            identifier(&self.catalog),
            identifier(schema),
            identifier(table)
        );
        let rows = self.client.query(&sql).await?;
        let text = rows.first().and_then(|row| row.first()?.as_str()).unwrap_or("");
        Ok(location_in(text))
    }
}

fn is_already_there(name: &str) -> bool {
    matches!(name, "TABLE_ALREADY_EXISTS" | "ALREADY_EXISTS")
}

fn identifier(name: &str) -> String {
    quote(&name.to_lowercase())
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
}
