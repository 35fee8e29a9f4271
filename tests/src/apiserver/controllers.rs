//! Steps of controllers, kubelets and operators when all goes well.

use std::time::Duration;

use serde_json::{Value, json};

use super::behaviour::Step;
use super::store::{Change, Event};

/// How long everything takes: long enough to be seen in between, short enough for a test.
pub const DELAY: Duration = Duration::from_millis(15);

/// Where the volumes of claims are on a node.
pub const VOLUMES: &str = "/var/local-path-provisioner";

/// The behaviour of a healthy cluster.
pub fn usual(event: &Event) -> Vec<(Duration, Step)> {
    usual_at(VOLUMES, event)
}

/// The same, with volumes in another folder.
pub fn usual_at(volumes: &str, event: &Event) -> Vec<(Duration, Step)> {
    let object = &event.object;
    if !event.fresh {
        return Vec::new();
    }
    if event.change == Change::Deleted {
        return gone(object).into_iter().map(|step| (Duration::ZERO, step)).collect();
    }
    let steps = match text(&object["kind"]) {
        "Namespace" => vec![status(object, json!({"phase": "Active"}))],
        "CustomResourceDefinition" => vec![established(object), Step::Serve(object.clone())],
        "Deployment" => workload(object, deployment_status(object)),
        "StatefulSet" => workload(object, stateful_set_status(object)),
        "DaemonSet" => vec![status(object, daemon_set_status(object, 3))],
        "Job" => job(object),
        "Pod" => pod(object),
        "PersistentVolumeClaim" => bound(object, volumes),
        "Service" if object["spec"]["selector"].is_object() => vec![Step::Put(endpoints(object))],
        "ExternalSecret" => external_secret(object),
        "SecretStore" | "ClusterSecretStore" => vec![status(object, ready_condition("Valid"))],
        "GatewayClass" => vec![status(object, conditions(object, &["Accepted"]))],
        "Gateway" => vec![status(object, conditions(object, &["Accepted", "Programmed"]))],
        "HTTPRoute" => vec![status(object, route_status(object))],
        _ => Vec::new(),
    };
    steps.into_iter().map(|step| (DELAY, step)).collect()
}

/// A step that merges a status into an object.
pub fn status(object: &Value, status: Value) -> Step {
    Step::Merge {
        kind: text(&object["kind"]).into(),
        namespace: text(&object["metadata"]["namespace"]).into(),
        name: text(&object["metadata"]["name"]).into(),
        patch: json!({"status": status}),
    }
}

/// A workload's pod, running and ready.
pub fn running_pod(workload: &Value, name: &str) -> Value {
    let template = &workload["spec"]["template"];
    let statuses: Vec<Value> = template["spec"]["containers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|container| {
            json!({"name": container["name"], "image": container["image"], "ready": true,
                   "restartCount": 0, "state": {"running": {}}})
        })
        .collect();
    let mut spec = template["spec"].clone();
    let claims = workload["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten();
    let mut volumes: Vec<Value> = spec["volumes"].as_array().cloned().unwrap_or_default();
    volumes.extend(claims.map(|claim| {
        let volume = text(&claim["metadata"]["name"]);
        json!({"name": volume, "persistentVolumeClaim": {"claimName": format!("{volume}-{name}")}})
    }));
    spec["volumes"] = json!(volumes);
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": workload["metadata"]["namespace"],
            "labels": template["metadata"]["labels"],
            "ownerReferences": [{"apiVersion": workload["apiVersion"], "kind": workload["kind"],
                "name": workload["metadata"]["name"], "uid": workload["metadata"]["uid"],
                "controller": true}]},
        "spec": spec,
        "status": {"phase": "Running", "containerStatuses": statuses,
            "conditions": [{"type": "Ready", "status": "True"},
                           {"type": "PodScheduled", "status": "True"}]}})
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn replicas(object: &Value) -> i64 {
    object["spec"]["replicas"].as_i64().unwrap_or(1)
}

fn deployment_status(object: &Value) -> Value {
    let n = replicas(object);
    json!({"observedGeneration": object["metadata"]["generation"], "replicas": n,
        "updatedReplicas": n, "readyReplicas": n, "availableReplicas": n,
        "conditions": [{"type": "Available", "status": "True"},
            {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]})
}

fn stateful_set_status(object: &Value) -> Value {
    let n = replicas(object);
    json!({"observedGeneration": object["metadata"]["generation"], "replicas": n,
        "readyReplicas": n, "currentReplicas": n, "updatedReplicas": n,
        "currentRevision": "r1", "updateRevision": "r1"})
}

fn daemon_set_status(object: &Value, n: i64) -> Value {
    json!({"observedGeneration": object["metadata"]["generation"], "desiredNumberScheduled": n,
        "currentNumberScheduled": n, "updatedNumberScheduled": n, "numberAvailable": n,
        "numberReady": n})
}

/// Pods up to the wanted number, claims for each, and none above it.
fn workload(object: &Value, state: Value) -> Vec<Step> {
    let namespace = text(&object["metadata"]["namespace"]);
    let owner = text(&object["metadata"]["name"]);
    let mut steps = Vec::new();
    for index in 0..4 {
        let name = format!("{owner}-{index}");
        if index >= replicas(object) {
            let (kind, namespace) = ("Pod".into(), namespace.into());
            steps.push(Step::Delete { kind, namespace, name });
            continue;
        }
        for claim in object["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
            let volume = text(&claim["metadata"]["name"]);
            steps.push(Step::Put(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "metadata": {"name": format!("{volume}-{name}"), "namespace": namespace,
                             "labels": object["spec"]["selector"]["matchLabels"]},
                "spec": claim["spec"]})));
        }
        steps.push(Step::Put(running_pod(object, &name)));
    }
    steps.push(status(object, state));
    steps
}

fn job(object: &Value) -> Vec<Step> {
    let mut pod = running_pod(object, &format!("{}-x", text(&object["metadata"]["name"])));
    pod["status"] = json!({"phase": "Succeeded"});
    let complete = json!({"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]});
    vec![Step::Put(pod), status(object, complete)]
}

/// A pod that nobody owns runs as soon as it is there.
fn pod(object: &Value) -> Vec<Step> {
    if object["status"]["phase"].is_string() {
        return Vec::new();
    }
    vec![status(
        object,
        json!({"phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}]}),
    )]
}

/// The name of a claim's volume.
pub fn volume_of(namespace: &str, claim: &str) -> String {
    format!("pvc-{namespace}-{claim}")
}

/// A claim gets a folder on the first worker, as the local-path provisioner does it.
fn bound(object: &Value, volumes: &str) -> Vec<Step> {
    let namespace = text(&object["metadata"]["namespace"]);
    let claim = text(&object["metadata"]["name"]);
    let volume = volume_of(namespace, claim);
    let on = json!({"nodeSelectorTerms": [{"matchExpressions": [
        {"key": "kubernetes.io/hostname", "operator": "In",
         "values": ["rideshare-local-worker"]}]}]});
    let persistent = json!({"apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": volume},
        "spec": {"capacity": object["spec"]["resources"]["requests"],
            "accessModes": object["spec"]["accessModes"],
            "hostPath": {"path": format!("{volumes}/{volume}_{namespace}_{claim}")},
            "claimRef": {"kind": "PersistentVolumeClaim", "namespace": namespace, "name": claim},
            "nodeAffinity": {"required": on}}});
    let patch = json!({"spec": {"volumeName": volume}, "status": {"phase": "Bound"}});
    let (kind, namespace, name) =
        ("PersistentVolumeClaim".into(), namespace.into(), claim.to_owned());
    vec![Step::Put(persistent), Step::Merge { kind, namespace, name, patch }]
}

fn endpoints(object: &Value) -> Value {
    let name = text(&object["metadata"]["name"]);
    json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": format!("{name}-1"), "namespace": object["metadata"]["namespace"],
                     "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.244.0.9"], "conditions": {"ready": true}}]})
}

fn established(object: &Value) -> Step {
    status(
        object,
        json!({"conditions": [{"type": "NamesAccepted", "status": "True"},
                                         {"type": "Established", "status": "True"}]}),
    )
}

fn external_secret(object: &Value) -> Vec<Step> {
    let target = &object["spec"]["target"]["name"];
    let name = if target.is_string() { target } else { &object["metadata"]["name"] };
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": name, "namespace": object["metadata"]["namespace"]}, "data": {}});
    vec![Step::Put(secret), status(object, ready_condition("SecretSynced"))]
}

fn ready_condition(reason: &str) -> Value {
    json!({"conditions": [{"type": "Ready", "status": "True", "reason": reason}]})
}

fn conditions(object: &Value, kinds: &[&str]) -> Value {
    let generation = &object["metadata"]["generation"];
    let all: Vec<Value> = kinds
        .iter()
        .map(|kind| {
            json!({"type": kind, "status": "True", "reason": kind,
                   "observedGeneration": generation})
        })
        .collect();
    json!({"conditions": all})
}

fn route_status(object: &Value) -> Value {
    let answered = conditions(object, &["Accepted", "ResolvedRefs"])["conditions"].clone();
    let parents: Vec<Value> = object["spec"]["parentRefs"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parent| {
            json!({"parentRef": parent, "controllerName": "tests/gateway",
                             "conditions": answered})
        })
        .collect();
    json!({"parents": parents})
}

/// The objects that go with a deleted one.
fn gone(object: &Value) -> Vec<Step> {
    let namespace = text(&object["metadata"]["namespace"]);
    let name = text(&object["metadata"]["name"]);
    match text(&object["kind"]) {
        "Deployment" | "StatefulSet" => (0..4)
            .map(|index| Step::Delete {
                kind: "Pod".into(),
                namespace: namespace.into(),
                name: format!("{name}-{index}"),
            })
            .collect(),
        "Job" => vec![Step::Delete {
            kind: "Pod".into(),
            namespace: namespace.into(),
            name: format!("{name}-x"),
        }],
        _ => Vec::new(),
    }
}
