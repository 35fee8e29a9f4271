//! The table of readiness, row by row, with what tells these rules from the usual ones.

use serde_json::{Value, json};

use super::*;

/// A state's word, and something that its reason says.
type Wanted = (&'static str, &'static str);

fn assessed(object: &Value, around: &[Value]) -> State {
    let mut world = World { now: 1_000_000_000, ..World::default() };
    world.objects.extend(around.iter().map(|object| (Key::of(object), object.clone())));
    assess(object, &world)
}

#[track_caller]
fn table(rows: &[(&str, Value, Vec<Value>, Wanted)]) {
    let mut wrong = Vec::new();
    for (name, object, around, (word, reason)) in rows {
        let state = assessed(object, around);
        if state.word() != *word || !state.reason().contains(reason) {
            wrong.push(format!("{name}: {state:?}, not {word} {reason:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn object(version: &str, kind: &str, name: &str, more: Value) -> Value {
    let mut object = json!({"apiVersion": version, "kind": kind,
                            "metadata": {"name": name, "namespace": "n", "generation": 2}});
    for (key, value) in more.as_object().into_iter().flatten() {
        match object.get_mut(key).and_then(Value::as_object_mut) {
            Some(map) => map.extend(value.as_object().cloned().unwrap_or_default()),
            None => object[key.as_str()] = value.clone(),
        }
    }
    object
}

fn conditions(all: &[(&str, &str, &str)]) -> Value {
    let one = |(kind, status, reason): &(&str, &str, &str)| json!({"type": kind, "status": status, "reason": reason, "message": "said"});
    all.iter().map(one).collect()
}

#[test]
fn every_kind() {
    let any = |more| object("v1", "ConfigMap", "c", more);
    table(&[
        ("there", any(json!({})), vec![], ("ready", "")),
        (
            "being deleted",
            any(json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})),
            vec![],
            ("waiting", "terminating"),
        ),
        (
            "not observed",
            any(json!({"status": {"observedGeneration": 1}})),
            vec![],
            ("waiting", "has not seen"),
        ),
        (
            "reconciling",
            any(json!({"status": {"conditions": conditions(&[("Reconciling", "True", "Busy")])}})),
            vec![],
            ("waiting", "Busy"),
        ),
        (
            "stalled",
            any(json!({"status": {"conditions": conditions(&[("Stalled", "True", "Broken")])}})),
            vec![],
            ("failed", "Broken"),
        ),
    ]);
}

fn deployment(status: Value) -> Value {
    object(
        "apps/v1",
        "Deployment",
        "d",
        json!({
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "d"}}}, "status": status}),
    )
}

fn rolled_out() -> Value {
    json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2,
           "readyReplicas": 2,
           "conditions": conditions(&[("Available", "True", "x"),
                                      ("Progressing", "True", "NewReplicaSetAvailable")])})
}

fn with(mut status: Value, changes: Value) -> Value {
    for (key, value) in changes.as_object().into_iter().flatten() {
        status[key.as_str()] = value.clone();
    }
    status
}

#[test]
fn deployments() {
    let changed = |changes| deployment(with(rolled_out(), changes));
    table(&[
        ("rolled out", deployment(rolled_out()), vec![], ("ready", "")),
        ("no status", deployment(json!({})), vec![], ("waiting", "has not seen")),
        ("fewer", changed(json!({"replicas": 1})), vec![], ("waiting", "1 of 2 created")),
        ("old ones", changed(json!({"updatedReplicas": 1})), vec![], ("waiting", "1 of 2 updated")),
        ("surplus", changed(json!({"replicas": 3})), vec![], ("waiting", "1 of an older revision")),
        ("down", changed(json!({"availableReplicas": 0})), vec![], ("waiting", "0 of 2 available")),
        ("unready", changed(json!({"readyReplicas": 1})), vec![], ("waiting", "1 of 2 ready")),
        (
            "not Available",
            changed(
                json!({"conditions": conditions(&[("Progressing", "True", "NewReplicaSetAvailable")])}),
            ),
            vec![],
            ("waiting", "not Available"),
        ),
        (
            "the condition lags",
            changed(
                json!({"conditions": conditions(&[("Available", "True", "x"), ("Progressing", "True", "ReplicaSetUpdated")])}),
            ),
            vec![],
            ("waiting", "ReplicaSetUpdated"),
        ),
        (
            "too late",
            changed(
                json!({"conditions": conditions(&[("Progressing", "False", "ProgressDeadlineExceeded")])}),
            ),
            vec![],
            ("failed", "ProgressDeadlineExceeded"),
        ),
    ]);
}

#[test]
fn a_workload_fails_with_its_newest_pods() {
    let starting = deployment(with(rolled_out(), json!({"readyReplicas": 0})));
    let set = |name: &str, revision: &str| {
        object(
            "apps/v1",
            "ReplicaSet",
            name,
            json!({"metadata": {
            "annotations": {"deployment.kubernetes.io/revision": revision},
            "ownerReferences": [{"kind": "Deployment", "name": "d"}]}}),
        )
    };
    let crashing = |owner: &str| {
        let mut pod = looping("CrashLoopBackOff");
        pod["metadata"]["labels"] = json!({"app": "d"});
        pod["metadata"]["ownerReferences"] = json!([{"kind": "ReplicaSet", "name": owner}]);
        pod
    };
    let sets = [set("old", "9"), set("new", "10")];
    let around = |owner: &str| [sets.to_vec(), vec![crashing(owner)]].concat();
    let job = object("batch/v1", "Job", "j", json!({"status": {"active": 1}}));
    let attempt = |status: Value| {
        object(
            "v1",
            "Pod",
            "p",
            json!({"metadata": {"ownerReferences": [{"kind": "Job", "name": "j"}]}, "status": status}),
        )
    };
    let mut pulling = looping("ErrImageNeverPull");
    pulling["metadata"]["ownerReferences"] = json!([{"kind": "Job", "name": "j"}]);
    table(&[
        ("newest", starting.clone(), around("new"), ("failed", "CrashLoopBackOff")),
        ("one to be replaced", starting, around("old"), ("waiting", "0 of 2 ready")),
        (
            "a Job tries again",
            job.clone(),
            vec![attempt(json!({"phase": "Failed"}))],
            ("waiting", "running"),
        ),
        ("a Job's image", job, vec![pulling], ("failed", "ErrImageNeverPull")),
    ]);
}

#[test]
fn stateful_sets() {
    let set = |spec: Value, status: Value| {
        object(
            "apps/v1",
            "StatefulSet",
            "s",
            json!({"spec": with(json!({"replicas": 3}), spec), "status": status}),
        )
    };
    let full = || {
        json!({"observedGeneration": 2, "replicas": 3, "readyReplicas": 3, "updatedReplicas": 3,
                         "currentRevision": "b", "updateRevision": "b"})
    };
    let partition = json!({"updateStrategy": {"rollingUpdate": {"partition": 2}}});
    let on_delete = json!({"updateStrategy": {"type": "OnDelete"}});
    table(&[
        ("full", set(json!({}), full()), vec![], ("ready", "")),
        (
            "none wanted",
            set(json!({"replicas": 0}), with(full(), json!({"replicas": 0, "readyReplicas": 0}))),
            vec![],
            ("ready", ""),
        ),
        ("no status", set(json!({}), json!({})), vec![], ("waiting", "has not seen")),
        (
            "unready",
            set(json!({}), with(full(), json!({"readyReplicas": 2}))),
            vec![],
            ("waiting", "2 of 3 ready"),
        ),
        ("surplus", set(json!({"replicas": 2}), full()), vec![], ("waiting", "1 more than wanted")),
        (
            "older revision",
            set(json!({}), with(full(), json!({"currentRevision": "a", "updatedReplicas": 1}))),
            vec![],
            ("waiting", "1 of 3 updated"),
        ),
        (
            "partition met",
            set(
                partition.clone(),
                with(full(), json!({"currentRevision": "a", "updatedReplicas": 1})),
            ),
            vec![],
            ("ready", ""),
        ),
        (
            "partition not met",
            set(partition, with(full(), json!({"currentRevision": "a", "updatedReplicas": 0}))),
            vec![],
            ("waiting", "0 of 1 updated"),
        ),
        (
            "OnDelete is held to the same",
            set(on_delete, with(full(), json!({"currentRevision": "a"}))),
            vec![],
            ("waiting", "OnDelete"),
        ),
    ]);
}

#[test]
fn daemon_sets() {
    let set = |changes| {
        let full = json!({"observedGeneration": 2, "desiredNumberScheduled": 3, "currentNumberScheduled": 3,
                          "updatedNumberScheduled": 3, "numberAvailable": 3, "numberReady": 3});
        object("apps/v1", "DaemonSet", "d", json!({"status": with(full, changes)}))
    };
    table(&[
        ("full", set(json!({})), vec![], ("ready", "")),
        (
            "no status",
            object("apps/v1", "DaemonSet", "d", json!({})),
            vec![],
            ("waiting", "has not seen"),
        ),
        (
            "scheduled",
            set(json!({"currentNumberScheduled": 2})),
            vec![],
            ("waiting", "2 of 3 scheduled"),
        ),
        (
            "updated",
            set(json!({"updatedNumberScheduled": 1})),
            vec![],
            ("waiting", "1 of 3 updated"),
        ),
        ("available", set(json!({"numberAvailable": 0})), vec![], ("waiting", "0 of 3 available")),
        ("ready", set(json!({"numberReady": 2})), vec![], ("waiting", "2 of 3 ready")),
    ]);
}

#[test]
fn jobs() {
    let job = |status| object("batch/v1", "Job", "j", json!({"status": status}));
    table(&[
        (
            "complete",
            job(json!({"conditions": conditions(&[("Complete", "True", "")])})),
            vec![],
            ("ready", ""),
        ),
        (
            "started is not enough",
            job(json!({"active": 1, "ready": 1})),
            vec![],
            ("waiting", "running"),
        ),
        ("not started", job(json!({})), vec![], ("waiting", "not started")),
        ("again", job(json!({"active": 1, "failed": 2})), vec![], ("waiting", "2 failed before")),
        (
            "failed",
            job(json!({"conditions": conditions(&[("Failed", "True", "BackoffLimitExceeded")])})),
            vec![],
            ("failed", "BackoffLimitExceeded"),
        ),
        (
            "suspended",
            object("batch/v1", "Job", "j", json!({"spec": {"suspend": true}})),
            vec![],
            ("skipped", "suspended"),
        ),
    ]);
}

fn looping(reason: &str) -> Value {
    object(
        "v1",
        "Pod",
        "p",
        json!({"status": {"phase": "Pending", "containerStatuses": [
        {"name": "main", "image": "i", "state": {"waiting": {"reason": reason, "message": "m"}},
         "lastState": {"terminated": {"exitCode": 7}}}]}}),
    )
}

#[test]
fn pods() {
    let pod = |status| object("v1", "Pod", "p", json!({"status": status}));
    let unscheduled = |since: &str| {
        pod(json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
            "reason": "Unschedulable", "message": "no memory", "lastTransitionTime": since}]}))
    };
    let in_init = |reason: &str| {
        let mut pod = looping(reason);
        let statuses = pod["status"]["containerStatuses"].take();
        pod["status"]["initContainerStatuses"] = statuses;
        pod
    };
    table(&[
        ("succeeded", pod(json!({"phase": "Succeeded"})), vec![], ("ready", "")),
        (
            "ready",
            pod(json!({"phase": "Running", "conditions": conditions(&[("Ready", "True", "")])})),
            vec![],
            ("ready", ""),
        ),
        (
            "running alone is not ready",
            pod(json!({"phase": "Running"})),
            vec![],
            ("waiting", "not ready yet"),
        ),
        ("new", pod(json!({})), vec![], ("waiting", "scheduler")),
        (
            "failed",
            pod(json!({"phase": "Failed", "reason": "Evicted"})),
            vec![],
            ("failed", "Evicted"),
        ),
        ("crash loop", looping("CrashLoopBackOff"), vec![], ("failed", "last exit status 7")),
        ("image", looping("ImagePullBackOff"), vec![], ("failed", "image i")),
        ("never pulled", looping("ErrImageNeverPull"), vec![], ("failed", "ErrImageNeverPull")),
        ("crash loop in init", in_init("CrashLoopBackOff"), vec![], ("failed", "container main")),
        ("image in init", in_init("ImagePullBackOff"), vec![], ("failed", "ImagePullBackOff")),
        (
            "a first pull that fails may work",
            looping("ErrImagePull"),
            vec![],
            ("waiting", "ErrImagePull"),
        ),
        (
            "a Secret that is not there yet",
            looping("CreateContainerConfigError"),
            vec![],
            ("waiting", "CreateContainerConfigError"),
        ),
        // 1,000,000,000 is 01:46:40 of 9 September 2001.
        ("no node for 14 s", unscheduled("2001-09-09T01:46:26Z"), vec![], ("waiting", "pending")),
        (
            "no node for 15 s",
            unscheduled("2001-09-09T01:46:25Z"),
            vec![],
            ("failed", "no node for 15 s"),
        ),
    ]);
}

#[test]
fn claims() {
    let claim = |phase: &str| {
        object("v1", "PersistentVolumeClaim", "c", json!({"status": {"phase": phase}}))
    };
    let mut class = object(
        "storage.k8s.io/v1",
        "StorageClass",
        "standard",
        json!({
        "metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "volumeBindingMode": "WaitForFirstConsumer"}),
    );
    class["metadata"].as_object_mut().unwrap().remove("namespace");
    let mut at_once = class.clone();
    at_once["volumeBindingMode"] = json!("Immediate");
    let pod = |phase: &str| {
        object(
            "v1",
            "Pod",
            "p",
            json!({"spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "c"}}]},
                                        "status": {"phase": phase}}),
        )
    };
    table(&[
        ("bound", claim("Bound"), vec![], ("ready", "")),
        ("lost", claim("Lost"), vec![], ("failed", "Lost")),
        ("unused is not pending", claim("Pending"), vec![class.clone()], ("skipped", "unused")),
        ("used", claim("Pending"), vec![class.clone(), pod("Pending")], ("waiting", "not bound")),
        (
            "used by one that has ended",
            claim("Pending"),
            vec![class, pod("Succeeded")],
            ("skipped", "unused"),
        ),
        ("bound at once", claim("Pending"), vec![at_once], ("waiting", "not bound")),
    ]);
}

#[test]
fn services() {
    let service = |spec| object("v1", "Service", "s", json!({"spec": spec}));
    let selects = || service(json!({"selector": {"app": "s"}}));
    let slice = |endpoints: Value| {
        object(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            "s-1",
            json!({
            "metadata": {"labels": {"kubernetes.io/service-name": "s"}}, "endpoints": endpoints}),
        )
    };
    table(&[
        ("no slice", selects(), vec![], ("waiting", "no ready endpoint")),
        (
            "nobody ready",
            selects(),
            vec![slice(json!([{"conditions": {"ready": false}}]))],
            ("waiting", "no ready endpoint"),
        ),
        (
            "one ready",
            selects(),
            vec![slice(json!([{"conditions": {"ready": false}}, {"conditions": {"ready": true}}]))],
            ("ready", ""),
        ),
        ("unsaid is ready", selects(), vec![slice(json!([{"conditions": {}}]))], ("ready", "")),
        ("selects nothing", service(json!({})), vec![], ("ready", "")),
        (
            "a name elsewhere",
            service(json!({"type": "ExternalName", "selector": {"a": "b"}})),
            vec![],
            ("ready", ""),
        ),
    ]);
}

#[test]
fn definitions() {
    let crd = |all: &[(&str, &str, &str)]| {
        object(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "things.g",
            json!({
            "spec": {"group": "g", "names": {"kind": "Thing"}}, "status": {"conditions": conditions(all)}}),
        )
    };
    let established = [("NamesAccepted", "True", ""), ("Established", "True", "")];
    table(&[
        ("new", crd(&[]), vec![], ("waiting", "not Established")),
        ("not in discovery", crd(&established), vec![], ("waiting", "discovery")),
        (
            "names taken",
            crd(&[("NamesAccepted", "False", "KindConflict")]),
            vec![],
            ("failed", "KindConflict"),
        ),
    ]);
    let mut world = World::default();
    world.served.insert(("g".into(), "Thing".into()));
    assert_eq!(assess(&crd(&established), &world), State::Ready);
}

const GATEWAY: &str = "gateway.networking.k8s.io/v1";

fn class(all: &[(&str, &str, &str)]) -> Value {
    let mut class = object(
        GATEWAY,
        "GatewayClass",
        "envoy",
        json!({"status": {"conditions": conditions(all)}}),
    );
    class["metadata"].as_object_mut().unwrap().remove("namespace");
    class
}

fn current(all: &[(&str, &str, &str)], generation: i64) -> Value {
    let mut list = conditions(all);
    for condition in list.as_array_mut().into_iter().flatten() {
        condition["observedGeneration"] = json!(generation);
    }
    list
}

#[test]
fn gateways() {
    let accepted = || vec![class(&[("Accepted", "True", "Accepted")])];
    let gateway = |list: Value| {
        object(
            GATEWAY,
            "Gateway",
            "g",
            json!({"spec": {"gatewayClassName": "envoy"}, "status": {"conditions": list}}),
        )
    };
    let both = [("Accepted", "True", ""), ("Programmed", "True", "")];
    let mut listener = gateway(current(&both, 2));
    listener["status"]["listeners"] = json!([{"name": "https", "conditions": conditions(&[("ResolvedRefs", "False", "InvalidCertificateRef")])}]);
    table(&[
        ("programmed", gateway(current(&both, 2)), accepted(), ("ready", "")),
        (
            "of an older generation",
            gateway(current(&both, 1)),
            accepted(),
            ("waiting", "not Accepted"),
        ),
        (
            "not programmed",
            gateway(current(&both[..1], 2)),
            accepted(),
            ("waiting", "not Programmed"),
        ),
        (
            "refused",
            gateway(current(&[("Accepted", "False", "Invalid")], 2)),
            accepted(),
            ("failed", "Invalid"),
        ),
        (
            "not looked at",
            gateway(current(&[("Accepted", "False", "Pending")], 2)),
            accepted(),
            ("waiting", "Pending"),
        ),
        ("a listener", listener, accepted(), ("failed", "listener https")),
        ("no class", gateway(json!([])), vec![], ("skipped", "no GatewayClass/envoy")),
        (
            "no controller",
            gateway(json!([])),
            vec![class(&[("Accepted", "Unknown", "Pending")])],
            ("skipped", "no controller"),
        ),
    ]);
}

#[test]
fn routes() {
    let gateway = object(GATEWAY, "Gateway", "g", json!({"spec": {"gatewayClassName": "envoy"}}));
    let around = || vec![class(&[("Accepted", "True", "Accepted")]), gateway.clone()];
    let route = |parents: Value| {
        object(
            GATEWAY,
            "HTTPRoute",
            "r",
            json!({"spec": {"parentRefs": [{"name": "g"}]}, "status": {"parents": parents}}),
        )
    };
    let answer = |list: Value| json!([{"parentRef": {"name": "g"}, "conditions": list}]);
    let both = [("Accepted", "True", ""), ("ResolvedRefs", "True", "")];
    let lost = [("Accepted", "True", ""), ("ResolvedRefs", "False", "BackendNotFound")];
    table(&[
        ("accepted", route(answer(current(&both, 2))), around(), ("ready", "")),
        ("no answer", route(json!([])), around(), ("waiting", "has not answered")),
        (
            "of an older generation",
            route(answer(current(&both, 1))),
            around(),
            ("waiting", "not Accepted"),
        ),
        (
            "refused",
            route(answer(current(&[("Accepted", "False", "NoMatchingParent")], 2))),
            around(),
            ("failed", "NoMatchingParent"),
        ),
        ("backend", route(answer(current(&lost, 2))), around(), ("failed", "BackendNotFound")),
        ("no controller", route(json!([])), vec![gateway.clone()], ("skipped", "no controller")),
    ]);
}

#[test]
fn secrets() {
    let version = "external-secrets.io/v1";
    let secret = |list: Value| {
        object(
            version,
            "ExternalSecret",
            "e",
            json!({"spec": {"target": {"name": "t"}}, "status": {"conditions": list}}),
        )
    };
    let ready = || conditions(&[("Ready", "True", "SecretSynced")]);
    let target = object("v1", "Secret", "t", json!({}));
    let store =
        |list: Value| object(version, "SecretStore", "s", json!({"status": {"conditions": list}}));
    table(&[
        ("synced", secret(ready()), vec![target.clone()], ("ready", "")),
        ("its Secret is missing", secret(ready()), vec![], ("waiting", "Secret/t does not exist")),
        (
            "not synced",
            secret(conditions(&[("Ready", "False", "SecretSyncedError")])),
            vec![target],
            ("waiting", "SecretSyncedError"),
        ),
        ("no controller yet", secret(json!([])), vec![], ("waiting", "has not answered")),
        ("store", store(ready()), vec![], ("ready", "")),
        (
            "store not ready",
            store(conditions(&[("Ready", "False", "InvalidProviderConfig")])),
            vec![],
            ("waiting", "InvalidProviderConfig"),
        ),
    ]);
}

#[test]
fn nodes() {
    let node = |list: Value| object("v1", "Node", "n", json!({"status": {"conditions": list}}));
    table(&[
        ("ready", node(conditions(&[("Ready", "True", "KubeletReady")])), vec![], ("ready", "")),
        (
            "not ready",
            node(conditions(&[("Ready", "False", "KubeletNotReady")])),
            vec![],
            ("waiting", "KubeletNotReady"),
        ),
        ("no answer", node(json!([])), vec![], ("waiting", "has not answered")),
        (
            "pressure",
            node(conditions(&[("Ready", "True", ""), ("MemoryPressure", "True", "x")])),
            vec![],
            ("waiting", "MemoryPressure"),
        ),
    ]);
}
