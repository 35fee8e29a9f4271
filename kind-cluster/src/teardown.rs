//! The end of a cluster. Its data is backed up and verified first, or discarded with an explicit
//! option; no fault before that leads to a deletion.

use std::time::Instant;

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;

use crate::cli::{self, Shared};
use crate::cluster::{Cluster, context_of, kubeconfig};
use crate::deploy::display;
use crate::engine::Record;
use crate::interrupt::Interrupt;
use crate::object::name;
use crate::report::{self, Check};
use crate::{backup, engine, nodes, process, turn};

/// `teardown`.
pub(crate) async fn run(
    shared: &Shared,
    options: &cli::Teardown,
    interrupt: &Interrupt,
) -> Result<Status, Stop> {
    let cluster = &shared.name;
    let deadline = Instant::now() + shared.timeout;
    let _turn = match shared.dry_run() {
        true => None,
        false => Some(interrupt.or(turn::take(cluster, "teardown", deadline)).await?),
    };
    if interrupt.or(nodes::of(cluster)).await?.is_empty() {
        interrupt.or(nodes::refuse_unproved(cluster)).await?;
        if !shared.dry_run() {
            // The record may be the proof for a context of another kubeconfig.
            let had_context = kubeconfig::has_context(cluster);
            kubeconfig::remove(cluster)?;
            if had_context {
                Record::remove(cluster);
            }
        }
        let checks = [Check::ok("cluster", cluster, "there is no such cluster; nothing to delete")];
        return report::publish("teardown", &checks, shared.format);
    }
    let mut checks = Vec::new();
    if let (true, Some(folder)) = (options.preserve_data, &options.backup_dir) {
        let options = cli::Backup { backup_dir: folder.clone(), exclude: Vec::new(), keep: None };
        let then = backup::Then::StayStopped;
        checks.extend(backup::make(shared, &options, interrupt, then, deadline).await?);
    } else if !options.discard_data {
        interrupt.or(refuse_with_data(cluster)).await?;
    }
    if shared.dry_run() {
        checks.push(Check::ok("cluster", cluster, "to be deleted"));
        return report::publish("teardown", &checks, shared.format);
    }
    if let Err(mut stop) = interrupt.or(delete(shared)).await {
        // The cluster may still be there, with workloads that were stopped for the backup.
        if options.preserve_data
            && let Err(more) = interrupt.cleanup(start_again(cluster)).await
        {
            stop.add(more);
        }
        return Err(stop);
    }
    checks.push(Check::ok("cluster", cluster, "deleted"));
    report::publish("teardown", &checks, shared.format)
}

/// Nobody has said what is to become of the data: then there must be none.
async fn refuse_with_data(cluster: &str) -> Result<(), Stop> {
    let hint =
        "back it up with --preserve-data --backup-dir DIR, or discard it with --discard-data";
    let connected = Cluster::connect(cluster).await.map_err(|mut stop| {
        let message = format!("it is unknown whether {cluster} holds data");
        stop.report.push(Diagnostic::error("data-unknown", message).hint(hint));
        stop
    })?;
    let claims = connected.list("v1", "PersistentVolumeClaim", "").await?;
    let volumes = connected.list("v1", "PersistentVolume", "").await?;
    let left = backup::scratch::abandoned(&volumes, &claims);
    let mut report = Report::default();
    for (finding, names) in [
        ("claims hold data", claims.iter().map(name).collect()),
        ("volumes hold data, which no claim has any more", left),
    ] {
        if !names.is_empty() {
            let message = format!("{} {finding}: {}", names.len(), names.join(", "));
            report.push(Diagnostic::error("data-would-be-lost", message).hint(hint));
        }
    }
    Stop::check(report)
}

async fn start_again(cluster: &str) -> Result<(), Stop> {
    backup::quiesce::resume(&Cluster::connect(cluster).await?).await
}

/// Deletes the nodes, whatever they hold, and the context.
pub(crate) async fn delete(shared: &Shared) -> Result<(), Stop> {
    let cluster = &shared.name;
    let is_ours = context_is_ours(cluster).await;
    if is_ours {
        // A run that is killed between the two deletions leaves the proof for the next one.
        Record::write(cluster).await?;
    }
    display::line(&format!("deleting the cluster {cluster}"));
    let folder = process::folder()?;
    // kind would also touch the current context.
    let other = folder.path().join("kubeconfig").display().to_string();
    let arguments = ["delete", "cluster", "--name", cluster, "--kubeconfig", &other];
    process::succeed("kind", &arguments, shared.timeout).await?;
    let left = nodes::of(cluster).await?;
    if !left.is_empty() {
        let names: Vec<&str> = left.iter().map(|node| node.name.as_str()).collect();
        let message = format!("kind has left the nodes {}", names.join(", "));
        return Err(Stop::unfinished("delete-failed", message));
    }
    if !is_ours {
        let context = context_of(cluster);
        display::line(&format!("the context {context} stays: it may lead to another cluster"));
        return Ok(());
    }
    kubeconfig::remove(cluster)?;
    Record::remove(cluster);
    Ok(())
}

/// Whether the context leads to this engine's cluster. A cluster of another engine may have the same name.
async fn context_is_ours(cluster: &str) -> bool {
    let Some(known) = kubeconfig::authority(cluster) else { return true };
    let kinds = nodes::kubeconfig(cluster).await.ok();
    match kinds.and_then(|text| kubeconfig::authority_of(cluster, &text)) {
        Some(ours) => ours == known,
        // Nodes that do not run cannot say.
        None => {
            let found = engine::elsewhere(cluster).await;
            let nobody_else = found.has.is_empty() && found.silent.is_empty();
            Record::proves(cluster, &found.silent).await.unwrap_or_default()
                || (nobody_else && matches!(Record::other(cluster).await, Ok(None)))
        }
    }
}
