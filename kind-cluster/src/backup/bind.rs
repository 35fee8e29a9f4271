//! A claim of the archive, with a volume: made where it is missing, and bound by a pod where its
//! volume waits for one.

use std::time::Instant;

use common::fault;
use common::retry::poll;
use common::stop::Stop;
use serde_json::{Value, json};

use super::volume::{self, Volume};
use super::{claim, manifest, quiesce};
use crate::cluster::{Cluster, RESTORER, code, stop};
use crate::object::{list, name, text};
use crate::report::Check;

/// The pod that makes a claim's volume come to be, where that waits for a first pod.
pub(super) const BINDER: &str = "kind-cluster-binder";

/// Ends what a run, this one or one that was killed, has left: pods that bind claims, and
/// workloads at 0.
pub(super) async fn clean_up(cluster: &Cluster) -> Result<(), Stop> {
    for pod in cluster.list("v1", "Pod", "").await?.iter().filter(|pod| name(pod) == BINDER) {
        cluster.delete("v1", "Pod", text(pod, "/metadata/namespace"), BINDER).await?;
    }
    quiesce::resume(cluster).await
}

/// For `doctor`: pods that a restore has left.
pub(crate) async fn leftovers(cluster: &Cluster) -> Result<Vec<Check>, Stop> {
    let pods = cluster.list("v1", "Pod", "").await?;
    let check = |pod: &Value| {
        Check::warning(
            "pods",
            format!("Pod/{BINDER} ({})", text(pod, "/metadata/namespace")),
            "restore-interrupted",
            "an interrupted restore left it; it holds a claim",
        )
        .hint("the next restore or backup deletes it")
    };
    Ok(pods.iter().filter(|pod| name(pod) == BINDER).map(check).collect())
}

/// The claim's volume on a node; claim, namespace and volume are made where they are missing.
pub(super) async fn bind(
    cluster: &Cluster,
    part: &manifest::Volume,
    deadline: Instant,
) -> Result<Volume, Stop> {
    let (namespace, name) = (part.namespace.as_str(), part.claim.as_str());
    if cluster.get("v1", "Namespace", "", namespace).await?.is_none() {
        let object =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        let created = cluster.apply(&object, false).await;
        created.map_err(|error| stop("cannot create the namespace", &error))?;
    }
    if cluster.get("v1", "PersistentVolumeClaim", namespace, name).await?.is_none() {
        // It has been verified already; this asks for exactly the verified object.
        let object = claim::of(&part.object, namespace, name)
            .map_err(|reason| Stop::no("foreign-object", reason))?;
        let created = cluster.create(&object, RESTORER).await;
        created.map_err(|error| stop("cannot create the claim", &error))?;
    }
    if let Some(claim) = bound(cluster, namespace, name).await? {
        return volume(cluster, &claim).await;
    }
    let pod = binder_pod(cluster, namespace, name).await?;
    let mut applied = cluster.apply(&pod, false).await;
    if matches!(&applied, Err(error) if code(error) == Some(403)) {
        // A namespace gets its account a moment after it was made, and no pod before.
        let is_absent = |account: &Result<Option<Value>, Stop>| matches!(account, Ok(None));
        let ask = async || cluster.get("v1", "ServiceAccount", namespace, "default").await;
        poll(deadline, is_absent, ask).await?;
        applied = cluster.apply(&pod, false).await;
    }
    applied.map_err(|error| stop("cannot create a pod that binds the claim", &error))?;
    let is_unbound = |claim: &Result<Option<Value>, Stop>| matches!(claim, Ok(None));
    let claim = poll(deadline, is_unbound, async || bound(cluster, namespace, name).await).await?;
    let outcome = match claim {
        Some(claim) => volume(cluster, &claim).await,
        None => Err(late(format!("claim {name} was not bound before the deadline"))),
    };
    cluster.delete("v1", "Pod", namespace, BINDER).await?;
    let is_there = |pod: &Result<Option<Value>, Stop>| matches!(pod, Ok(Some(_)));
    let ask = async || cluster.get("v1", "Pod", namespace, BINDER).await;
    match poll(deadline, is_there, ask).await? {
        Some(_) => Err(late(format!("pod {BINDER} did not end before the deadline"))),
        None => outcome,
    }
}

fn late(message: String) -> Stop {
    Stop::unfinished("timeout", message).hint(fault::MORE_TIME)
}

/// The claim, once it is bound.
async fn bound(cluster: &Cluster, namespace: &str, name: &str) -> Result<Option<Value>, Stop> {
    let found = cluster.get("v1", "PersistentVolumeClaim", namespace, name).await?;
    Ok(found.filter(|found| text(found, "/status/phase") == "Bound"))
}

/// The volume of a claim that is bound.
async fn volume(cluster: &Cluster, claim: &Value) -> Result<Volume, Stop> {
    let all = cluster.list("v1", "PersistentVolume", "").await?;
    volume::of(claim, &all).map_err(|why| {
        let message = format!("claim {} cannot be restored: {why}", name(claim));
        Stop::no("volume-unsupported", message)
    })
}

/// A pod that does nothing, of the image that every node has.
async fn binder_pod(cluster: &Cluster, namespace: &str, claim: &str) -> Result<Value, Stop> {
    let nodes = cluster.list("v1", "Node", "").await?;
    let images = nodes.iter().flat_map(|node| list(node, "/status/images"));
    let mut names = images.flat_map(|image| list(image, "/names")).filter_map(Value::as_str);
    let pause = names.find(|name| name.contains("/pause:")).unwrap_or("registry.k8s.io/pause:3.10");
    Ok(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": BINDER, "namespace": namespace},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": false,
            "containers": [{"name": "pause", "image": pause, "imagePullPolicy": "IfNotPresent",
                "resources": {"limits": {"memory": "16Mi"}},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]}}))
}
