//! An archive's data, put back: verified first, into claims that are bound, with what uses them
//! stopped, beside what is there, and then in its place.

use std::time::Instant;

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::quantity;
use common::retry::poll;
use common::stop::Stop;
use serde_json::Value;

use super::manifest::{self, Manifest};
use super::swap::Swap;
use super::volume::Volume;
use super::waiting::warn;
use super::{bind, quiesce, verify};
use crate::cli::{self, Shared};
use crate::cluster::Cluster;
use crate::deploy::display;
use crate::interrupt::Interrupt;
use crate::nodes::QUESTION;
use crate::object::{Key, typed};
use crate::readiness::{State, World, assess};
use crate::report::{self, Check};
use crate::{engine, render, smoke, turn};

/// `restore`.
pub(crate) async fn run(
    shared: &Shared,
    options: &cli::Restore,
    interrupt: &Interrupt,
) -> Result<Status, Stop> {
    let deadline = Instant::now() + shared.timeout;
    let manifest = interrupt.or(verify::archive(&options.archive, deadline)).await?;
    if manifest.cluster != shared.name {
        let message =
            format!("the archive is of the cluster {}, not {}", manifest.cluster, shared.name);
        warn("other-cluster", message);
    }
    if options.verify_only || shared.dry_run() {
        let word = if options.verify_only { "verified" } else { "to be restored" };
        return report::publish("restore", &listed(&manifest, word), shared.format);
    }
    let _turn = interrupt.or(turn::take(&shared.name, "restore", deadline)).await?;
    let cluster = interrupt.or(Cluster::connect(&shared.name)).await?;
    let outcome = put_back(&cluster, &manifest, options, deadline, interrupt).await;
    let resumed = interrupt.cleanup(bind::clean_up(&cluster)).await;
    let users = outcome?;
    resumed?;
    let mut checks = listed(&manifest, "restored");
    if users.is_empty() {
        checks.push(
            Check::skipped("smoke", "platform", "nothing uses the volumes yet")
                .hint("`kind-cluster deploy`, and it finds its data"),
        );
    } else if !options.no_smoke {
        let more = interrupt.or(try_out(shared, &cluster, &users, options, deadline)).await?;
        checks.extend(more);
    }
    report::publish("restore", &checks, shared.format)
}

/// Everything up to the point where workloads may start again; returns those.
async fn put_back(
    cluster: &Cluster,
    manifest: &Manifest,
    options: &cli::Restore,
    deadline: Instant,
    interrupt: &Interrupt,
) -> Result<Vec<Key>, Stop> {
    let prepare = async {
        bind::clean_up(cluster).await?;
        let mut targets = Vec::new();
        for part in &manifest.volumes {
            targets.push((part, bind::bind(cluster, part, deadline).await?));
        }
        if !options.force {
            refuse_with_data(&targets).await?;
        }
        let claims: Vec<Value> = manifest.volumes.iter().map(|part| part.object.clone()).collect();
        Ok((targets, quiesce::users(cluster, &claims).await?))
    };
    let (targets, users) = interrupt.or(prepare).await?;
    quiesce::stop(cluster, &users, interrupt).await?;
    let swap = Swap::of(&targets, deadline);
    let unpack = async {
        let volumes: Vec<Volume> = targets.iter().map(|(_, target)| target.clone()).collect();
        quiesce::wait_until_unused(cluster, &volumes, deadline).await?;
        if !options.force {
            // Until it was stopped, a workload may have written its first data.
            refuse_with_data(&targets).await?;
        }
        for (part, target) in &targets {
            display::line(&format!("restoring claim {}", part.claim));
            swap.unpack(&options.archive, part, target).await?;
        }
        quiesce::still_unused(cluster, &volumes).await
    };
    let outcome = match interrupt.or(unpack).await {
        // A signal in between would leave some volumes old and some new.
        Ok(()) => interrupt.cleanup(swap.swap()).await,
        failed => failed,
    };
    if let Err(mut stop) = outcome {
        if let Err(more) = interrupt.cleanup(swap.discard()).await {
            stop.add(more);
        }
        return Err(stop);
    }
    Ok(users.into_iter().map(|(key, _)| key).collect())
}

/// Refuses to replace anything, and says all that there is.
async fn refuse_with_data(targets: &[(&manifest::Volume, Volume)]) -> Result<(), Stop> {
    let mut report = Report::default();
    for (part, target) in targets {
        if !is_empty(target).await? {
            let message =
                format!("claim {} holds data, at {}:{}", part.claim, target.node, target.path);
            report.push(
                Diagnostic::error("target-not-empty", message)
                    .hint("--force replaces it with the archive's"),
            );
        }
    }
    Stop::check(report)
}

async fn is_empty(target: &Volume) -> Result<bool, Stop> {
    let script = "[ -d \"$1\" ] || exit 0; find \"$1\" -mindepth 1 | head -n 1";
    let arguments = ["exec", &target.node, "sh", "-c", script, "sh", &target.path];
    let found = engine::succeed(&arguments, QUESTION).await?;
    Ok(found.trim().is_empty())
}

/// Waits until what was stopped is ready again, and uses the platform.
async fn try_out(
    shared: &Shared,
    cluster: &Cluster,
    users: &[Key],
    options: &cli::Restore,
    deadline: Instant,
) -> Result<Vec<Check>, Stop> {
    let is_waiting = |waiting: &Result<Vec<String>, Stop>| {
        waiting.as_ref().is_ok_and(|waiting| !waiting.is_empty())
    };
    let waiting = poll(deadline, is_waiting, async || unready(cluster, users).await).await?;
    if !waiting.is_empty() {
        let message = format!("restored, but not ready: {}", waiting.join("; "));
        return Err(Stop::unfinished("timeout", message));
    }
    let rendered = render::overlay(shared).await?;
    let deadline = Instant::now() + shared.timeout;
    smoke::checks(cluster, &rendered.selected, &options.smoke, deadline).await
}

/// The workloads that are not ready, and why.
async fn unready(cluster: &Cluster, users: &[Key]) -> Result<Vec<String>, Stop> {
    let mut waiting = Vec::new();
    for key in users {
        let version = format!("{}/v1", key.group);
        let found = cluster.get(&version, &key.kind, &key.namespace, &key.name).await?;
        let found = typed(found.unwrap_or_default(), &version, &key.kind);
        let state = assess(&found, &World::default());
        if state != State::Ready {
            waiting.push(format!("{key}: {}", state.reason()));
        }
    }
    Ok(waiting)
}

fn listed(manifest: &Manifest, word: &str) -> Vec<Check> {
    let volumes = manifest.volumes.iter().map(|part| {
        let size = quantity::show(part.bytes);
        Check::ok("volumes", &part.claim, format!("{word}: {} entries, {size}", part.entries))
    });
    let dumps = manifest.dumps.iter().map(|part| {
        let size = quantity::show(part.bytes);
        Check::ok("dumps", &part.workload, format!("{} of {size} in the archive", part.method))
    });
    volumes.chain(dumps).collect()
}
