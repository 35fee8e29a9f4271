//! `list`: the catalogue, without its values.

use anyhow::Result;
use common::cli::Format;
use common::exit::Status;
use common::streams;
use serde::Serialize;

use super::catalogue;
use crate::cli::{List, Shared};

#[derive(Serialize)]
struct Row<'a> {
    secret: &'a str,
    key: Option<&'a str>,
    variable: &'a str,
    env_files: Vec<&'a str>,
    services: &'a [String],
    description: &'a str,
}

pub(crate) fn run(shared: &Shared, options: &List) -> Result<Status> {
    let catalogue = catalogue(shared)?;
    let mut rows = Vec::new();
    for (index, secret) in catalogue.secrets.iter().enumerate() {
        rows.extend(secret.keys.iter().map(|key| Row {
            secret: &secret.name,
            key: key.name.as_deref(),
            variable: &key.variable,
            env_files: catalogue.files_of(index),
            services: &secret.services,
            description: &secret.description,
        }));
    }
    match options.format {
        Format::Json => streams::json(&rows)?,
        Format::Text => {
            let cells: Vec<Vec<String>> = rows
                .iter()
                .map(|row| {
                    vec![
                        row.secret.to_owned(),
                        row.key.unwrap_or("-").to_owned(),
                        row.variable.to_owned(),
                        row.env_files.join(", "),
                        row.services.join(", "),
                    ]
                })
                .collect();
            let header = ["secret", "key", "variable", "env files", "services"];
            streams::output(&common::table::render(&header, &cells, &[]))?;
        }
    }
    Ok(Status::Done)
}
