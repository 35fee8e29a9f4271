//! Objects applied phase by phase: each phase waits for what it needs of the one before.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::retry::poll;
use common::stop::Stop;
use serde_json::{Value, json};

use super::display::{self, Display};
use super::explain::{self, Secrets};
use super::immutable;
use super::rehearsal::{Rehearsed, not_applied};
use super::state::{failure_code, state};
use crate::cli::{Format, Shared};
use crate::cluster::live::Live;
use crate::cluster::{Cluster, Refusal, said, stop};
use crate::object::{Key, meta, template, text, typed};
use crate::order;
use crate::readiness::{Failure, Rule, State, holder, outdated};
use crate::report::{self, Check};

/// How long an object is tried that an operator's webhook or the API server does not take yet.
const PATIENCE: Duration = Duration::from_secs(120);
/// The pause before secrets are read again.
const ASK_AGAIN: Duration = Duration::from_secs(10);
/// Restarts of a container that are no failure, where no option says another number.
const RESTARTS: i64 = 5;
/// Kept on a workload from the change of its template until its rollback has ended, with the template's
/// fingerprint: after a kill, the next run finishes instead of going back to where it came from.
pub(crate) const ROLLBACK: &str = "kind-cluster/rollback-under-way";

/// The patch that ends a rollback.
pub(crate) fn rollback_over() -> Value {
    json!({"metadata": {"annotations": {ROLLBACK: null}}})
}

/// The objects to apply.
pub(crate) struct RollOut<'a> {
    pub(crate) objects: &'a [Value],
    /// Take over other managers' fields.
    pub(crate) force: bool,
    pub(crate) deadline: Instant,
    /// The name of the roll-out, for messages.
    pub(crate) name: &'a str,
    /// The server's earlier answer.
    pub(crate) rehearsed: Rehearsed,
    /// Restarts of a container that are no failure yet.
    pub(crate) restarts: i64,
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
    let mut work = Work::new(cluster, roll);
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
    Ok(work.end(stop).await)
}

/// Waits until objects that were changed are ready.
pub(crate) async fn settle(
    cluster: &Cluster,
    applied: Vec<Value>,
    deadline: Instant,
    name: &str,
) -> Result<Ended, Stop> {
    let rehearsed = Rehearsed::default();
    let roll =
        RollOut { objects: &[], force: false, deadline, name, rehearsed, restarts: RESTARTS };
    let mut work = Work::new(cluster, &roll);
    for object in applied {
        work.follow(&object).await?;
        work.applied.push(object);
    }
    let stop = work.wait(None).await.err();
    Ok(work.end(stop).await)
}

/// Writes the outcome of each object, after some other checks.
pub(crate) fn publish(
    title: &str,
    ended: &Ended,
    mut checks: Vec<Check>,
    shared: &Shared,
) -> Result<Status, Stop> {
    let others = checks.split_off(0);
    checks.extend(outcomes(ended));
    checks.extend(others);
    match &ended.stop {
        None => report::publish(title, &checks, shared.format),
        Some(stop) => {
            // People read what went wrong on stderr; the whole table would bury it.
            if shared.format != Format::Text {
                report::publish(title, &checks, shared.format)?;
            }
            Err(stop.clone())
        }
    }
}

/// One line for each object that has a state of its own.
fn outcomes(ended: &Ended) -> Vec<Check> {
    let worth = |object: &Value| Rule::of(object).has_state() || template(object).is_some();
    let check = |(object, state): &(Value, State)| {
        let name = Key::of(object).to_string();
        match state {
            State::Ready => Check::ok("objects", name, "ready"),
            State::Skipped(reason) => Check::skipped("objects", name, reason),
            State::InProgress(reason) => Check::failed("objects", name, "not-ready", reason),
            State::Failed(Failure { reason, .. }) => {
                let details = ended.details.get(&Key::of(object));
                let text = details.map_or(reason.clone(), |more| format!("{reason}\n{more}"));
                Check::failed("objects", name, "failed", text)
            }
        }
    };
    ended.states.iter().filter(|(object, _)| worth(object)).map(check).collect()
}

struct Work<'a> {
    cluster: &'a Cluster,
    roll: &'a RollOut<'a>,
    live: Live,
    /// The applied objects, as the server answered.
    applied: Vec<Value>,
    display: Display,
    details: BTreeMap<Key, String>,
    /// When secrets were last read again.
    asked: Option<Instant>,
    /// The pods that were deleted because an update waited for them. A pod of a StatefulSet has its successor's name,
    /// so each is deleted only once.
    replaced: BTreeSet<Key>,
}

impl<'a> Work<'a> {
    fn new(cluster: &'a Cluster, roll: &'a RollOut<'a>) -> Self {
        Work {
            cluster,
            roll,
            live: Live::new(cluster, roll.restarts),
            applied: Vec::new(),
            display: Display::new(),
            details: BTreeMap::new(),
            asked: None,
            replaced: BTreeSet::new(),
        }
    }

    /// The states of all objects at the end.
    async fn end(mut self, stop: Option<Stop>) -> Ended {
        self.display.finish();
        let mut states = self.states();
        for (object, state) in &mut states {
            if let State::Failed(failure) = state {
                let namespace = text(object, "/metadata/namespace");
                failure.reason = Secrets::of(self.cluster, namespace).await.hide(&failure.reason);
            }
        }
        Ended { states, stop, details: self.details }
    }

    /// Applies a phase, then waits for some of it, or for everything that was applied so far.
    async fn phase(&mut self, objects: &[usize], only: Option<Vec<Key>>) -> Result<(), Stop> {
        for index in objects {
            let object = &self.roll.objects[*index];
            let answer = self.apply(object).await?;
            // A kind that is not in the answer would not be found again.
            let answer = typed(answer, text(object, "/apiVersion"), text(object, "/kind"));
            self.follow(&answer).await?;
            self.end_rollback(&answer).await?;
            self.applied.push(answer);
        }
        self.wait(only).await
    }

    /// A rollback that was interrupted does not go on after a later deployment.
    async fn end_rollback(&self, object: &Value) -> Result<(), Stop> {
        if meta(object, "annotations", ROLLBACK).is_none() {
            return Ok(());
        }
        let ended = self.cluster.merge(object, &rollback_over()).await;
        ended.map(|_| ()).map_err(|error| stop("cannot end an interrupted rollback", &error))
    }

    /// Applies an object, once one that is being deleted has made room.
    async fn apply(&mut self, object: &Value) -> Result<Value, Stop> {
        let key = Key::of(object);
        if let Some(way) = self.roll.rehearsed.ways.get(&key) {
            self.display.note(&format!("{key} is recreated"));
            immutable::clear(self.cluster, object, way, self.roll.deadline).await?;
        }
        loop {
            let answer = self.try_apply(object, &key).await?;
            if text(&answer, "/metadata/deletionTimestamp").is_empty() {
                return Ok(answer);
            }
            self.display.note(&format!("waiting for the deletion of {key}: {}", holder(&answer)));
            self.gone(&answer, &key, object).await?;
        }
    }

    async fn try_apply(&mut self, object: &Value, key: &Key) -> Result<Value, Stop> {
        let soon = Instant::now() + PATIENCE;
        let mut said_so = false;
        let passes = |answer: &Result<Value, kube::Error>| {
            answer.as_ref().is_err_and(|error| match Refusal::of(error) {
                Refusal::Terminating => true,
                other => other.passes() && Instant::now() < soon,
            })
        };
        let answer = poll(self.roll.deadline, passes, async || {
            let answer = self.cluster.apply(object, self.roll.force).await;
            if let Err(error) = &answer
                && passes(&answer)
                && !said_so
            {
                self.display.note(&format!("applying {key} again: {}", said(error)));
                said_so = true;
            }
            answer
        });
        match answer.await {
            Err(error) if Refusal::of(&error) == Refusal::Terminating => {
                let space = text(object, "/metadata/namespace");
                let found = self.cluster.get("v1", "Namespace", "", space).await?;
                let why = found.as_ref().map_or(said(&error), holder);
                let message = format!("{key} could not be applied: Namespace/{space} is {why}");
                Err(Stop::unfinished("terminating", message).hint(HELD))
            }
            answer => answer.map_err(|error| not_applied(key, &error)),
        }
    }

    /// Waits until an object that is being deleted is gone.
    async fn gone(&self, old: &Value, key: &Key, object: &Value) -> Result<(), Stop> {
        let version = text(object, "/apiVersion");
        let is_there = |answer: &Result<Option<Value>, Stop>| matches!(answer, Ok(Some(_)));
        let left = poll(self.roll.deadline, is_there, async || {
            let found = self.cluster.get(version, &key.kind, &key.namespace, &key.name).await?;
            Ok(found.filter(|now| now["metadata"]["uid"] == old["metadata"]["uid"]))
        });
        match left.await? {
            None => Ok(()),
            Some(still) => {
                let message = format!("{key} is still there: {}", holder(&still));
                Err(Stop::unfinished("terminating", message).hint(HELD))
            }
        }
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
            let wanted =
                |object: &Value| only.as_ref().is_none_or(|only| only.contains(&Key::of(object)));
            let failed: Vec<(&Value, &Failure)> = states
                .iter()
                .filter_map(|(object, state)| match state {
                    State::Failed(failure) => Some((object, failure)),
                    State::Ready | State::InProgress(_) | State::Skipped(_) => None,
                })
                .collect();
            // A Job that failed long ago ends the run only where something waits for it, or last.
            let is_old = |object: &Value| self.roll.rehearsed.failed.contains(&Key::of(object));
            let awaited = |object: &Value| only.is_some() && wanted(object);
            if failed.iter().any(|(object, _)| !is_old(object) || awaited(object)) {
                return Err(self.failed(&failed).await);
            }
            let waiting: Vec<&(Value, State)> = states
                .iter()
                .filter(|(object, _)| wanted(object))
                .filter(|(_, state)| matches!(state, State::InProgress(_)))
                .collect();
            if waiting.is_empty() {
                return match only.is_none() && !failed.is_empty() {
                    true => Err(self.failed(&failed).await),
                    false => Ok(()),
                };
            }
            if Instant::now() >= self.roll.deadline {
                return Err(self.late(&waiting).await);
            }
            let secrets: Vec<Value> = waiting
                .iter()
                .filter(|(object, _)| Rule::of(object) == Rule::ExternalSecret)
                .map(|(object, _)| object.clone())
                .collect();
            self.read_again(&secrets).await;
            self.replace_stuck().await?;
            let pause = Duration::from_secs(1)
                .min(self.roll.deadline.saturating_duration_since(Instant::now()));
            let _ = tokio::time::timeout(pause, changes.changed()).await;
        }
    }

    /// Has External Secrets read secrets again: a store that was away, such as a LocalStack that was
    /// replaced, is otherwise asked at the next interval only.
    async fn read_again(&mut self, secrets: &[Value]) {
        if secrets.is_empty() || self.asked.is_some_and(|asked| asked.elapsed() < ASK_AGAIN) {
            return;
        }
        self.asked = Some(Instant::now());
        let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        for secret in secrets {
            let patch = json!({"metadata": {"annotations": {"force-sync": now}}});
            // The wait goes on without it, and says why.
            let _ = self.cluster.merge(secret, &patch).await;
        }
    }

    /// Deletes pods of an older revision that never start: the update would wait for them for ever.
    async fn replace_stuck(&mut self) -> Result<(), Stop> {
        let stuck: Vec<Value> = {
            let seen = self.live.seen();
            let now = self.applied.iter().filter_map(|o| seen.world.objects.get(&Key::of(o)));
            now.filter_map(|now| outdated::stuck(now, &seen.world)).cloned().collect()
        };
        for pod in stuck {
            let key = Key::of(&pod);
            if !self.replaced.insert(key.clone()) {
                continue;
            }
            self.display.note(&format!(
                "{key} of an older revision does not start: it is deleted for its successor"
            ));
            self.cluster.delete_this(&pod).await?;
        }
        Ok(())
    }

    /// Every applied object with its state right now.
    fn states(&self) -> Vec<(Value, State)> {
        let seen = self.live.seen();
        self.applied.iter().map(|object| (object.clone(), state(object, &seen))).collect()
    }

    /// Shows an object's events and last log lines, and returns the values that its message must hide.
    async fn show_details(&mut self, object: &Value, key: &Key) -> Secrets {
        let secrets = Secrets::of(self.cluster, text(object, "/metadata/namespace")).await;
        let details = explain::details(self.cluster, object, &self.live, &secrets).await;
        if !details.is_empty() {
            display::block(&format!("events and log lines of {key}"), &details);
            self.details.insert(key.clone(), details);
        }
        secrets
    }

    async fn failed(&mut self, failed: &[(&Value, &Failure)]) -> Stop {
        self.display.finish();
        let mut report = Report::default();
        for (object, failure) in failed {
            let key = Key::of(object);
            let secrets = self.show_details(object, &key).await;
            let message = secrets.hide(&format!("{key} failed: {}", failure.reason));
            let again = match key.kind.as_str() {
                "Job" => {
                    "`kind-cluster deploy --retry-jobs` runs it again; a changed template does, too"
                }
                _ => {
                    "if the cause was outside its template and has been mended, `kind-cluster restart` \
                      starts its pods at once: a back-off lasts minutes"
                }
            };
            report.push(Diagnostic::error(failure_code(object, failure.cause), message).hint(
                format!("its last events and log lines are above; the rest of the deployment stays as it is; {again}"),
            ));
        }
        Stop { status: Status::No, report }
    }

    /// The deadline has passed: why, for each object, with its last events and log lines.
    async fn late(&mut self, waiting: &[&(Value, State)]) -> Stop {
        self.display.finish();
        let mut report = Report::default();
        for (object, state) in waiting {
            let key = Key::of(object);
            let secrets = self.show_details(object, &key).await;
            let message = secrets.hide(&format!("{key} is not ready: {}", state.reason()));
            report.push(Diagnostic::error("not-ready", message));
        }
        if let Some(trouble) = &self.live.seen().trouble {
            report.push(Diagnostic::error("watch", trouble.clone()));
        }
        let message = format!("{} was not ready before the deadline", self.roll.name);
        report.push(
            Diagnostic::error("timeout", message)
                .hint("run the same command again, or give more time with --timeout; the cluster continues meanwhile"),
        );
        Stop { status: Status::Unfinished, report }
    }
}

/// The reason why an object that is being deleted is still there.
const HELD: &str = "the controller of the finalizer removes it; if the controller is gone for good, \
                    remove it with `kubectl patch`, and clean up for the controller by hand";
