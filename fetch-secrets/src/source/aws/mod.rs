//! Secrets Manager: batches of 20, reconciled, with single requests where batches fail.
//!
//! BatchGetSecretValue answers 200 with a list of errors for the ids that failed. Stand-ins
//! let an id vanish from both lists, or fail the whole batch for one bad id. So every id that
//! was asked for and did not come back is asked for once more, alone.

mod emulator;
mod failure;
mod search;
mod session;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::batch_get_secret_value::BatchGetSecretValueOutput;
use aws_sdk_secretsmanager::primitives::Blob;
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use secrecy::SecretBox;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::cli::{Search, Selection};
use crate::value::Payload;
use versions::Versions;

pub(crate) use emulator::Emulator;
pub(crate) use failure::{Failure, Why};
pub(crate) use session::{Session, with_session};

/// The most ids that one BatchGetSecretValue takes.
const BATCH: usize = 20;
/// Single requests under way at once; Secrets Manager allows far more per second.
const SINGLES: usize = 8;

/// The secrets that a run asks for.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// The catalogue's secrets.
    Names(Vec<String>),
    /// The secrets that a search in Secrets Manager finds.
    Search(Search),
}

/// The answer of Secrets Manager.
pub(crate) struct Fetched {
    /// Secret name → value, for those that could be read.
    pub(crate) payloads: BTreeMap<String, Payload>,
    /// The worst thing that happened.
    pub(crate) status: Status,
    /// One error for every secret that could not be read, and warnings.
    pub(crate) report: Report,
}

/// Fetches the wanted secrets.
///
/// # Errors
/// Failures that concern no single secret: credentials, the endpoint, the deadline.
pub(crate) fn fetch(wanted: &Wanted, selection: &Selection) -> Result<Fetched> {
    let versions = Versions::of(selection)?;
    let fetch_from = |deadline, region| fetch_from(wanted, &versions, deadline, region);
    if let Wanted::Names(names) = wanted {
        versions.check(names)?;
        if names.is_empty() {
            let report = Report::default();
            return Ok(Fetched { payloads: BTreeMap::new(), status: Status::Done, report });
        }
    }
    let Some(fallback) = &selection.fallback_region else {
        return fetch_from(selection.timeout, None);
    };
    // Half of the time for each, so that a region that is silent leaves some for the other.
    let per_region = selection.timeout / 2;
    let first = match fetch_from(per_region, None) {
        Err(error) => Stop::from(error),
        fetched => return fetched,
    };
    if first.status != Status::Unfinished {
        bail!(first);
    }
    match fetch_from(per_region, Some(fallback)) {
        Ok(mut fetched) => {
            let message =
                format!("the secrets are those of the region {fallback}: {}", first.reason());
            fetched.report.push(Diagnostic::warning("fallback-region", message));
            Ok(fetched)
        }
        Err(error) => {
            let mut both = first;
            both.add(Stop::from(error));
            bail!(both)
        }
    }
}

/// Fetches the wanted secrets from one region.
fn fetch_from(
    wanted: &Wanted,
    versions: &Versions,
    deadline: Duration,
    region: Option<&str>,
) -> Result<Fetched> {
    with_session(deadline, region, async move |mut session| {
        session.sign_in().await?;
        let names = match wanted {
            Wanted::Names(names) => names.clone(),
            Wanted::Search(search) => {
                let names = search::names(&session, search).await?;
                versions.check(&names)?;
                names
            }
        };
        let step = format!("fetching {} secrets from {}", names.len(), session.endpoint);
        crate::command::progress(&step);
        let _step = common::verbose::step(step);
        let session = Arc::new(session);
        // A batch gives the current versions alone.
        let (current, others) = versions.split(names);
        let (mut found, warnings) = read(&session, current).await;
        found.extend(singles(&session, others, versions).await);
        collect(found, warnings, &session).await
    })
}

/// Every name with its value or the reason why there is none, and warnings.
pub(crate) async fn read(
    session: &Arc<Session>,
    names: Vec<String>,
) -> (Vec<(String, Result<Payload, Failure>)>, Report) {
    let mut batches = JoinSet::new();
    for chunk in names.chunks(BATCH) {
        let (session, chunk) = (Arc::clone(session), chunk.to_vec());
        batches.spawn_local(async move {
            let ids = chunk.clone();
            let request = async |client: &Client| {
                let request = client.batch_get_secret_value();
                request.set_secret_id_list(Some(ids.clone())).send().await
            };
            let answer = session.ask(request).await;
            (chunk, answer)
        });
    }
    let mut found = Vec::new();
    let mut alone = Vec::new();
    let mut refused = BTreeSet::new();
    for (chunk, answer) in batches.join_all().await {
        match answer {
            Ok(answer) => reconcile(chunk, answer, &mut found, &mut alone),
            Err(failure) if failure.concerns_one_secret() => {
                if failure.is_refusal() {
                    refused.insert(failure.to_string());
                }
                alone.extend(chunk);
            }
            Err(failure) => {
                found.extend(chunk.into_iter().map(|name| (name, Err(failure.clone()))));
            }
        }
    }
    let mut warnings = Report::default();
    if let Some(reason) = refused.first() {
        let message =
            format!("secrets are fetched one by one, BatchGetSecretValue failed: {reason}");
        let hint = "allow secretsmanager:BatchGetSecretValue on \"*\"; it reads nothing by itself";
        warnings.push(Diagnostic::warning("no-batch", message).hint(hint));
    }
    found.extend(singles(session, alone, &Versions::default()).await);
    (found, warnings)
}

/// Sorts a batch's answer into values, failures, and ids that are in neither list.
fn reconcile(
    mut chunk: Vec<String>,
    answer: BatchGetSecretValueOutput,
    found: &mut Vec<(String, Result<Payload, Failure>)>,
    alone: &mut Vec<String>,
) {
    for value in answer.secret_values.unwrap_or_default() {
        let is_it = |id: &&String| {
            Some(id.as_str()) == value.name.as_deref() || Some(id.as_str()) == value.arn.as_deref()
        };
        let Some(id) = chunk.iter().find(is_it).cloned() else { continue };
        if let Some(payload) = payload(value.secret_string, value.secret_binary) {
            chunk.retain(|name| *name != id);
            found.push((id, Ok(payload)));
        }
    }
    for error in answer.errors.unwrap_or_default() {
        let Some(id) = error.secret_id else { continue };
        if chunk.contains(&id) {
            chunk.retain(|name| *name != id);
            let failure = Failure::of_secret(error.error_code.as_deref(), error.message.as_deref());
            found.push((id, Err(failure)));
        }
    }
    alone.append(&mut chunk);
}

/// GetSecretValue for each name, a few at once.
async fn singles(
    session: &Arc<Session>,
    names: Vec<String>,
    versions: &Versions,
) -> Vec<(String, Result<Payload, Failure>)> {
    let slots = Arc::new(Semaphore::new(SINGLES));
    let mut requests = JoinSet::new();
    for name in names {
        let (session, slots) = (Arc::clone(session), Arc::clone(&slots));
        let (stage, id) = versions.of_secret(&name);
        requests.spawn_local(async move {
            let _slot = slots.acquire().await;
            let request = async |client: &Client| {
                let request = client.get_secret_value().secret_id(&name);
                request.set_version_stage(stage.clone()).set_version_id(id.clone()).send().await
            };
            let answer = session.ask(request).await.and_then(|value| {
                payload(value.secret_string, value.secret_binary).ok_or_else(Failure::no_value)
            });
            (name, answer)
        });
    }
    requests.join_all().await
}

fn payload(text: Option<String>, binary: Option<Blob>) -> Option<Payload> {
    match (text, binary) {
        (Some(text), _) => Some(Payload::Text(text.into())),
        // LocalStack gives an empty one where it has lost the value; AWS has no empty ones.
        (None, Some(blob)) if blob.as_ref().is_empty() => None,
        (None, Some(blob)) => Some(Payload::Binary(SecretBox::new(Box::new(blob.into_inner())))),
        (None, None) => None,
    }
}

/// Splits values from failures. A failure that concerns no single secret is reported once.
async fn collect(
    found: Vec<(String, Result<Payload, Failure>)>,
    warnings: Report,
    session: &Session,
) -> Result<Fetched> {
    let mut fetched = Fetched { payloads: BTreeMap::new(), status: Status::Done, report: warnings };
    // In the order of their names, whatever came back first.
    let found: BTreeMap<_, _> = found.into_iter().collect();
    let mut failures = found.values().filter_map(|outcome| outcome.as_ref().err());
    if let Some(failure) = failures.find(|failure| !failure.concerns_one_secret()) {
        bail!(failure.stop(&session.endpoint));
    }
    let missing = |outcome: &Result<_, Failure>| {
        outcome.as_ref().is_err_and(|failure| failure.why() == Some(Why::Missing))
    };
    let place = match found.values().any(missing) {
        true => session.place().await,
        false => String::new(),
    };
    for (name, outcome) in found {
        let failure = match outcome {
            Ok(payload) => {
                fetched.payloads.insert(name, payload);
                continue;
            }
            Err(failure) => failure,
        };
        fetched.status = Status::No;
        let message = match failure.why() {
            Some(Why::Missing) => format!("{name}: {failure}; {place}"),
            _ => format!("{name}: {failure}"),
        };
        let diagnostic = Diagnostic::error("secret-not-readable", message);
        fetched.report.push(diagnostic.hint_if(failure.hint(&name)));
    }
    Ok(fetched)
}
