//! Kinds without a rule, and the rule that a kind gets.

use serde_json::json;

use super::*;

fn widget(status: Value) -> State {
    assessed(&object("example.com/v1", "Widget", "w", json!({ "status": status })), &[])
}

#[test]
fn an_unknown_kind_is_ready_when_its_condition_says_so() {
    let ready = widget(json!({"conditions": conditions(&[("Ready", "True", "Done")])}));
    assert_eq!(ready, State::Ready);
}

#[test]
fn an_unknown_kind_that_is_not_ready_is_waited_for() {
    let waiting = widget(json!({"conditions": conditions(&[("Ready", "False", "Starting")])}));
    assert_eq!(waiting, State::InProgress("Starting: said".into()));
}

#[test]
fn an_unknown_kind_that_says_nothing_is_not_called_ready() {
    assert!(matches!(widget(json!({})), State::Skipped(_)));
}

#[test]
fn a_condition_of_an_older_generation_says_nothing_about_the_change() {
    let mut old = conditions(&[("Ready", "True", "Done")]);
    old[0]["observedGeneration"] = json!(1);
    let state = widget(json!({ "conditions": old }));
    assert_eq!(state, State::InProgress("its controller has not seen the change yet".into()));
}

#[test]
fn a_policy_is_ready_when_everything_that_it_is_attached_to_has_accepted_it() {
    let policy = |all: &[&[(&str, &str, &str)]]| {
        let one = |list: &&[(&str, &str, &str)]| json!({"conditions": conditions(list)});
        let ancestors: Vec<Value> = all.iter().map(one).collect();
        widget(json!({ "ancestors": ancestors }))
    };
    let good: &[(&str, &str, &str)] = &[("Accepted", "True", "Accepted")];
    assert_eq!(policy(&[good]), State::Ready);
    let bad: &[(&str, &str, &str)] = &[("Accepted", "False", "TargetNotFound")];
    assert_eq!(policy(&[good, bad]), State::InProgress("TargetNotFound: said".into()));
}

#[test]
fn ready_counts_before_available() {
    let both = [("Available", "True", "Up"), ("Ready", "False", "Syncing")];
    let state = widget(json!({"conditions": conditions(&both)}));
    assert_eq!(state, State::InProgress("Syncing: said".into()));
}

#[test]
fn a_kind_of_kubernetes_without_a_state_is_ready_when_it_is_there() {
    let role = object("rbac.authorization.k8s.io/v1", "Role", "r", json!({}));
    assert_eq!(assessed(&role, &[]), State::Ready);
}

#[test]
fn a_replica_set_waits_for_its_pods() {
    let status = json!({"observedGeneration": 2, "readyReplicas": 1});
    let more = json!({"spec": {"replicas": 2}, "status": status});
    let set = object("apps/v1", "ReplicaSet", "s", more);
    assert_eq!(assessed(&set, &[]), State::InProgress("1 of 2 ready".into()));
}

#[test]
fn a_failed_image_is_told_from_a_crash_by_its_cause() {
    let pod = |reason: &str| {
        let status = json!({"name": "c", "state": {"waiting": {"reason": reason}}});
        let pod = object("v1", "Pod", "p", json!({"status": {"containerStatuses": [status]}}));
        match assessed(&pod, &[]) {
            State::Failed(failure) => failure.cause,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(pod("ImagePullBackOff"), Cause::Image);
    assert_eq!(pod("CrashLoopBackOff"), Cause::CrashLoop);
}
