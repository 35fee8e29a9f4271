//! The budget of objects that are JSON, case by case.

use serde_json::{Value, json};

use super::*;

const MIB: u64 = 1 << 20;

fn limited(name: &str, memory: &str) -> Value {
    json!({"name": name, "resources": {"limits": {"memory": memory}}})
}

fn workload(kind: &str, spec: Value, pod: Value) -> Value {
    let group = if kind.ends_with("Job") { "batch/v1" } else { "apps/v1" };
    let mut object = json!({"apiVersion": group, "kind": kind, "metadata": {"name": "w"}});
    object["spec"] = spec;
    match kind {
        "CronJob" => object["spec"]["jobTemplate"]["spec"]["template"]["spec"] = pod,
        _ => object["spec"]["template"]["spec"] = pod,
    }
    object
}

fn one() -> Value {
    json!({"containers": [limited("a", "100Mi")]})
}

/// MiB of all pods, with three nodes.
fn needed(objects: &[Value]) -> u64 {
    Budget::of(objects.iter(), Some(3)).needed().to_bytes() / MIB
}

fn of(kind: &str, spec: Value, pod: Value) -> u64 {
    needed(&[workload(kind, spec, pod)])
}

#[test]
fn a_deployment_has_surge_pods() {
    assert_eq!(of("Deployment", json!({"replicas": 1}), one()), 200);
    assert_eq!(of("Deployment", json!({"replicas": 8}), one()), 1000);
}

#[test]
fn a_deployment_that_is_recreated_has_none() {
    let spec = json!({"replicas": 2, "strategy": {"type": "Recreate"}});
    assert_eq!(of("Deployment", spec, one()), 200);
}

#[test]
fn a_surge_may_be_a_number() {
    let spec = json!({"replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": 0}}});
    assert_eq!(of("Deployment", spec, one()), 200);
}

#[test]
fn a_stateful_set_has_no_surge_pods() {
    assert_eq!(of("StatefulSet", json!({"replicas": 2}), one()), 200);
}

#[test]
fn a_daemon_set_runs_on_every_node() {
    assert_eq!(of("DaemonSet", json!({}), one()), 300);
}

#[test]
fn a_job_runs_as_many_pods_as_it_may() {
    let spec = json!({"parallelism": 5, "completions": 2});
    assert_eq!(of("Job", spec, one()), 200);
}

#[test]
fn a_suspended_cron_job_runs_none() {
    assert_eq!(of("CronJob", json!({"suspend": true}), one()), 0);
}

#[test]
fn an_unknown_kind_counts_as_a_deployment() {
    let mut rollout = workload("Rollout", json!({"replicas": 1}), one());
    rollout["apiVersion"] = json!("argoproj.io/v1alpha1");
    assert_eq!(needed(&[rollout]), 200);
}

#[test]
fn an_init_container_counts_where_it_is_larger() {
    let pod = json!({"initContainers": [limited("i", "300Mi")],
                     "containers": [limited("a", "100Mi"), limited("b", "100Mi")]});
    assert_eq!(of("StatefulSet", json!({}), pod), 300);
}

#[test]
fn a_sidecar_runs_beside_all_that_starts_after_it() {
    let mut sidecar = limited("s", "50Mi");
    sidecar["restartPolicy"] = json!("Always");
    let pod = json!({"initContainers": [sidecar, limited("i", "300Mi")],
                     "containers": [limited("a", "100Mi")]});
    assert_eq!(of("StatefulSet", json!({}), pod), 350);
}

#[test]
fn an_autoscaler_counts_at_its_maximum() {
    let scaler = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
                        "spec": {"maxReplicas": 6,
                                 "scaleTargetRef": {"kind": "StatefulSet", "name": "w"}}});
    assert_eq!(needed(&[workload("StatefulSet", json!({}), one()), scaler]), 600);
}

#[test]
fn a_container_without_a_limit_counts_with_its_request() {
    let request = json!({"name": "a", "resources": {"requests": {"memory": "70Mi"}}});
    let object = workload("StatefulSet", json!({}), json!({"containers": [request]}));
    let objects = [object];
    let budget = Budget::of(objects.iter(), None);
    assert_eq!(budget.parts[0].memory.unlimited[0].name(), "a");
    assert_eq!(budget.needed().to_bytes(), 70 * MIB);
}

#[test]
fn a_number_is_an_amount() {
    let container = json!({"name": "a", "resources": {"limits": {"memory": 104_857_600}}});
    assert_eq!(of("StatefulSet", json!({}), json!({"containers": [container]})), 100);
}
