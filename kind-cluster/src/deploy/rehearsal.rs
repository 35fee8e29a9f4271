//! The server's answers to a dry run and to an apply, and what a person reads of a refusal.

use std::collections::{BTreeMap, BTreeSet};

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use futures::StreamExt;
use serde_json::Value;

use super::immutable::{self, Immutable, Way};
use crate::cluster::{Cluster, MANAGER, Refusal, code, conflicts, said};
use crate::object::{Key, list, text};

/// Requests under way at the same time, while nothing is changed.
const AT_ONCE: usize = 8;

/// The server's answer to a dry run, as far as it changes how objects are applied.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rehearsed {
    /// The objects that are deleted first, and how.
    pub(crate) ways: BTreeMap<Key, Way>,
    /// Jobs that have failed before and do not change: they keep nothing else from being applied.
    pub(super) failed: BTreeSet<Key>,
}

/// Objects that may be deleted and made again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed {
    pub(crate) recreate: bool,
    pub(crate) retry_jobs: bool,
}

/// Asks the server what it would say to each object, and reports everything that it would refuse,
/// before anything is changed. Objects of a namespace or a kind that is not there yet are checked when they
/// are applied.
pub(crate) async fn rehearse(
    cluster: &Cluster,
    objects: &[Value],
    force: bool,
    allowed: Allowed,
) -> Result<Rehearsed, Stop> {
    let mut report = Report::default();
    let mut rehearsed = Rehearsed::default();
    let answers = futures::stream::iter(objects)
        .map(async |object| (object, cluster.rehearse(object, force).await))
        .buffered(AT_ONCE);
    let answers: Vec<(&Value, Result<Value, kube::Error>)> = answers.collect().await;
    for (object, answer) in answers {
        let key = Key::of(object);
        let error = match answer {
            Ok(then) if immutable::has_failed(&then) && allowed.retry_jobs => {
                rehearsed.ways.insert(key, Way::Again);
                continue;
            }
            Ok(then) => {
                if immutable::has_failed(&then) {
                    rehearsed.failed.insert(key);
                }
                continue;
            }
            Err(error) => error,
        };
        let refused = Refusal::of(&error);
        if refused.passes() || code(&error) == Some(404) {
            continue;
        }
        if !conflicts(&error).is_empty() || refused == Refusal::WrongType {
            report.push(refusal(&key, &error));
            continue;
        }
        match Immutable::of(cluster, object, refused == Refusal::Immutable).await? {
            None => report.push(refusal(&key, &error)),
            Some(found) if found.is_going() => {}
            Some(found) if found.way != Way::Never && (found.harmless || allowed.recreate) => {
                rehearsed.ways.insert(key, found.way);
            }
            Some(found) => report.push(found.diagnostic(&said(&error))),
        }
    }
    Stop::check(report)?;
    Ok(rehearsed)
}

/// Why an object could not be applied, at once or in time.
pub(super) fn not_applied(key: &Key, error: &kube::Error) -> Stop {
    let (code, hint) = match Refusal::of(error) {
        Refusal::NotServed => (
            "not-served",
            "is the component that defines it installed? `kind-cluster create` does that",
        ),
        Refusal::Webhook => {
            ("webhook-refusing", "look at the pods of the operator that owns the webhook")
        }
        Refusal::Busy | Refusal::Terminating => {
            ("api-failed", "look at the API server: `kind-cluster doctor`")
        }
        Refusal::WrongType | Refusal::Immutable | Refusal::Other => {
            return Stop::new(Status::No, refusal(key, error));
        }
    };
    let message = format!("{key} could not be applied: {}", said(error));
    Stop::unfinished(code, message).hint(hint)
}

fn refusal(key: &Key, error: &kube::Error) -> Diagnostic {
    let conflicts = conflicts(error);
    if conflicts.is_empty() {
        return Diagnostic::error("refused", format!("{key} is refused: {}", said(error)));
    }
    let shown: Vec<String> =
        conflicts.iter().map(|(manager, field)| format!("{field}: {manager}")).collect();
    let message = format!("{key} has fields of other field managers: {}", shown.join("; "));
    Diagnostic::error("conflict", message)
        .hint("remove them from the overlay, or take them over with --force-conflicts")
}

/// Whether an object was applied by this tool.
pub(crate) fn is_ours(object: &Value) -> bool {
    list(object, "/metadata/managedFields")
        .iter()
        .any(|entry| text(entry, "/manager") == MANAGER && text(entry, "/operation") == "Apply")
}
