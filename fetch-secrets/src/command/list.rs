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
    /// The variables that a composed one is made of.
    parts: Vec<&'a str>,
    env_files: Vec<&'a str>,
    services: &'a [String],
    description: &'a str,
}

pub(crate) fn run(shared: &Shared, options: &List) -> Result<Status> {
    let catalogue = catalogue(shared)?;
    let mut rows = Vec::new();
    for (index, secret) in catalogue.secrets.iter().enumerate() {
        let row = |key, variable, parts| Row {
            secret: &secret.name,
            key,
            variable,
            parts,
            env_files: catalogue.files_of(index),
            services: &secret.services,
            description: &secret.description,
        };
        let keys = secret.keys.iter();
        rows.extend(keys.map(|key| row(key.name.as_deref(), &key.variable, Vec::new())));
        let composed = secret.composed.iter();
        rows.extend(composed.map(|composed| {
            row(None, &composed.variable, composed.template.variables().collect())
        }));
    }
    match options.format {
        Format::Json => streams::json(&rows)?,
        Format::Text => {
            let cells: Vec<Vec<String>> = rows
                .iter()
                .map(|row| {
                    let key = match (row.key, row.parts.is_empty()) {
                        (Some(key), _) => key.to_owned(),
                        (None, true) => "-".to_owned(),
                        (None, false) => row.parts.join(" + "),
                    };
                    vec![
                        row.secret.to_owned(),
                        key,
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
