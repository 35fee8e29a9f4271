//! Changes that the API server refuses because a field never changes: which field, and how to get
//! the change without losing data.

use common::diagnostic::Diagnostic;
use common::quantity::Quantity;
use common::stop::Stop;
use serde_json::{Value, json};

use super::changes::{Change, Side, changes};
use super::owners;
use crate::cluster::{Cluster, MANAGER, stop};
use crate::object::{Key, condition, name, number, text};

/// Changes shown of one object.
const MOST: usize = 6;
const BACKUP: &str = "`kind-cluster backup --backup-dir DIR`";

/// How an object gets a change that the API server refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The object is deleted, its pods run on, and the new one adopts them. Claims grow first.
    Orphan(Vec<Growth>),
    /// The object is deleted with its pods, and made again.
    Again,
    /// Data may go with the object.
    Never,
}

/// A claim that is to get larger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Growth {
    namespace: String,
    claim: String,
    size: String,
}

/// A refused change of an object that exists.
#[derive(Clone, Debug)]
pub(crate) struct Immutable {
    pub(crate) way: Way,
    /// Nothing is lost and nothing that works is stopped.
    pub(crate) harmless: bool,
    live: Value,
    changes: Vec<Change>,
    /// More on the object's data.
    note: String,
}

impl Immutable {
    /// Whether an object is refused only because another one of its name is there; `None` when it
    /// would be refused anyway. The server's answer about a new object tells, not its words.
    pub(crate) async fn of(
        cluster: &Cluster,
        object: &Value,
        says_so: bool,
    ) -> Result<Option<Self>, Stop> {
        let key = Key::of(object);
        let version = text(object, "/apiVersion");
        let found = cluster.get(version, &key.kind, &key.namespace, &key.name).await?;
        let Some(live) = found else { return Ok(None) };
        if !says_so && !would_be_made(cluster, object).await {
            return Ok(None);
        }
        let all = changes(&live, object, Side::Second);
        let mut fixed: Vec<Change> =
            all.iter().filter(|change| !may_change(&key.kind, &change.path)).cloned().collect();
        if fixed.is_empty() {
            fixed = all.into_iter().filter(|change| change.path.starts_with("spec")).collect();
        }
        let mut found = Immutable {
            way: Way::Never,
            harmless: false,
            live,
            changes: fixed,
            note: String::new(),
        };
        found.choose(cluster, object).await?;
        Ok(Some(found))
    }

    async fn choose(&mut self, cluster: &Cluster, object: &Value) -> Result<(), Stop> {
        let touches = |part: &str| self.changes.iter().any(|change| change.path.starts_with(part));
        self.way = match text(object, "/kind") {
            "Job" => {
                self.harmless = is_over(&self.live);
                Way::Again
            }
            "StatefulSet" if touches("spec.selector") => {
                let retention = "/spec/persistentVolumeClaimRetentionPolicy/whenDeleted";
                match text(&self.live, retention) {
                    "Delete" => Way::Never,
                    _ => Way::Again,
                }
            }
            "StatefulSet" => {
                let (growths, note) = growths(cluster, &self.live, object).await?;
                self.note = note;
                Way::Orphan(growths)
            }
            "Deployment"
            | "DaemonSet"
            | "ReplicaSet"
            | "ReplicationController"
            | "Pod"
            | "Service"
            | "EndpointSlice"
            | "ResourceQuota"
            | "ConfigMap"
            | "Secret"
            | "RoleBinding"
            | "ClusterRoleBinding"
            | "StorageClass"
            | "PriorityClass"
            | "IngressClass"
            | "RuntimeClass"
            | "CSIDriver" => Way::Again,
            // Unknown is not safe: an operator may delete data with its custom resource.
            _ => Way::Never,
        };
        if self.way == Way::Again && owners::has(&owners::of_claims(cluster).await?, &self.live) {
            self.way = Way::Never;
            self.harmless = false;
        }
        Ok(())
    }

    /// Whether the object is being deleted: a new one will take its place.
    pub(crate) fn is_going(&self) -> bool {
        !text(&self.live, "/metadata/deletionTimestamp").is_empty()
    }

    /// The refusal, with what is safe and what is not.
    pub(crate) fn diagnostic(&self, said: &str) -> Diagnostic {
        let key = Key::of(&self.live);
        let shown: Vec<String> = self.changes.iter().take(MOST).map(Change::shown).collect();
        let details = match shown.is_empty() {
            true => format!(": {said}"),
            false => format!(": {}", shown.join("; ")),
        };
        let message = format!("{key} has immutable fields that would change{details}");
        Diagnostic::error("immutable", message).hint(self.hint(&key))
    }

    fn hint(&self, key: &Key) -> String {
        const SAFE: &str = "safe: remove the change from the overlay";
        let recreate = "`kind-cluster deploy --recreate`";
        match (&self.way, key.kind.as_str()) {
            (Way::Orphan(_), _) => format!(
                "{recreate} recreates the {} while its pods keep running; claims and their data \
                 stay{}",
                key.kind, self.note
            ),
            (Way::Again, "Job") => {
                format!("it is running; {recreate} ends it and recreates it")
            }
            (Way::Again, "StatefulSet") => {
                format!("{recreate} recreates it with its pods; claims and their data stay")
            }
            (Way::Again, "Deployment" | "DaemonSet" | "ReplicaSet" | "ReplicationController") => {
                format!(
                    "{recreate} recreates it with its pods; its service is \
                     interrupted, and only data of emptyDir volumes is lost"
                )
            }
            (Way::Again, _) => {
                format!("{recreate} recreates it; it holds no data")
            }
            (Way::Never, "PersistentVolumeClaim") => format!(
                "{SAFE}, or give the claim a new name and copy the data. Deleting the claim deletes \
                 its data: first {BACKUP}{}",
                self.note
            ),
            (Way::Never, _) => {
                format!("{SAFE}. Deleting {key} may delete data with it: first {BACKUP}")
            }
        }
    }
}

/// Deletes an object for a new one, after its claims have grown, and waits until it is gone. Each
/// step can be repeated: a killed run leaves claims that have grown, or a name without an object.
pub(crate) async fn clear(
    cluster: &Cluster,
    object: &Value,
    way: &Way,
    deadline: std::time::Instant,
) -> Result<(), Stop> {
    let key = Key::of(object);
    let propagation = match way {
        Way::Orphan(growths) => {
            for growth in growths {
                growth.grow(cluster).await?;
            }
            "Orphan"
        }
        Way::Again => "Background",
        Way::Never => return Ok(()),
    };
    let version = text(object, "/apiVersion");
    let Some(old) = cluster.get(version, &key.kind, &key.namespace, &key.name).await? else {
        return Ok(());
    };
    cluster.delete_as(version, &key, propagation).await?;
    let is_there = |answer: &Result<Option<Value>, Stop>| matches!(answer, Ok(Some(_)));
    let left = common::retry::poll(deadline, is_there, async || {
        let found = cluster.get(version, &key.kind, &key.namespace, &key.name).await?;
        Ok(found.filter(|now| now["metadata"]["uid"] == old["metadata"]["uid"]))
    });
    match left.await? {
        None => Ok(()),
        Some(still) => {
            let message = format!("{key} is not deleted yet: {}", crate::readiness::holder(&still));
            Err(Stop::unfinished("terminating", message))
        }
    }
}

impl Growth {
    async fn grow(&self, cluster: &Cluster) -> Result<(), Stop> {
        let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": self.claim, "namespace": self.namespace}});
        let patch = json!({"spec": {"resources": {"requests": {"storage": self.size}}}});
        let grown = cluster.merge(&claim, &patch).await;
        grown.map_err(|error| stop(&format!("cannot enlarge the claim {}", self.claim), &error))?;
        Ok(())
    }
}

/// The claims of a StatefulSet that grow with its template, and a remark on those that do not.
async fn growths(
    cluster: &Cluster,
    live: &Value,
    object: &Value,
) -> Result<(Vec<Growth>, String), Stop> {
    let templates = |of: &Value| {
        of.pointer("/spec/volumeClaimTemplates")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let wanted = templates(object);
    if wanted.is_empty() {
        return Ok((Vec::new(), String::new()));
    }
    let namespace = text(live, "/metadata/namespace");
    let claims = cluster.list("v1", "PersistentVolumeClaim", namespace).await?;
    let classes = cluster.list("storage.k8s.io/v1", "StorageClass", "").await?;
    let (mut growths, mut kept) = (Vec::new(), Vec::new());
    for template in &wanted {
        let size = text(template, "/spec/resources/requests/storage");
        let prefix = format!("{}-{}-", name(template), name(live));
        let is_of = |claim: &&Value| {
            let rest = name(claim).strip_prefix(&prefix);
            rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
        };
        for claim in claims.iter().filter(is_of) {
            let now = text(claim, "/spec/resources/requests/storage");
            let amounts = (Quantity::parse(now), Quantity::parse(size));
            let larger = matches!(amounts, (Some(now), Some(then)) if then > now);
            if larger && may_grow(claim, &classes) {
                growths.push(Growth {
                    namespace: namespace.to_owned(),
                    claim: name(claim).to_owned(),
                    size: size.to_owned(),
                });
            } else if now != size && amounts.0 != amounts.1 {
                kept.push(format!("{} ({now})", name(claim)));
            }
        }
    }
    let mut note = String::new();
    if !growths.is_empty() {
        let names: Vec<&str> = growths.iter().map(|growth| growth.claim.as_str()).collect();
        note.push_str(&format!("; the claims {} grow", names.join(", ")));
    }
    if !kept.is_empty() {
        note.push_str(&format!(
            "; the claims {} keep their size, which their class or Kubernetes does not let change",
            kept.join(", ")
        ));
    }
    Ok((growths, note))
}

fn may_grow(claim: &Value, classes: &[Value]) -> bool {
    let class = text(claim, "/spec/storageClassName");
    classes
        .iter()
        .any(|known| name(known) == class && known["allowVolumeExpansion"] == Value::Bool(true))
}

/// Whether the server would make the object if there were none of its name.
async fn would_be_made(cluster: &Cluster, object: &Value) -> bool {
    let mut probe = object.clone();
    probe["metadata"]["name"] = format!("kind-cluster-probe-{}", std::process::id()).into();
    cluster.rehearse_creation(&probe, MANAGER).await.is_ok()
}

/// Whether a Job has ended, or does nothing that is worth waiting for.
fn is_over(job: &Value) -> bool {
    let ended = ["Complete", "Failed"].into_iter().any(|kind| {
        condition(job, kind).is_some_and(|condition| text(condition, "/status") == "True")
    });
    ended || number(job, "/status/ready") == 0
}

/// Whether a field of a kind may change.
fn may_change(kind: &str, path: &str) -> bool {
    let free: &[&str] = match kind {
        "StatefulSet" => &[
            "spec.replicas",
            "spec.ordinals",
            "spec.template",
            "spec.updateStrategy",
            "spec.revisionHistoryLimit",
            "spec.persistentVolumeClaimRetentionPolicy",
            "spec.minReadySeconds",
        ],
        "PersistentVolumeClaim" => &["spec.resources", "spec.volumeAttributesClassName"],
        "Deployment" | "DaemonSet" | "ReplicaSet" | "ReplicationController" => {
            return !path.starts_with("spec.selector");
        }
        "Job" => &[
            "spec.parallelism",
            "spec.activeDeadlineSeconds",
            "spec.backoffLimit",
            "spec.suspend",
            "spec.ttlSecondsAfterFinished",
        ],
        _ => &[],
    };
    let is_of = |part: &str| {
        path.strip_prefix(part).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    path.starts_with("metadata") || free.iter().copied().any(is_of)
}

/// Whether a Job that is there has failed.
pub(crate) fn has_failed(object: &Value) -> bool {
    text(object, "/kind") == "Job"
        && condition(object, "Failed").is_some_and(|c| text(c, "/status") == "True")
}
