//! Changes of fields that never change.

use super::*;

/// A Deployment with a claim, whose pods write to it.
fn database(claim: Value) -> Vec<Value> {
    let mut workload = workload("Deployment", "db", &format!("echo important >/data/x; {RUNS}"));
    let pod = &mut workload["spec"]["template"]["spec"];
    pod["volumes"] = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    pod["containers"][0]["volumeMounts"] = json!([{"name": "data", "mountPath": "/data"}]);
    vec![claim, workload]
}

fn store(size: &str, labels: &Value) -> Value {
    let mut store = workload("StatefulSet", "store", RUNS);
    store["spec"].as_object_mut().unwrap().remove("serviceName");
    store["spec"]["selector"]["matchLabels"] = labels.clone();
    store["spec"]["template"]["metadata"]["labels"] = labels.clone();
    store["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] =
        json!([{"name": "data", "mountPath": "/data"}]);
    store["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}}]);
    store
}

#[track_caller]
fn never_deleted(run: &Run) {
    says(run, &["error[immutable]", "kind-cluster backup --backup-dir DIR"]);
    assert!(!run.stderr.contains("delete the object"), "{}", run.stderr);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_claim_with_another_access_mode_is_refused_with_the_way_to_a_backup() {
    let Some(case) = Case::new("claim-mode") else { return };
    case.deploy(&database(claim("data", "1Gi", "ReadWriteOnce")), &[]).expect(0);
    for more in [&[][..], &["--recreate"]] {
        let changed = database(claim("data", "1Gi", "ReadWriteMany"));
        let refused = case.deploy(&changed, more).expect(1);
        never_deleted(&refused);
        says(&refused, &["spec.accessModes[0]: ReadWriteOnce → ReadWriteMany"]);
    }
    assert!(case.is_there("persistentvolumeclaim", "data"));
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_claim_that_its_class_does_not_let_grow_is_refused() {
    let Some(case) = Case::new("claim-size") else { return };
    case.deploy(&database(claim("data", "1Gi", "ReadWriteOnce")), &[]).expect(0);
    let refused = case.deploy(&database(claim("data", "2Gi", "ReadWriteOnce")), &[]).expect(1);
    never_deleted(&refused);
    says(&refused, &["spec.resources.requests.storage: 1Gi → 2Gi"]);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_changed_selector_is_made_again_on_request() {
    let Some(case) = Case::new("selector") else { return };
    case.deploy(&[workload("Deployment", "web", RUNS)], &[]).expect(0);
    let mut changed = workload("Deployment", "web", RUNS);
    for at in ["/spec/selector/matchLabels", "/spec/template/metadata/labels"] {
        changed.pointer_mut(at).unwrap()["tier"] = "front".into();
    }
    let refused = case.deploy(std::slice::from_ref(&changed), &[]).expect(1);
    says(&refused, &["spec.selector.matchLabels.tier: (none) → front", "deploy --recreate"]);
    case.deploy(&[changed], &["--recreate"]).expect(0);
    until("the old pods to go", || {
        let pods = case.kubectl(&["get", "pods", "--selector=app=web,!tier", "--output=name"]);
        pods.is_empty()
    });
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_stateful_set_is_made_again_around_its_pods_and_its_claims() {
    let Some(case) = Case::new("orphan") else { return };
    let labels = json!({"app": "store"});
    case.deploy(&[store("1Gi", &labels)], &[]).expect(0);
    let (pod, set) = (case.get("pod", "store-0"), case.get("statefulset", "store"));
    let refused = case.deploy(&[store("2Gi", &labels)], &[]).expect(1);
    says(
        &refused,
        &["error[immutable]: StatefulSet/store", "1Gi → 2Gi", "data-store-0 (1Gi) keep"],
    );
    case.deploy(&[store("2Gi", &labels)], &["--recreate"]).expect(0);
    assert_ne!(case.get("statefulset", "store")["metadata"]["uid"], set["metadata"]["uid"]);
    assert_eq!(case.get("pod", "store-0")["metadata"]["uid"], pod["metadata"]["uid"]);
}

/// Killed ever later, up to a run that ends by itself: the pause is the input.
#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_killed_recreation_loses_nothing_and_the_next_one_finishes() {
    let Some(case) = Case::new("killed") else { return };
    let labels = json!({"app": "store"});
    case.deploy(&[store("1Gi", &labels)], &[]).expect(0);
    let claim = case.get("persistentvolumeclaim", "data-store-0");
    for step in 1u64.. {
        let size = format!("{}Gi", 1 + step);
        let folder = case.overlay("one", &[store(&size, &labels)]);
        let child = start(&mut case.command(&folder, &["--recreate"]));
        std::thread::sleep(std::time::Duration::from_millis(150 * step));
        let ended = signal(child, Signal::KILL).status == 0;
        let now = case.get("persistentvolumeclaim", "data-store-0");
        assert_eq!(now["metadata"]["uid"], claim["metadata"]["uid"]);
        case.run(&folder, &["--recreate"]).expect(0);
        let set = case.get("statefulset", "store");
        let size_of = "/spec/volumeClaimTemplates/0/spec/resources/requests/storage";
        assert_eq!(set.pointer(size_of).unwrap(), size.as_str());
        if ended {
            break;
        }
    }
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_stateful_set_whose_claims_go_with_it_is_not_made_again_for_a_selector() {
    let Some(case) = Case::new("retention") else { return };
    let mut set = store("1Gi", &json!({"app": "store"}));
    set["spec"]["persistentVolumeClaimRetentionPolicy"] = json!({"whenDeleted": "Delete"});
    case.deploy(&[set.clone()], &[]).expect(0);
    for at in ["/spec/selector/matchLabels", "/spec/template/metadata/labels"] {
        set.pointer_mut(at).unwrap()["tier"] = "data".into();
    }
    let refused = case.deploy(&[set], &["--recreate"]).expect(1);
    never_deleted(&refused);
    assert!(case.is_there("persistentvolumeclaim", "data-store-0"));
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn an_immutable_config_map_and_a_binding_are_made_again_on_request() {
    let Some(case) = Case::new("fixed") else { return };
    let fixed = |value: &str, role: &str| {
        let mut map = config("fixed");
        map["immutable"] = true.into();
        map["data"]["a"] = value.into();
        let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "reader"}, "subjects": [],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}});
        [map, binding]
    };
    case.deploy(&fixed("b", "view"), &[]).expect(0);
    let refused = case.deploy(&fixed("c", "edit"), &[]).expect(1);
    says(&refused, &["ConfigMap/fixed", "data.a: b → c", "RoleBinding/reader", "view → edit"]);
    case.deploy(&fixed("c", "edit"), &["--recreate"]).expect(0);
    assert_eq!(case.get("configmap", "fixed")["data"]["a"], "c");
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn an_object_that_is_wrong_in_itself_is_not_called_immutable() {
    let Some(case) = Case::new("wrong") else { return };
    case.deploy(&[service("web"), workload("Deployment", "web", RUNS)], &[]).expect(0);
    let mut wrong = service("web");
    wrong["spec"]["ports"][0]["port"] = 70_000.into();
    let refused =
        case.deploy(&[wrong, workload("Deployment", "web", RUNS)], &["--recreate"]).expect(1);
    says(&refused, &["error[refused]: Service/web"]);
}
