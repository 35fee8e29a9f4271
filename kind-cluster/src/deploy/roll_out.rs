//! Objects applied phase by phase: each phase waits for what it needs of the one before.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::retry::poll;
use common::stop::Stop;
use serde_json::Value;

use super::display::{self, Display};
use super::explain::{self, Secrets};
use crate::cluster::live::{Live, Seen};
use crate::cluster::{Cluster, MANAGER, Refusal, code, conflicts, said};
use crate::object::{Key, list, number, text, typed};
use crate::order;
use crate::readiness::{Cause, Failure, Rule, State, assess};

/// How long an object is tried that an operator's webhook or the API server does not take yet.
const PATIENCE: Duration = Duration::from_secs(120);

/// The objects to apply.
pub(crate) struct RollOut<'a> {
    pub(crate) objects: &'a [Value],
    /// Take over other managers' fields.
    pub(crate) force: bool,
    pub(crate) deadline: Instant,
    /// The name of the roll-out, for messages.
    pub(crate) what: &'a str,
}

/// How it ended.
pub(crate) struct Ended {
    /// Every object that was applied, with its last state.
    pub(crate) states: Vec<(Value, State)>,
    /// Why it ended early.
    pub(crate) stop: Option<Stop>,
    /// Events and log lines of the failed objects.
    pub(crate) details: BTreeMap<Key, String>,
}

/// Applies everything and waits until it is ready.
pub(crate) async fn run(cluster: &Cluster, roll: &RollOut<'_>) -> Result<(), Stop> {
    match try_run(cluster, roll).await?.stop {
        None => Ok(()),
        Some(stop) => Err(stop),
    }
}

/// The same, with the states of all objects however it ends.
pub(crate) async fn try_run(cluster: &Cluster, roll: &RollOut<'_>) -> Result<Ended, Stop> {
    let phases = order::phases(roll.objects).map_err(|problems| {
        let mut report = Report::default();
        report.extend(problems);
        Stop { status: Status::No, report }
    })?;
    let mut work = Work {
        cluster,
        roll,
        live: Live::new(cluster),
        applied: Vec::new(),
        display: Display::new(),
        details: BTreeMap::new(),
    };
    let mut stop = None;
    for (number, phase) in phases.iter().enumerate() {
        let last = number + 1 == phases.len();
        let awaited: Vec<Key> =
            phase.awaited.iter().map(|index| Key::of(&roll.objects[*index])).collect();
        if let Err(stopped) = work.phase(&phase.objects, (!last).then_some(awaited)).await {
            stop = Some(stopped);
            break;
        }
    }
    work.display.finish();
    let mut states = work.states();
    for (object, state) in &mut states {
        if let State::Failed(failure) = state {
            let namespace = text(object, "/metadata/namespace");
            failure.reason = Secrets::of(cluster, namespace).await.hide(&failure.reason);
        }
    }
    Ok(Ended { states, stop, details: work.details })
}

struct Work<'a> {
    cluster: &'a Cluster,
    roll: &'a RollOut<'a>,
    live: Live,
    /// The applied objects, as the server answered.
    applied: Vec<Value>,
    display: Display,
    details: BTreeMap<Key, String>,
}

impl Work<'_> {
    /// Applies a phase, then waits for some of it, or for everything that was applied so far.
    async fn phase(&mut self, objects: &[usize], only: Option<Vec<Key>>) -> Result<(), Stop> {
        for index in objects {
            let object = &self.roll.objects[*index];
            let answer = self.apply(object).await?;
            // A kind that is not in the answer would not be found again.
            let answer = typed(answer, text(object, "/apiVersion"), text(object, "/kind"));
            self.follow(&answer).await?;
            self.applied.push(answer);
        }
        self.wait(only).await
    }

    async fn apply(&mut self, object: &Value) -> Result<Value, Stop> {
        let end = self.roll.deadline.min(Instant::now() + PATIENCE);
        let key = Key::of(object);
        let mut said_so = false;
        let passes = |answer: &Result<Value, kube::Error>| {
            answer.as_ref().is_err_and(|error| Refusal::of(error).passes())
        };
        let answer = poll(end, passes, async || {
            let answer = self.cluster.apply(object, self.roll.force).await;
            if let Err(error) = &answer
                && passes(&answer)
                && !said_so
            {
                self.display.note(&format!("{key} is tried again: {}", said(error)));
                said_so = true;
            }
            answer
        });
        answer.await.map_err(|error| not_applied(&key, &error))
    }

    /// Watches what the object's state depends on.
    async fn follow(&mut self, object: &Value) -> Result<(), Stop> {
        let namespace = text(object, "/metadata/namespace");
        self.live.follow(text(object, "/apiVersion"), text(object, "/kind"), namespace).await?;
        for versions in Rule::of(object).watched() {
            for (version, kind) in *versions {
                if self.live.follow(version, kind, namespace).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Waits for `only`, or for everything; fails when anything that was applied has failed.
    async fn wait(&mut self, only: Option<Vec<Key>>) -> Result<(), Stop> {
        let mut changes = self.live.changes();
        loop {
            changes.mark_unchanged();
            self.live.discover(&self.applied).await;
            let states = self.states();
            self.display.show(&states);
            let failed: Vec<(&Value, &Failure)> = states
                .iter()
                .filter_map(|(object, state)| match state {
                    State::Failed(failure) => Some((object, failure)),
                    State::Ready | State::InProgress(_) | State::Skipped(_) => None,
                })
                .collect();
            if !failed.is_empty() {
                return Err(self.failed(&failed).await);
            }
            let waiting: Vec<&(Value, State)> = states
                .iter()
                .filter(|(object, _)| {
                    only.as_ref().is_none_or(|only| only.contains(&Key::of(object)))
                })
                .filter(|(_, state)| !state.is_settled())
                .collect();
            if waiting.is_empty() {
                return Ok(());
            }
            if Instant::now() >= self.roll.deadline {
                return Err(self.late(&waiting));
            }
            let pause = Duration::from_secs(1)
                .min(self.roll.deadline.saturating_duration_since(Instant::now()));
            let _ = tokio::time::timeout(pause, changes.changed()).await;
        }
    }

    /// Every applied object with its state right now.
    fn states(&self) -> Vec<(Value, State)> {
        let seen = self.live.seen();
        self.applied.iter().map(|object| (object.clone(), state(object, &seen))).collect()
    }

    async fn failed(&mut self, failed: &[(&Value, &Failure)]) -> Stop {
        self.display.finish();
        let mut report = Report::default();
        for (object, failure) in failed {
            let key = Key::of(object);
            let secrets = Secrets::of(self.cluster, text(object, "/metadata/namespace")).await;
            let details = explain::details(self.cluster, object, &self.live, &secrets).await;
            if !details.is_empty() {
                display::block(&format!("events and log lines of {key}"), &details);
                self.details.insert(key.clone(), details);
            }
            let message = secrets.hide(&format!("{key} failed: {}", failure.reason));
            report.push(Diagnostic::error(failure_code(object, failure.cause), message).hint(
                "its last events and log lines are above; the rest of the deployment stays as it is. If the \
                 cause was outside its template and has been mended, delete its pods: a back-off lasts minutes",
            ));
        }
        Stop { status: Status::No, report }
    }

    fn late(&self, waiting: &[&(Value, State)]) -> Stop {
        let mut report = Report::default();
        for (object, state) in waiting {
            let message = format!("{} is not ready: {}", Key::of(object), state.reason());
            report.push(Diagnostic::error("not-ready", message));
        }
        if let Some(trouble) = &self.live.seen().trouble {
            report.push(Diagnostic::error("watch", trouble.clone()));
        }
        let message = format!("{} was not ready in time", self.roll.what);
        report.push(
            Diagnostic::error("timeout", message)
                .hint("the cluster goes on; run the same again, or give more time with --timeout"),
        );
        Stop { status: Status::Unfinished, report }
    }
}

/// The state of an object that was applied, going by what the watches have brought since.
fn state(applied: &Value, seen: &Seen) -> State {
    let key = Key::of(applied);
    let Some(now) = seen.world.objects.get(&key) else {
        return match seen.gone.get(&key) {
            // A Job with a time to live goes when it has ended, and that it ended badly was seen.
            Some(last) if key.kind == "Job" => match assess(last, &seen.world) {
                State::InProgress(_) if last["spec"]["ttlSecondsAfterFinished"].is_null() => {
                    State::failed("somebody has deleted it before it had ended")
                }
                State::Failed(failure) => State::Failed(failure),
                _ => State::Ready,
            },
            _ => State::InProgress("not there".into()),
        };
    };
    // An older object would show the state from before it was applied.
    if number(now, "/metadata/generation") < number(applied, "/metadata/generation") {
        return State::InProgress("the change has not arrived yet".into());
    }
    assess(now, &seen.world)
}

fn failure_code(object: &Value, cause: Cause) -> &'static str {
    match cause {
        Cause::CrashLoop => "crash-loop",
        Cause::Image => "image",
        Cause::Other if text(object, "/kind") == "Job" => "job-failed",
        Cause::Other => "failed",
    }
}

/// Why an object could not be applied, at once or in time.
fn not_applied(key: &Key, error: &kube::Error) -> Stop {
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
        let diagnostic = Diagnostic::error("refused", format!("{key} is refused: {}", said(error)));
        return match Refusal::of(error) {
            Refusal::Immutable => {
                diagnostic.hint("that field cannot change; delete the object and deploy again")
            }
            _ => diagnostic,
        };
    }
    let shown: Vec<String> =
        conflicts.iter().map(|(manager, field)| format!("{field}: {manager}")).collect();
    let message = format!("{key} has fields that somebody else has set: {}", shown.join("; "));
    Diagnostic::error("conflict", message)
        .hint("take them out of the overlay, or take them over with --force-conflicts")
}

/// Asks the server what it would say to each object, and reports everything that it would refuse,
/// before anything is changed. Objects of a namespace or a kind that is not there yet are checked when they
/// are applied.
pub(crate) async fn rehearse(
    cluster: &Cluster,
    objects: &[Value],
    force: bool,
) -> Result<(), Stop> {
    let mut report = Report::default();
    for object in objects {
        let Err(error) = cluster.rehearse(object, force).await else { continue };
        if Refusal::of(&error).passes() || code(&error) == Some(404) {
            continue;
        }
        report.push(refusal(&Key::of(object), &error));
    }
    Stop::check(report)
}

/// Whether an object was applied by this tool.
pub(crate) fn is_ours(object: &Value) -> bool {
    list(object, "/metadata/managedFields")
        .iter()
        .any(|entry| text(entry, "/manager") == MANAGER && text(entry, "/operation") == "Apply")
}
