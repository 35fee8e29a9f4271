//! Workloads and their pods.

use serde_json::{Value, json};

use super::super::{World, outdated};
use super::{assessed, conditions, object, table, with};
use crate::object::Key;

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

#[test]
fn deployments() {
    let changed = |changes| deployment(with(rolled_out(), changes));
    table(&[
        ("rolled out", deployment(rolled_out()), vec![], ("ready", "")),
        ("no status", deployment(json!({})), vec![], ("waiting", "has not seen")),
        ("fewer", changed(json!({"replicas": 1})), vec![], ("waiting", "1 of 2 created")),
        ("old ones", changed(json!({"updatedReplicas": 1})), vec![], ("waiting", "1 of 2 updated")),
        (
            "older ones",
            changed(json!({"replicas": 3})),
            vec![],
            ("waiting", "1 of an older revision"),
        ),
        (
            "surplus",
            changed(json!({"replicas": 3, "updatedReplicas": 3})),
            vec![],
            ("waiting", "1 more than wanted"),
        ),
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
    let at = |revision: &str| {
        let mut made = deployment(with(rolled_out(), json!({"readyReplicas": 0})));
        made["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": revision});
        made
    };
    let mut unseen = at("9");
    unseen["status"]["observedGeneration"] = json!(1);
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
    let mut ended = crashing("new");
    ended["status"] = json!({"phase": "Failed", "reason": "Evicted"});
    let mut again = looping("CrashLoopBackOff");
    again["metadata"]["ownerReferences"] = json!([{"kind": "Job", "name": "j"}]);
    let mut daemon = object(
        "apps/v1",
        "DaemonSet",
        "d",
        json!({"spec": {"selector": {"matchLabels": {"app": "d"}}},
               "status": {"observedGeneration": 2, "desiredNumberScheduled": 1,
                          "currentNumberScheduled": 1, "updatedNumberScheduled": 0}}),
    );
    daemon["metadata"]["annotations"] = json!({"deprecated.daemonset.template.generation": "2"});
    let of_daemon = |generation: &str| {
        let mut pod = looping("CrashLoopBackOff");
        pod["metadata"]["labels"] = json!({"app": "d", "pod-template-generation": generation});
        pod
    };
    let started = |at: &str, probe: Value| {
        let mut pod = looping("");
        pod["metadata"]["labels"] = json!({"app": "d"});
        pod["spec"]["containers"] = json!([with(json!({"name": "main"}), probe)]);
        pod["status"] = json!({"phase": "Running", "containerStatuses": [
            {"name": "main", "ready": true, "state": {"running": {"startedAt": at}}}]});
        vec![pod]
    };
    let ended_main = |restarts: u64| {
        let mut pod = looping("");
        pod["metadata"]["labels"] = json!({"app": "d"});
        pod["status"] = json!({"phase": "Running", "containerStatuses": [{"name": "main",
            "restartCount": restarts, "state": {"terminated": {"exitCode": 7}}}]});
        vec![pod]
    };
    // The clock of these tests says 2001-09-09T01:46:40Z.
    let (now, before) = ("2001-09-09T01:46:39Z", "2001-09-09T01:46:35Z");
    let done = || deployment(rolled_out());
    let mut pulling = looping("ErrImageNeverPull");
    pulling["metadata"]["ownerReferences"] = json!([{"kind": "Job", "name": "j"}]);
    table(&[
        ("newest", at("10"), around("new"), ("failed", "CrashLoopBackOff")),
        ("one to be replaced", at("10"), around("old"), ("waiting", "0 of 2 ready")),
        ("the change has not been seen", unseen, around("old"), ("waiting", "has not seen")),
        ("its ReplicaSet has not been seen", at("11"), around("new"), ("waiting", "0 of 2 ready")),
        (
            "a Job tries again",
            job.clone(),
            vec![attempt(json!({"phase": "Failed"}))],
            ("waiting", "running"),
        ),
        (
            "one that is replaced",
            at("10"),
            [sets.to_vec(), vec![ended]].concat(),
            ("waiting", "0 of 2 ready"),
        ),
        ("a Job's container starts again", job.clone(), vec![again], ("waiting", "running")),
        ("just started", done(), started(now, json!({})), ("waiting", "only just started")),
        ("started before", done(), started(before, json!({})), ("ready", "")),
        (
            "just started, and probed",
            done(),
            started(now, json!({"readinessProbe": {}})),
            ("ready", ""),
        ),
        ("ended, and the workload has not heard", done(), ended_main(0), ("waiting", "has ended")),
        (
            "between two starts",
            deployment(with(rolled_out(), json!({"readyReplicas": 0}))),
            ended_main(1),
            ("failed", "CrashLoopBackOff in container main, last exit status 7"),
        ),
        ("a Job's image", job, vec![pulling], ("failed", "ErrImageNeverPull")),
        ("a DaemonSet's pod", daemon.clone(), vec![of_daemon("2")], ("failed", "CrashLoopBackOff")),
        ("one of an older template", daemon, vec![of_daemon("1")], ("waiting", "0 of 1 updated")),
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
            set(
                on_delete.clone(),
                with(full(), json!({"currentRevision": "a", "updatedReplicas": 1})),
            ),
            vec![],
            ("waiting", "OnDelete"),
        ),
        (
            "and its current revision stays behind",
            set(on_delete, with(full(), json!({"currentRevision": "a"}))),
            vec![],
            ("ready", ""),
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
            "no node",
            set(json!({"desiredNumberScheduled": 0, "currentNumberScheduled": 0})),
            vec![],
            ("skipped", "no node has"),
        ),
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

/// A StatefulSet at revision `b`, and its only pod of a revision.
fn mended(revision: &str, container: Value) -> (Value, Value) {
    let set = object(
        "apps/v1",
        "StatefulSet",
        "s",
        json!({"metadata": {"uid": "u"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "s"}}},
               "status": {"observedGeneration": 2, "replicas": 1, "currentRevision": "b", "updateRevision": "b"}}),
    );
    let pod = object(
        "v1",
        "Pod",
        "s-0",
        json!({"metadata": {"uid": "p", "labels": {"app": "s", "controller-revision-hash": revision},
                            "ownerReferences": [{"kind": "StatefulSet", "name": "s", "uid": "u"}]},
               "status": {"phase": "Pending",
                          "containerStatuses": [{"name": "main", "image": "i", "state": container}]}}),
    );
    (set, pod)
}

#[test]
fn a_pod_of_an_older_revision_that_an_update_waits_for() {
    let cases = [
        ("a", json!({"waiting": {"reason": "ErrImageNeverPull"}}), true, true),
        ("a", json!({"waiting": {"reason": "CreateContainerConfigError"}}), true, true),
        ("a", json!({"waiting": {"reason": "CrashLoopBackOff"}}), true, true),
        ("a", json!({"waiting": {"reason": "ContainerCreating"}}), true, false),
        // A container that runs may become ready, and may be at work.
        ("a", json!({"running": {}}), true, false),
        ("b", json!({"waiting": {"reason": "CreateContainerConfigError"}}), false, false),
    ];
    for (revision, container, is_named, is_stuck) in cases {
        let (set, pod) = mended(revision, container);
        let said = assessed(&set, std::slice::from_ref(&pod));
        let reason = said.reason().contains("pod s-0 of an older revision is not ready");
        assert_eq!(reason, is_named, "{revision}: {said:?}");
        let mut world = World::default();
        world.objects.insert(Key::of(&pod), pod.clone());
        assert_eq!(outdated::stuck(&set, &world).is_some(), is_stuck, "{pod}");
        for spec in [
            json!({"podManagementPolicy": "Parallel"}),
            json!({"updateStrategy": {"type": "OnDelete"}}),
            json!({"updateStrategy": {"rollingUpdate": {"partition": 1}}}),
            json!({"ordinals": {"start": 1}}),
        ] {
            let mut other = set.clone();
            other["spec"].as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
            assert_eq!(outdated::stuck(&other, &world), None, "{spec}");
        }
    }
}

#[test]
fn a_partition_counts_from_the_first_ordinal() {
    let (mut set, mut pod) = mended("a", json!({"waiting": {"reason": "ErrImageNeverPull"}}));
    set["spec"]["ordinals"] = json!({"start": 5});
    set["spec"]["updateStrategy"] = json!({"rollingUpdate": {"partition": 1}});
    for (name, is_stuck) in [("s-5", false), ("s-6", true)] {
        pod["metadata"]["name"] = name.into();
        let mut world = World::default();
        world.objects.insert(Key::of(&pod), pod.clone());
        assert_eq!(outdated::stuck(&set, &world).is_some(), is_stuck, "{name}");
    }
}

#[test]
fn a_pod_that_has_run_keeps_its_ephemeral_volumes() {
    let (set, mut pod) = mended("a", json!({"waiting": {"reason": "CrashLoopBackOff"}}));
    let stuck = |pod: &Value| {
        let mut world = World::default();
        world.objects.insert(Key::of(pod), pod.clone());
        outdated::stuck(&set, &world).is_some()
    };
    pod["spec"]["volumes"] = json!([{"name": "data", "ephemeral": {"volumeClaimTemplate": {}}}]);
    assert!(stuck(&pod));
    pod["status"]["containerStatuses"][0]["restartCount"] = 1.into();
    assert!(!stuck(&pod));
    pod["spec"]["volumes"] =
        json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data-s-0"}}]);
    assert!(stuck(&pod));
}

#[test]
fn a_pod_that_does_not_go_is_named_with_its_holder() {
    let (mut set, mut pod) = mended("b", json!({"running": {}}));
    set["status"]["readyReplicas"] = 0.into();
    pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    pod["metadata"]["finalizers"] = json!(["tests.example/hold"]);
    pod["spec"]["nodeName"] = "worker".into();
    let ready = |status: &str| {
        let mut node = object(
            "v1",
            "Node",
            "worker",
            json!({"status": {"conditions": conditions(&[("Ready", status, "x")])}}),
        );
        node["metadata"].as_object_mut().unwrap().remove("namespace");
        node
    };
    let held = "pod s-0: terminating, held by the finalizer tests.example/hold";
    table(&[
        ("held", set.clone(), vec![pod.clone(), ready("True")], ("waiting", held)),
        ("lost", set, vec![pod, ready("Unknown")], ("waiting", "its node worker is not Ready")),
    ]);
}

#[test]
fn an_init_container_that_does_not_end_is_named() {
    let mut pod = object(
        "v1",
        "Pod",
        "p",
        json!({"status": {"phase": "Pending",
            "initContainerStatuses": [{"name": "first", "state": {"running": {}}}],
            "containerStatuses": [{"name": "main", "state": {"waiting": {"reason": "PodInitializing"}}}]}}),
    );
    let named = ("waiting", "init container first has not ended yet");
    table(&[("running", pod.clone(), vec![], named)]);
    pod["status"]["initContainerStatuses"][0]["state"] = json!({"terminated": {"exitCode": 0}});
    table(&[("ended", pod, vec![], ("waiting", "pending"))]);
}

#[test]
fn a_sidecar_is_awaited_until_it_has_started() {
    let pod = |started: bool| {
        object(
            "v1",
            "Pod",
            "p",
            json!({"spec": {"initContainers": [{"name": "proxy", "restartPolicy": "Always"}, {"name": "first"}]},
                "status": {"phase": "Pending",
                "initContainerStatuses": [{"name": "proxy", "started": started, "state": {"running": {}}},
                                          {"name": "first", "state": {"waiting": {"reason": "PodInitializing"}}}]}}),
        )
    };
    let mut first = pod(true);
    first["status"]["initContainerStatuses"][1]["state"] = json!({"running": {}});
    table(&[
        ("starting", pod(false), vec![], ("waiting", "sidecar proxy has not started yet")),
        ("started", pod(true), vec![], ("waiting", "pending")),
        ("the next", first, vec![], ("waiting", "init container first has not ended yet")),
    ]);
}
