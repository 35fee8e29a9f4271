//! The volumes of all claims: where they are, who uses them, and their files as a tar.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use serde_json::Value;
use tokio::io::AsyncReadExt;

use super::archive::Writer;
use super::bind::BINDER;
use super::blocking::{self, GivenUp};
use super::dump::Database;
use super::{claim, manifest, scratch, verify};
use crate::cluster::Cluster;
use crate::deploy::display::harmless;
use crate::object::{Key, containers, list, name, number, template, text};
use crate::process::{self, Group};

/// A volume on a node.
#[derive(Clone, Debug)]
pub(super) struct Volume {
    pub(super) namespace: String,
    pub(super) claim: String,
    /// What a cluster without the claim needs to make it again.
    pub(super) object: Value,
    pub(super) node: String,
    pub(super) path: String,
}

/// Everything that a backup is about.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    pub(super) volumes: Vec<Volume>,
    pub(super) databases: Vec<Database>,
    /// What uses the volumes, with its replicas.
    pub(super) workloads: Vec<(Key, i64)>,
    pub(super) scratch: Vec<manifest::Scratch>,
    /// Volumes with data that no claim has, which no archive has either.
    pub(super) abandoned: Vec<String>,
    pub(super) images: Vec<String>,
}

/// Looks at every claim of the cluster.
///
/// # Errors
/// A volume is of a kind that cannot be copied, or is used by something that cannot be stopped.
pub(super) async fn look(cluster: &Cluster) -> Result<Inventory, Stop> {
    let claims = cluster.list("v1", "PersistentVolumeClaim", "").await?;
    let volumes = cluster.list("v1", "PersistentVolume", "").await?;
    let pods = cluster.list("v1", "Pod", "").await?;
    let mut workloads = cluster.list("apps/v1", "StatefulSet", "").await?;
    workloads.extend(cluster.list("apps/v1", "Deployment", "").await?);
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
    for claim in &claims {
        let namespace = text(claim, "/metadata/namespace");
        let phase = text(claim, "/status/phase");
        if phase == "Lost" {
            let message = format!("claim {} has lost its volume", name(claim));
            report.push(
                Diagnostic::error("volume-lost", message)
                    .hint("bring the volume back, or delete the claim and with it what it held"),
            );
            continue;
        }
        if phase != "Bound" && !text(claim, "/spec/volumeName").is_empty() {
            let message = format!("claim {} names a volume and is not bound to it", name(claim));
            report
                .push(Diagnostic::error("volume-unbound", message).hint("wait until it is bound"));
            continue;
        }
        if phase != "Bound" {
            inventory.scratch.push(manifest::Scratch {
                namespace: namespace.to_owned(),
                owner: "claim".into(),
                volume: name(claim).to_owned(),
                reason: "it is not bound: there is nothing to back up".into(),
            });
            continue;
        }
        match of(claim, &volumes) {
            Ok(volume) => inventory.volumes.push(volume),
            Err(why) => {
                let message = format!("claim {} cannot be backed up: {why}", name(claim));
                report.push(Diagnostic::error("volume-unsupported", message));
            }
        }
        let users = pods.iter().filter(|pod| uses(pod, namespace, name(claim)));
        // What a restore has left is deleted already, and its end is waited for.
        for pod in users.filter(|pod| name(pod) != BINDER) {
            if !stoppable(pod) {
                let message = format!(
                    "claim {} is used by pod {}, which belongs to no Deployment or StatefulSet",
                    name(claim),
                    name(pod)
                );
                report.push(
                    Diagnostic::error("volume-in-use", message)
                        .hint("wait until it has ended, or delete it"),
                );
            }
        }
    }
    if report.has_errors() {
        return Err(Stop { status: Status::No, report });
    }
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
    fn add(&mut self, workload: &Value, claims: &[Value]) {
        let key = Key::of(workload);
        let Some(template) = template(workload) else { return };
        if !claims.iter().any(|claim| claims_of(workload, claim)) {
            return;
        }
        let replicas =
            workload.pointer("/spec/replicas").map_or(1, |_| number(workload, "/spec/replicas"));
        self.images.extend(containers(template).map(|c| text(c, "/image").to_owned()));
        if replicas > 0 {
            self.databases.extend(Database::of(workload));
        }
        self.workloads.push((key, replicas));
    }
}

/// Whether a workload's pods mount a claim: by name, or as one of its templates.
pub(super) fn claims_of(workload: &Value, claim: &Value) -> bool {
    if text(workload, "/metadata/namespace") != text(claim, "/metadata/namespace") {
        return false;
    }
    let by_name = list(workload, "/spec/template/spec/volumes")
        .iter()
        .any(|volume| text(volume, "/persistentVolumeClaim/claimName") == name(claim));
    let by_template = list(workload, "/spec/volumeClaimTemplates").iter().any(|made| {
        let prefix = format!("{}-{}-", text(made, "/metadata/name"), name(workload));
        let rest = name(claim).strip_prefix(&prefix);
        rest.is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
    });
    by_name || by_template
}

/// Whether a pod that is still there mounts a claim.
pub(super) fn uses(pod: &Value, namespace: &str, claim: &str) -> bool {
    text(pod, "/metadata/namespace") == namespace
        && !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
        && list(pod, "/spec/volumes")
            .iter()
            .any(|volume| text(volume, "/persistentVolumeClaim/claimName") == claim)
}

fn stoppable(pod: &Value) -> bool {
    list(pod, "/metadata/ownerReferences")
        .iter()
        .any(|owner| ["ReplicaSet", "StatefulSet", "Deployment"].contains(&text(owner, "/kind")))
}

/// Where a claim's volume is.
pub(super) fn of(claim: &Value, volumes: &[Value]) -> Result<Volume, String> {
    let wanted = text(claim, "/spec/volumeName");
    let volume = volumes.iter().find(|volume| name(volume) == wanted);
    let volume = volume.ok_or_else(|| format!("its volume {wanted} does not exist"))?;
    let path = match (text(volume, "/spec/hostPath/path"), text(volume, "/spec/local/path")) {
        ("", "") => return Err("its volume is no folder of a node".into()),
        ("", path) | (path, _) => path,
    };
    let plain = path.starts_with('/') && path.split('/').all(|part| part != "..");
    // What is replaced whole must not be a folder of the system.
    if !plain || path.split('/').filter(|part| !part.is_empty()).count() < 2 {
        return Err(format!("its volume is at {path}"));
    }
    let terms = list(volume, "/spec/nodeAffinity/required/nodeSelectorTerms");
    let node = terms
        .iter()
        .flat_map(|term| list(term, "/matchExpressions"))
        .find(|wanted| text(wanted, "/key") == "kubernetes.io/hostname")
        .map(|wanted| text(wanted, "/values/0"))
        .filter(|node| !node.is_empty())
        .ok_or("its volume says no node")?;
    Ok(Volume {
        namespace: text(claim, "/metadata/namespace").to_owned(),
        claim: name(claim).to_owned(),
        object: claim::essence(claim),
        node: node.to_owned(),
        path: path.trim_end_matches('/').to_owned(),
    })
}

/// Copies a volume's files into the archive, and reads that part back.
///
/// # Errors
/// The node cannot be read, or the archive not be written.
pub(super) async fn write(
    volume: &Volume,
    writer: &mut Writer,
    deadline: Instant,
) -> Result<manifest::Volume, Stop> {
    let member_name = format!("volumes/{}/{}.tar", volume.namespace, volume.claim);
    let mut member = writer.member(&member_name)?;
    let arguments = [
        "exec",
        &volume.node,
        "tar",
        "--create",
        "--format=gnu",
        "--sparse",
        "--numeric-owner",
        "--sort=name",
        "--directory",
        &volume.path,
        ".",
    ];
    let mut command = process::command("docker", &arguments);
    let mut group = Group::start(&mut command)?;
    let (out, err) = (group.child().stdout.take(), group.child().stderr.take());
    let mut complaint = Vec::new();
    let copy = async {
        let mut buffer = vec![0; 256 << 10];
        if let Some(mut out) = out {
            loop {
                let count = out.read(&mut buffer).await?;
                if count == 0 {
                    break;
                }
                member.write(&buffer[..count])?;
            }
        }
        Ok::<(), Stop>(())
    };
    let listen = async {
        if let Some(mut err) = err {
            err.read_to_end(&mut complaint).await?;
        }
        Ok::<(), Stop>(())
    };
    let limit = deadline.saturating_duration_since(Instant::now());
    let both = async {
        tokio::try_join!(copy, listen)?;
        Ok::<_, Stop>(group.child().wait().await?)
    };
    let status = match tokio::time::timeout(limit, both).await {
        Ok(status) => status?,
        Err(_) => return Err(late(&volume.claim)),
    };
    if !status.success() {
        let stderr = String::from_utf8_lossy(&complaint).into_owned();
        let output = process::Output { success: false, stdout: Vec::new(), stderr };
        return Err(process::failed("docker", &arguments, &output));
    }
    if !complaint.is_empty() {
        // A socket that it leaves out, for one.
        let said = process::tail(&String::from_utf8_lossy(&complaint));
        warn(
            "copy-warning",
            format!("while claim {} was copied, tar said: {}", volume.claim, harmless(&said)),
        );
    }
    let (size, sha256) = member.end()?;
    let survey = survey(writer, &volume.claim, size, deadline).await?;
    Ok(manifest::Volume {
        namespace: volume.namespace.clone(),
        claim: volume.claim.clone(),
        object: volume.object.clone(),
        member: member_name,
        node: volume.node.clone(),
        path: volume.path.clone(),
        method: "tar of the node's folder, owners by number, holes kept".into(),
        consistency: "stopped: no pod used the volume".into(),
        entries: survey.entries,
        bytes: survey.bytes,
        sha256,
    })
}

/// What is in the member that was written last.
async fn survey(
    writer: &Writer,
    claim: &str,
    size: u64,
    deadline: Instant,
) -> Result<verify::Survey, Stop> {
    let path = writer.path().to_owned();
    let message = format!("claim {claim} cannot be backed up");
    let work = move |given_up: &GivenUp| {
        let open = || -> std::io::Result<std::io::Take<File>> {
            let mut file = File::open(&path)?;
            let end = file.metadata()?.len();
            file.seek(SeekFrom::Start(end - size.next_multiple_of(512)))?;
            Ok(file.take(size))
        };
        verify::survey(&mut given_up.watch(open()?)).map_err(|refusal| {
            let message = format!("{message}: {}", refusal.what);
            let diagnostic = Diagnostic::error("volume-unsupported", message);
            let diagnostic = match refusal.code {
                "device" => diagnostic.hint("no archive holds devices: delete it from the volume"),
                _ => diagnostic,
            };
            Stop::new(Status::No, diagnostic)
        })
    };
    blocking::run(deadline, claim, work).await
}

/// Something to know that does not keep the work from going on.
pub(super) fn warn(code: &'static str, message: String) {
    common::streams::say(&Diagnostic::warning(code, message).into());
}

pub(super) fn late(what: &str) -> Stop {
    let message = format!("{what} was not copied in time");
    Stop::new(
        Status::Unfinished,
        Diagnostic::error("timeout", message).hint("give more time with --timeout"),
    )
}

/// How often something is asked again.
pub(super) const PAUSE: Duration = Duration::from_millis(250);
