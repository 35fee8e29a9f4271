//! `seed`: every secret of the catalogue with its development value.

mod guard;
mod overrides;

use std::collections::BTreeMap;
use std::sync::Arc;

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

use guard::Target;

use super::{catalogue, progress};
use crate::cli::{Seed, Shared};
use crate::source::aws::{self, Emulator, Failure, Session, Why};
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
    let (values, warnings) = overrides::apply(&catalogue, &options.set)?;
    say(&warnings);
    let wanted = catalogue.secrets.iter().map(|secret| payload(secret, &values));
    let wanted: Vec<Payload> = wanted.collect::<Result<_>>()?;
    let rows = seed(&catalogue, &wanted, options)?;
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
            for key in secret.keys.iter().filter(|key| !key.path) {
                object.insert(key.label(), in_json(value(&key.variable), key.nested)?);
            }
            let mut text = serde_json::to_string(&object)?;
            for key in secret.keys.iter().filter(|key| key.path) {
                let inner = value::at_path(key.label(), in_json(value(&key.variable), key.nested)?);
                text = inner.and_then(|inner| value::merge(&text, &inner)).unwrap_or(text);
            }
            Ok(Payload::Text(text.into()))
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

fn seed<'a>(catalogue: &'a Catalogue, wanted: &[Payload], options: &Seed) -> Result<Vec<Row<'a>>> {
    aws::with_session(options.timeout, None, async |mut session| {
        let target = guard::check(&mut session, options.account.as_deref()).await?;
        let step = format!("seeding {} secrets at {}", catalogue.secrets.len(), session.endpoint);
        progress(&step);
        let _step = common::verbose::step(step);
        let names = catalogue.secrets.iter().map(|secret| secret.name.clone()).collect();
        let writer = Writer { session: Arc::new(session), target };
        let (mut found, _) = aws::read(&writer.session, names).await;
        let mut rows = Vec::new();
        let mut report = Report::default();
        for (secret, wanted) in catalogue.secrets.iter().zip(wanted) {
            let index = found.iter().position(|(name, _)| *name == secret.name);
            let outcome = match index.map(|index| found.swap_remove(index).1) {
                Some(Ok(now)) => writer.change(secret, &now, wanted).await,
                Some(Err(failure)) => writer.bring(secret, wanted, failure).await,
                None => writer.create(secret, wanted).await,
            };
            match outcome {
                Ok(action) => rows.push(Row { secret: &secret.name, action }),
                Err(failure) if failure.concerns_one_secret() => report
                    .push(Diagnostic::error("not-seeded", format!("{}: {failure}", secret.name))),
                Err(failure) => bail!(failure.stop(&writer.session.endpoint)),
            }
        }
        if report.has_errors() { bail!(Stop { status: Status::No, report }) } else { Ok(rows) }
    })
}

/// Writes secrets to a target that may be written to.
struct Writer {
    session: Arc<Session>,
    target: Target,
}

impl Writer {
    /// A secret that has a value.
    async fn change(
        &self,
        secret: &Secret,
        now: &Payload,
        wanted: &Payload,
    ) -> Result<Action, Failure> {
        if same(secret, now, wanted) {
            return Ok(Action::Unchanged);
        }
        let merged = match (now, wanted) {
            (Payload::Text(now), Payload::Text(wanted)) if secret.format == Format::Json => {
                value::merge(now.expose_secret(), wanted.expose_secret())
            }
            _ => None,
        };
        let merged = merged.map(|text| Payload::Text(text.into()));
        self.put(secret, merged.as_ref().unwrap_or(wanted)).await?;
        Ok(Action::Updated)
    }

    /// A secret that could not be read: not there yet, on its way out, or without a value.
    async fn bring(
        &self,
        secret: &Secret,
        wanted: &Payload,
        failure: Failure,
    ) -> Result<Action, Failure> {
        match failure.why() {
            Some(Why::Deleted) => {
                let request = async |client: &Client| {
                    client.restore_secret().secret_id(&secret.name).send().await
                };
                self.session.ask(request).await?;
                self.put(secret, wanted).await?;
                Ok(Action::Restored)
            }
            Some(Why::Missing | Why::NoValue) => self.create(secret, wanted).await,
            // A binary value that LocalStack has lost breaks every request for it.
            Some(Why::Unsupported) if self.loses(wanted) => {
                self.replace(secret, wanted).await.map(|()| Action::Updated)
            }
            _ => Err(failure),
        }
    }

    async fn create(&self, secret: &Secret, wanted: &Payload) -> Result<Action, Failure> {
        let request = async |client: &Client| {
            let (text, binary) = parts(wanted);
            let request = client.create_secret().name(&secret.name);
            let request = request.description(&secret.description);
            request.set_secret_string(text).set_secret_binary(binary).send().await
        };
        match self.session.ask(request).await.map_err(Failure::without_message) {
            Ok(_) => Ok(Action::Created),
            // It has no value yet, or somebody else has just created it.
            Err(failure) if failure.why() == Some(Why::Exists) => {
                self.put(secret, wanted).await.map(|()| Action::Updated)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Whether the target would lose this value.
    fn loses(&self, wanted: &Payload) -> bool {
        let binary = matches!(wanted, Payload::Binary(_));
        binary && self.target == Target::Emulator(Emulator::LocalStack)
    }

    async fn put(&self, secret: &Secret, wanted: &Payload) -> Result<(), Failure> {
        if self.loses(wanted) {
            return self.replace(secret, wanted).await;
        }
        let request = async |client: &Client| {
            let (text, binary) = parts(wanted);
            let request = client.put_secret_value().secret_id(&secret.name);
            request.set_secret_string(text).set_secret_binary(binary).send().await
        };
        self.session.ask(request).await.map(|_| ()).map_err(Failure::without_message)
    }

    /// LocalStack 4.12 loses a binary value that is put to a secret that exists, and no batch with it can be read
    /// any more.
    async fn replace(&self, secret: &Secret, wanted: &Payload) -> Result<(), Failure> {
        let delete = async |client: &Client| {
            let request = client.delete_secret().secret_id(&secret.name);
            request.force_delete_without_recovery(true).send().await
        };
        self.session.ask(delete).await.map_err(Failure::without_message)?;
        let create = async |client: &Client| {
            let (text, binary) = parts(wanted);
            let request = client.create_secret().name(&secret.name);
            let request = request.description(&secret.description);
            request.set_secret_string(text).set_secret_binary(binary).send().await
        };
        self.session.ask(create).await.map(|_| ()).map_err(Failure::without_message)
    }
}

/// Whether both give the same variables, however their JSON is written and whatever else it holds.
fn same(secret: &Secret, now: &Payload, wanted: &Payload) -> bool {
    let plain = |payload: &Payload| -> Option<Vec<(String, String)>> {
        let (variables, _) = value::variables(secret, payload).ok()?;
        Some(
            variables
                .into_iter()
                .map(|(name, value)| (name, value.expose_secret().to_owned()))
                .collect(),
        )
    };
    plain(now).is_some_and(|now| Some(now) == plain(wanted))
}

fn parts(payload: &Payload) -> (Option<String>, Option<Blob>) {
    match payload {
        Payload::Text(text) => (Some(SecretString::expose_secret(text).to_owned()), None),
        Payload::Binary(bytes) => (None, Some(Blob::new(bytes.expose_secret().clone()))),
    }
}
