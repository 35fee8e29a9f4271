//! All faults of the cluster at once: objects that are not ready, and missing ones.

mod expected;
mod tree;

use std::collections::BTreeSet;
use std::time::Duration;

use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::stop::Stop;
use common::streams;
use serde_json::Value;

use crate::backup::quiesce;
use crate::cli::{self, Format, Shared};
use crate::cluster::{Cluster, live};
use crate::object::{Key, has_condition, list, number, seconds, statuses, text};
use crate::readiness::{Rule, State, World, assess, holder};
use crate::report::{self, Check, Outcome};

/// The pause of `--watch`.
const AGAIN: Duration = Duration::from_secs(2);

/// A kind that is looked at: the group in the report, the versions, and the kind.
type LookedAt = (&'static str, &'static [&'static str], &'static str);

/// Gateway API's routes of other protocols are served in versions of different age.
const ROUTES: &[&str] = &[
    "gateway.networking.k8s.io/v1",
    "gateway.networking.k8s.io/v1alpha3",
    "gateway.networking.k8s.io/v1alpha2",
];

const LOOKED_AT: [LookedAt; 18] = [
    ("nodes", &["v1"], "Node"),
    ("workloads", &["apps/v1"], "Deployment"),
    ("workloads", &["apps/v1"], "StatefulSet"),
    ("workloads", &["apps/v1"], "DaemonSet"),
    ("workloads", &["batch/v1"], "Job"),
    ("pods", &["v1"], "Pod"),
    ("claims", &["v1"], "PersistentVolumeClaim"),
    ("services", &["v1"], "Service"),
    ("routes", &["gateway.networking.k8s.io/v1"], "Gateway"),
    ("routes", &["gateway.networking.k8s.io/v1"], "HTTPRoute"),
    ("routes", &["gateway.networking.k8s.io/v1"], "GRPCRoute"),
    ("routes", ROUTES, "TLSRoute"),
    ("routes", ROUTES, "TCPRoute"),
    ("routes", ROUTES, "UDPRoute"),
    ("routes", &["networking.k8s.io/v1"], "Ingress"),
    ("secrets", &["external-secrets.io/v1"], "SecretStore"),
    ("secrets", &["external-secrets.io/v1"], "ClusterSecretStore"),
    ("secrets", &["external-secrets.io/v1"], "ExternalSecret"),
];

fn group_of(version: &str) -> &str {
    version.split_once('/').map_or("", |(group, _)| group)
}

/// Version and kind of everything that the report and its rules look at. Where two versions of a
/// kind are served, they are the same objects.
fn kinds() -> BTreeSet<(&'static str, &'static str)> {
    let shown = LOOKED_AT
        .iter()
        .flat_map(|(_, versions, kind)| versions.iter().map(|version| (*version, *kind)));
    let watched = shown.clone().flat_map(|(version, kind)| {
        let rule = Rule::of_kind(group_of(version), kind);
        rule.watched().iter().flat_map(|versions| versions.iter().copied())
    });
    // A CronJob says when one of its Jobs has last succeeded.
    shown.chain(watched).chain([("batch/v1", "CronJob")]).collect()
}

/// `status`.
pub(crate) async fn run(shared: &Shared, options: &cli::StatusOptions) -> Result<Status, Stop> {
    if options.tree && shared.format != Format::Text {
        let message = "--tree is for --format text";
        let hint = "--format json has every object with its state";
        return Err(Stop::new(Status::Bad, Diagnostic::error("usage", message).hint(hint)));
    }
    if !options.watch {
        return once(shared, options).await;
    }
    loop {
        if std::io::IsTerminal::is_terminal(&std::io::stdout()) {
            streams::output("\u{1b}[H\u{1b}[2J")?;
        }
        // A server that restarts does not answer for a moment.
        match once(shared, options).await {
            Err(stop) if stop.status != Status::Unfinished => return Err(stop),
            Err(stop) => streams::say(&stop.report),
            Ok(_) => {}
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn once(shared: &Shared, options: &cli::StatusOptions) -> Result<Status, Stop> {
    let cluster = Cluster::connect(&shared.name).await?;
    let seen = see(shared, &cluster).await;
    if options.tree {
        let others = seen.unanswered.iter().chain(&seen.others);
        let drawn = tree::render(&seen.objects, others, &seen.world);
        let checks = seen.checks();
        streams::output(&report::drawn(&drawn, &checks))?;
        return Ok(report::status(&checks));
    }
    let mut checks = seen.checks();
    if shared.format == Format::Text {
        checks = summarized(checks);
    }
    report::publish("status", &checks, shared.format)
}

/// The results of one look at the cluster.
struct Seen {
    world: World,
    /// Questions without an answer.
    unanswered: Vec<Check>,
    /// Each object that has a state.
    objects: Vec<(Key, Check)>,
    /// Each object that should be there, and workloads that an interrupted backup has left at 0 replicas.
    others: Vec<Check>,
}

impl Seen {
    fn checks(self) -> Vec<Check> {
        let objects = self.objects.into_iter().map(|(_, check)| check);
        self.unanswered.into_iter().chain(objects).chain(self.others).collect()
    }
}

/// A check for each object that has a state, and for each that should be there. Questions without an answer
/// are among the checks.
pub(crate) async fn checks(shared: &Shared, cluster: &Cluster) -> Vec<Check> {
    see(shared, cluster).await.checks()
}

async fn see(shared: &Shared, cluster: &Cluster) -> Seen {
    let mut unanswered = Vec::new();
    let world = look(cluster, &mut unanswered).await;
    let mut objects = Vec::new();
    for (group, versions, kind) in LOOKED_AT {
        let of = group_of(versions[0]);
        let of_kind = world.objects.iter().filter(|(key, _)| key.kind == kind && key.group == of);
        objects
            .extend(of_kind.map(|(key, object)| (key.clone(), check(group, key, object, &world))));
    }
    let mut checks = Vec::new();
    let stopped = quiesce::interrupted(cluster).await.unwrap_or_else(|stop| {
        checks.extend(report::stopped("workloads", &stop));
        Vec::new()
    });
    for (key, replicas) in stopped {
        let detail = format!("at 0 replicas since a backup was interrupted; it had {replicas}");
        let check = Check::failed("workloads", key.placed(), "backup-interrupted", detail);
        let hint = "`kind-cluster deploy` and `kind-cluster backup` put it back first";
        checks.push(check.hint(hint));
    }
    checks.extend(expected::checks(shared, cluster).await);
    Seen { world, unanswered, objects, others: checks }
}

async fn look(cluster: &Cluster, checks: &mut Vec<Check>) -> World {
    let mut world = World { now: live::now(), ..World::default() };
    let lists = kinds().into_iter().map(|(version, kind)| cluster.list(version, kind, ""));
    for list in futures::future::join_all(lists).await {
        match list {
            Ok(objects) => world.objects.extend(objects.into_iter().map(|o| (Key::of(&o), o))),
            Err(stop) => checks.extend(report::stopped("cluster", &stop)),
        }
    }
    world
}

fn check(group: &'static str, key: &Key, object: &Value, world: &World) -> Check {
    let name = key.placed();
    // A pod that has ended, or is about to, is its owner's business: that tries again or replaces it.
    let owned = !list(object, "/metadata/ownerReferences").is_empty();
    if key.kind == "Pod" && owned {
        if text(object, "/status/phase") == "Failed" {
            return Check::skipped(group, name, "it has failed, and its owner goes on without it");
        }
        if !text(object, "/metadata/deletionTimestamp").is_empty() {
            return Check::skipped(group, name, holder(object));
        }
    }
    if key.kind == "Job" && is_history(object, world) {
        return Check::skipped(
            group,
            name,
            "it has failed, and a later one of its CronJob succeeded",
        );
    }
    match assess(object, world) {
        State::Ready => {
            let restarts: i64 = statuses(object).map(|(s, _)| number(s, "/restartCount")).sum();
            match restarts {
                0 => Check::ok(group, name, "ready"),
                _ => Check::ok(group, name, format!("ready, {restarts} restarts")).notable(),
            }
        }
        State::Skipped(reason) => Check::skipped(group, name, reason),
        State::InProgress(reason) if Rule::of(object) == Rule::ExternalSecret => {
            let check = Check::failed(group, name, "not-ready", reason);
            check.hint("`kind-cluster deploy` has it read again at once, when its store is back")
        }
        State::InProgress(reason) => Check::failed(group, name, "not-ready", reason),
        State::Failed(failure) => Check::failed(group, name, "failed", failure.reason),
    }
}

/// Whether a Job has failed, and its CronJob has made another one since that succeeded.
fn is_history(job: &Value, world: &World) -> bool {
    let namespace = text(job, "/metadata/namespace");
    let started = seconds(text(job, "/metadata/creationTimestamp"));
    let owners = list(job, "/metadata/ownerReferences").iter();
    let mut crons = owners.filter(|owner| text(owner, "/kind") == "CronJob");
    crons.any(|owner| {
        let cron = world.get("batch", "CronJob", namespace, text(owner, "/name"));
        let success = cron.and_then(|cron| seconds(text(cron, "/status/lastSuccessfulTime")));
        matches!((started, success), (Some(started), Some(success)) if success > started)
    }) && has_condition(job, "Failed", "True")
}

/// For people: ready objects are counted, everything else is named.
fn summarized(checks: Vec<Check>) -> Vec<Check> {
    let mut groups: Vec<&'static str> = Vec::new();
    for check in &checks {
        if !groups.contains(&check.group) {
            groups.push(check.group);
        }
    }
    let mut out = Vec::new();
    for group in groups {
        let of_group = || checks.iter().filter(|check| check.group == group);
        let well = of_group().filter(|check| check.outcome == Outcome::Ok).count();
        let all = of_group().count();
        let word = if group == expected::GROUP { "there" } else { "ready" };
        out.push(Check::ok(group, format!("{well} of {all}"), word));
        let worth = |check: &&Check| check.outcome != Outcome::Ok || check.notable;
        out.extend(of_group().filter(worth).cloned());
    }
    out
}
