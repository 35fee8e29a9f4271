//! The subject of a backup: every claim of the cluster, and what uses it.

use common::diagnostic::{Diagnostic, Report};
use common::fault;
use common::stop::Stop;
use serde_json::Value;

use super::bind::BINDER;
use super::dump::Database;
use super::manifest::{Manifest, SCHEMA, Scratch, Workload};
use super::scratch;
use super::volume::{self, Volume};
use crate::cluster::Cluster;
use crate::object::{Key, containers, list, name, replicas, template, text, uses};

/// The claims, volumes and workloads of a backup.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    pub(super) volumes: Vec<Volume>,
    pub(super) databases: Vec<Database>,
    /// The workloads that use the volumes, with their replicas.
    pub(super) workloads: Vec<(Key, i64)>,
    pub(super) scratch: Vec<Scratch>,
    /// Volumes with data that no claim has, which no archive has either.
    pub(super) abandoned: Vec<String>,
    pub(super) images: Vec<String>,
}

/// Looks at every claim of the cluster.
/// Claims of `exclude` are left out, and their workloads are not stopped.
pub(super) async fn look(cluster: &Cluster, exclude: &[String]) -> Result<Inventory, Stop> {
    let mut claims = cluster.list("v1", "PersistentVolumeClaim", "").await?;
    let volumes = cluster.list("v1", "PersistentVolume", "").await?;
    let pods = cluster.list("v1", "Pod", "").await?;
    let workloads = cluster.scalable().await?;
    let mut inventory = Inventory::default();
    let left: Vec<&str> = scratch::abandoned(&volumes, &claims);
    inventory.scratch.extend(scratch::of_volumes(&left));
    inventory.abandoned = left.into_iter().map(str::to_owned).collect();
    inventory.scratch.extend(scratch::of_pods(&workloads));
    inventory.scratch.extend(scratch::of_pods(&pods));
    for (version, kind) in [("apps/v1", "DaemonSet"), ("batch/v1", "Job"), ("batch/v1", "CronJob")]
    {
        inventory.scratch.extend(scratch::of_pods(&cluster.list(version, kind, "").await?));
    }
    let mut report = Report::default();
    for word in exclude.iter().filter(|word| !claims.iter().any(|claim| is_named(claim, word))) {
        let names: Vec<&str> = claims.iter().map(name).collect();
        let diagnostic = Diagnostic::error("no-such-claim", fault::unknown("claim", word));
        report.push(diagnostic.hint(fault::available(word, names)));
    }
    let is_out = |claim: &mut Value| exclude.iter().any(|word| is_named(claim, word));
    for claim in claims.extract_if(.., is_out) {
        inventory.scratch.push(Scratch {
            namespace: text(&claim, "/metadata/namespace").to_owned(),
            owner: "claim".into(),
            volume: name(&claim).to_owned(),
            reason: "--exclude leaves it out".into(),
        });
    }
    for claim in &claims {
        let namespace = text(claim, "/metadata/namespace");
        let phase = text(claim, "/status/phase");
        if phase == "Lost" {
            let message = format!("claim {} has lost its volume", name(claim));
            report.push(
                Diagnostic::error("volume-lost", message)
                    .hint("bring the volume back, or its data from an earlier `kind-cluster backup` with `kind-cluster restore`; \
                           deleting the claim gives its data up"),
            );
            continue;
        }
        if phase != "Bound" {
            if !text(claim, "/spec/volumeName").is_empty() {
                let message =
                    format!("claim {} names a volume and is not bound to it", name(claim));
                let diagnostic = Diagnostic::error("volume-unbound", message);
                report.push(diagnostic.hint("wait until it is bound"));
                continue;
            }
            inventory.scratch.push(Scratch {
                namespace: namespace.to_owned(),
                owner: "claim".into(),
                volume: name(claim).to_owned(),
                reason: "it is not bound: there is nothing to back up".into(),
            });
            continue;
        }
        match volume::of(claim, &volumes) {
            Ok(volume) => inventory.volumes.push(volume),
            Err(why) => {
                let message = format!("claim {} cannot be backed up: {why}", name(claim));
                report.push(Diagnostic::error("volume-unsupported", message));
            }
        }
        let users = pods.iter().filter(|pod| uses(pod, namespace, name(claim)));
        // A restore's leftovers are deleted already, and their end is waited for.
        for pod in users.filter(|pod| name(pod) != BINDER && !stoppable(pod)) {
            let (claim, pod) = (name(claim), name(pod));
            let message = format!(
                "claim {claim} is used by pod {pod}, which belongs to no Deployment or StatefulSet"
            );
            let diagnostic = Diagnostic::error("volume-in-use", message);
            report.push(
                diagnostic.hint("wait until the pod has ended, or delete the pod; the claim stays"),
            );
        }
    }
    Stop::check(report)?;
    inventory.volumes.sort_by(|a, b| (&a.namespace, &a.claim).cmp(&(&b.namespace, &b.claim)));
    for workload in &workloads {
        inventory.add(workload, &claims);
    }
    inventory.workloads.sort();
    inventory.images.sort();
    inventory.images.dedup();
    inventory.scratch.sort_by(|a, b| (&a.owner, &a.volume).cmp(&(&b.owner, &b.volume)));
    Ok(inventory)
}

impl Inventory {
    /// A manifest whose parts are still to be written.
    pub(super) fn manifest(&self, cluster: &str) -> Manifest {
        let workload = |(key, replicas): &(Key, i64)| Workload {
            namespace: key.namespace.clone(),
            kind: key.kind.clone(),
            name: key.name.clone(),
            replicas: *replicas,
        };
        Manifest {
            schema: SCHEMA,
            cluster: cluster.to_owned(),
            volumes: Vec::new(),
            dumps: Vec::new(),
            scratch: self.scratch.clone(),
            workloads: self.workloads.iter().map(workload).collect(),
            images: self.images.clone(),
        }
    }

    fn add(&mut self, workload: &Value, claims: &[Value]) {
        let key = Key::of(workload);
        let Some(template) = template(workload) else { return };
        if !claims.iter().any(|claim| volume::claims_of(workload, claim)) {
            return;
        }
        let wanted = replicas(workload);
        self.images.extend(containers(template).map(|c| text(c, "/image").to_owned()));
        if wanted > 0 {
            self.databases.extend(Database::of(workload));
        }
        self.workloads.push((key, wanted));
    }
}

/// Whether a word, `CLAIM` or `NAMESPACE/CLAIM`, names a claim.
fn is_named(claim: &Value, word: &str) -> bool {
    match word.split_once('/') {
        None => name(claim) == word,
        Some((namespace, word)) => {
            name(claim) == word && text(claim, "/metadata/namespace") == namespace
        }
    }
}

fn stoppable(pod: &Value) -> bool {
    list(pod, "/metadata/ownerReferences")
        .iter()
        .any(|owner| ["ReplicaSet", "StatefulSet", "Deployment"].contains(&text(owner, "/kind")))
}
