//! The end of a cluster. Its data is backed up and verified first, or discarded by a word for it;
//! whatever goes wrong before that leads to no deletion.

use std::time::Instant;

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;

use crate::cli::{self, Shared};
use crate::cluster::{Cluster, kubeconfig};
use crate::deploy::display;
use crate::interrupt::Interrupt;
use crate::object::name;
use crate::report::{self, Check};
use crate::{backup, nodes, process, turn};

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
        interrupt.or(refuse_alive(cluster)).await?;
        if !shared.dry_run() {
            kubeconfig::remove(cluster)?;
        }
        let checks = [Check::ok("cluster", cluster, "there is none; nothing to delete")];
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

/// Docker knows no node, and the API server answers: the cluster is another engine's, or on another
/// Docker context, and its context must stay.
async fn refuse_alive(cluster: &str) -> Result<(), Stop> {
    if Cluster::connect(cluster).await.is_err() {
        return Ok(());
    }
    let message = format!(
        "docker knows no node of {cluster}, but its API server answers: another engine runs it"
    );
    Err(Stop::no("other-engine", message).hint(
        "choose the engine that runs it (`docker context use`, DOCKER_HOST); a cluster of podman or nerdctl \
         is deleted by `kind delete cluster` with KIND_EXPERIMENTAL_PROVIDER",
    ))
}

/// Nobody has said what is to become of the data: then there must be none.
async fn refuse_with_data(cluster: &str) -> Result<(), Stop> {
    let hint =
        "back it up with --preserve-data --backup-dir DIR, or give it up with --discard-data";
    let connected = Cluster::connect(cluster).await.map_err(|mut stop| {
        let message = format!("whether {cluster} holds data cannot be told");
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
    kubeconfig::remove(cluster)
}
