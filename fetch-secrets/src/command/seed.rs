//! `seed`: every secret of the catalogue with its development value.

mod overrides;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, bail};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::primitives::Blob;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::catalogue::{Catalogue, Format, Secret};
use common::cli;
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use common::streams::{self, say};
use common::table;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{catalogue, progress};
use crate::cli::{Seed, Shared};
use crate::source::aws::{self, Failure};
use crate::value::{self, Payload};
use crate::variables::Variables;

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Created,
    Updated,
    Restored,
    Unchanged,
}

#[derive(Serialize)]
struct Row<'a> {
    secret: &'a str,
    action: Action,
}

pub(crate) fn run(shared: &Shared, options: &Seed) -> Result<Status> {
    let catalogue = catalogue(shared)?;
    if aws::endpoint_from_environment()?.is_none() && !options.allow_aws {
        let message = "AWS_ENDPOINT_URL is not set: this would write development values to AWS";
        let hint = "set AWS_ENDPOINT_URL, or say --allow-aws if that is what you want";
        bail!(Diagnostic::error("would-write-to-aws", message).hint(hint));
    }
    let (values, warnings) = overrides::apply(&catalogue, &options.set)?;
    say(&warnings);
    let wanted = catalogue.secrets.iter().map(|secret| payload(secret, &values));
    let wanted: Vec<Payload> = wanted.collect::<Result<_>>()?;
    let rows = seed(&catalogue, &wanted, options.timeout)?;
    match options.format {
        cli::Format::Json => streams::json(&rows)?,
        cli::Format::Text => {
            let cells = rows.iter().map(|row| vec![row.secret.into(), table::word(&row.action)]);
            let cells: Vec<_> = cells.collect();
            streams::output(&table::render(&["secret", "state"], &cells, &[]))?;
        }
    }
    Ok(Status::Done)
}

/// The value that Secrets Manager should hold for `secret`.
fn payload(secret: &Secret, values: &Variables) -> Result<Payload> {
    let value = |variable: &str| values[variable].expose_secret();
    match secret.format {
        Format::Json => {
            let mut object = BTreeMap::new();
            for key in &secret.keys {
                object.insert(key.label(), in_json(value(&key.variable), key.nested)?);
            }
            Ok(Payload::Text(serde_json::to_string(&object)?.into()))
        }
        Format::Text => Ok(Payload::Text(values[&secret.keys[0].variable].clone())),
        Format::Base64 => match STANDARD.decode(value(&secret.keys[0].variable)) {
            Ok(bytes) => Ok(Payload::Binary(SecretBox::new(Box::new(bytes)))),
            Err(_) => {
                let message = format!("the value of {} is not base64", secret.keys[0].variable);
                bail!(Diagnostic::error("not-base64", message))
            }
        },
    }
}

/// A string, except where the catalogue wants JSON inside and the text is JSON: that stays as
/// it is written, to the digit.
fn in_json(value: &str, nested: bool) -> Result<Box<RawValue>> {
    let is_json = nested && !value.trim_start().starts_with('"');
    if let Some(raw) = is_json.then(|| serde_json::from_str(value).ok()).flatten() {
        return Ok(raw);
    }
    Ok(to_raw_value(value)?)
}

fn seed<'a>(
    catalogue: &'a Catalogue,
    wanted: &[Payload],
    deadline: Duration,
) -> Result<Vec<Row<'a>>> {
    aws::with_client(deadline, async |client, endpoint| {
        let what = format!("seeding {} secrets at {endpoint}", catalogue.secrets.len());
        progress(&what);
        let _step = common::verbose::step(what);
        let names = catalogue.secrets.iter().map(|secret| secret.name.clone()).collect();
        let (mut found, _) = aws::read(&client, names).await;
        let mut rows = Vec::new();
        let mut report = Report::default();
        for (secret, wanted) in catalogue.secrets.iter().zip(wanted) {
            let index = found.iter().position(|(name, _)| *name == secret.name);
            let outcome = match index.map(|index| found.swap_remove(index).1) {
                Some(Ok(now)) if same(secret, &now, wanted) => Ok(Action::Unchanged),
                Some(Ok(_)) => put(&client, secret, wanted).await.map(|()| Action::Updated),
                Some(Err(failure)) => bring(&client, secret, wanted, failure).await,
                None => create(&client, secret, wanted).await,
            };
            match outcome {
                Ok(action) => rows.push(Row { secret: &secret.name, action }),
                Err(failure) if failure.concerns_one_secret() => report
                    .push(Diagnostic::error("not-seeded", format!("{}: {failure}", secret.name))),
                Err(failure) => bail!(failure.stop(&endpoint)),
            }
        }
        if report.has_errors() { bail!(Stop { status: Status::No, report }) } else { Ok(rows) }
    })
}

/// Whether both give the same variables, however their JSON is written.
fn same(secret: &Secret, now: &Payload, wanted: &Payload) -> bool {
    let plain = |payload: &Payload| -> Option<Vec<(String, String)>> {
        let (variables, extra) = value::variables(secret, payload).ok()?;
        if !extra.is_empty() {
            return None;
        }
        Some(
            variables
                .into_iter()
                .map(|(name, value)| (name, value.expose_secret().to_owned()))
                .collect(),
        )
    };
    plain(now).is_some_and(|now| Some(now) == plain(wanted))
}

/// A secret that could not be read: not there yet, on its way out, or without a value.
async fn bring(
    client: &Client,
    secret: &Secret,
    wanted: &Payload,
    failure: Failure,
) -> Result<Action, Failure> {
    if failure.is_deleted() {
        client.restore_secret().secret_id(&secret.name).send().await?;
        put(client, secret, wanted).await?;
        return Ok(Action::Restored);
    }
    if failure.is_missing() {
        return create(client, secret, wanted).await;
    }
    Err(failure)
}

async fn create(client: &Client, secret: &Secret, wanted: &Payload) -> Result<Action, Failure> {
    let (text, binary) = parts(wanted);
    let request = client.create_secret().name(&secret.name).description(&secret.description);
    let answer = request.set_secret_string(text).set_secret_binary(binary).send().await;
    match answer.map_err(Failure::from).map_err(Failure::without_message) {
        Ok(_) => Ok(Action::Created),
        // It has no value yet, or somebody else has just created it.
        Err(failure) if failure.is_there_already() => {
            put(client, secret, wanted).await.map(|()| Action::Updated)
        }
        Err(failure) => Err(failure),
    }
}

async fn put(client: &Client, secret: &Secret, wanted: &Payload) -> Result<(), Failure> {
    let (text, binary) = parts(wanted);
    let request = client.put_secret_value().secret_id(&secret.name);
    let answer = request.set_secret_string(text).set_secret_binary(binary).send().await;
    answer.map(|_| ()).map_err(Failure::from).map_err(Failure::without_message)
}

fn parts(payload: &Payload) -> (Option<String>, Option<Blob>) {
    match payload {
        Payload::Text(text) => (Some(SecretString::expose_secret(text).to_owned()), None),
        Payload::Binary(bytes) => (None, Some(Blob::new(bytes.expose_secret().clone()))),
    }
}
