//! `--dry-run`: the objects that would be created, applied, awaited and deleted, in order.

use common::exit::Status;
use common::stop::Stop;

use super::inventory::{Identity, Records};
use super::rehearsal::{Allowed, rehearse};
use super::shrinking;
use crate::cli::{self, DryRun, Shared};
use crate::cluster::Cluster;
use crate::object::{Key, text};
use crate::order;
use crate::render::Rendered;
use crate::report::{self, Check};

pub(super) async fn run(
    shared: &Shared,
    options: &cli::Deploy,
    mut rendered: Rendered,
) -> Result<Status, Stop> {
    // A cluster that is not there yet has nothing to say: everything would be created.
    let cluster = Cluster::connect(&shared.name).await.ok();
    if let Some(cluster) = &cluster {
        rendered.place(cluster).await?;
    }
    if shared.dry_run == Some(DryRun::Server) {
        ask_server(shared, options, &rendered).await?;
    }
    let phases = order::phases(&rendered.selected).unwrap_or_default();
    let mut checks = Vec::new();
    for (number, phase) in phases.iter().enumerate() {
        for index in &phase.objects {
            let object = &rendered.selected[*index];
            let key = Key::of(object);
            let exists = match &cluster {
                Some(cluster) => cluster
                    .get(text(object, "/apiVersion"), &key.kind, &key.namespace, &key.name)
                    .await?
                    .is_some(),
                None => false,
            };
            let verb = if exists { "apply" } else { "create" };
            checks.push(step(number, &key, verb));
        }
        let mut awaited: Vec<Key> =
            phase.awaited.iter().map(|i| Key::of(&rendered.selected[*i])).collect();
        awaited.sort();
        checks.extend(awaited.iter().map(|key| step(number, key, "wait")));
    }
    if let Some(cluster) = &cluster {
        let identity = Identity::of(shared)?;
        let records = Records::read(cluster, &rendered, identity, &options.adopt).await?;
        let left = records.left(&rendered);
        checks.extend(shrinking::losses(cluster, &rendered.selected).await?);
        let verb = if options.prune { "delete" } else { "leave, although no profile has it" };
        checks.extend(left.keys().map(|key| Check::ok("prune", key.to_string(), verb)));
    }
    report::publish("deploy", &checks, shared.format)
}

/// Reports everything that the API server would refuse.
async fn ask_server(
    shared: &Shared,
    options: &cli::Deploy,
    rendered: &Rendered,
) -> Result<(), Stop> {
    let mut cluster = Cluster::connect(&shared.name).await?;
    let identity = Identity::of(shared)?;
    cluster.set_overlay(&identity.id);
    let records = Records::read(&cluster, rendered, identity, &options.adopt).await?;
    let objects = records.marked(&rendered.selected);
    records.check_shared(&cluster, &objects).await?;
    let allowed = Allowed { recreate: options.recreate, retry_jobs: options.retry_jobs };
    rehearse(&cluster, &objects, options.force_conflicts, allowed).await.map(|_| ())
}

fn step(phase: usize, key: &Key, verb: &str) -> Check {
    Check::ok("plan", key.to_string(), format!("phase {}: {verb}", phase + 1))
}
