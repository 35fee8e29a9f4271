//! Overlays that share a namespace or name none, and objects with deadlines, holders and owners of their own.

use super::*;

/// A StatefulSet with a claim that is deleted with it.
fn going(name: &str) -> Value {
    let mut store = workload("StatefulSet", name, RUNS);
    store["spec"].as_object_mut().unwrap().remove("serviceName");
    store["spec"]["volumeClaimTemplates"] = json!([claim("data", "1Gi", "ReadWriteOnce")]);
    store["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] =
        json!([{"name": "data", "mountPath": "/data"}]);
    store["spec"]["persistentVolumeClaimRetentionPolicy"] = json!({"whenDeleted": "Delete"});
    store
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_second_overlay_takes_no_label_from_the_namespace_of_the_first() {
    let Some(case) = Case::new("labelled") else { return };
    let labelled = |labels: Value, name: &str| {
        let space = json!({"apiVersion": "v1", "kind": "Namespace",
                           "metadata": {"name": "labelled", "labels": labels}});
        let mut map = config(name);
        map["metadata"]["namespace"] = case.space.into();
        render(&case.bench.machine, name, &[space, map])
    };
    let team = || case.get("namespace", "labelled")["metadata"]["labels"]["team"].clone();
    let (first, second) = (labelled(json!({"team": "a"}), "of-a"), labelled(json!({}), "of-b"));
    case.run(&first, &[]).expect(0);
    case.run(&second, &[]).expect(0);
    assert_eq!(team(), "a");
    case.run(&labelled(json!({"more": "b"}), "of-b"), &[]).expect(0);
    case.run(&labelled(json!({}), "of-b"), &["--prune"]).expect(0);
    assert_eq!(case.get("namespace", "labelled")["metadata"]["labels"]["more"], Value::Null);
    // A label that both set is the last one's.
    for (label, overlay) in [("b", "of-b"), ("c", "of-a"), ("d", "of-b")] {
        case.run(&labelled(json!({"team": label}), overlay), &[]).expect(0);
        assert_eq!(team(), label);
    }
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn objects_without_a_namespace_are_found_again() {
    let Some(case) = Case::new("default") else { return };
    let of = |names: &[&str]| {
        let objects: Vec<Value> = names.iter().map(|name| config(name)).collect();
        render(&case.bench.machine, "one", &objects)
    };
    case.run(&of(&["nowhere-a", "nowhere-b"]), &[]).expect(0);
    says(&case.on_overlay(&["diff"]).expect(0), &["nothing would change"]);
    let status = case.tool(&["status", "--format", "json"]);
    let checks: Value = serde_json::from_str(&status.stdout).unwrap();
    let missing = |check: &&Value| {
        check["code"] == "missing" && check["name"].to_string().contains("nowhere-")
    };
    assert_eq!(checks["checks"].as_array().unwrap().iter().filter(missing).count(), 0);
    let pruned = case.run(&of(&["nowhere-b"]), &["--prune"]).expect(0);
    says(&pruned, &["ConfigMap/nowhere-a"]);
    assert!(!case.is_there("configmap", "nowhere-a") && case.is_there("configmap", "nowhere-b"));
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn claims_that_go_with_their_set_survive_its_recreation() {
    let Some(case) = Case::new("survives") else { return };
    case.deploy(&[going("store")], &[]).expect(0);
    let before = case.get("persistentvolumeclaim", "data-store-0");
    let mut changed = going("store");
    changed["spec"]["podManagementPolicy"] = "Parallel".into();
    case.deploy(&[changed.clone()], &["--recreate"]).expect(0);
    // Again, once the controller has made the new set the owner of the old claim.
    until("the owner", || {
        let set = case.get("statefulset", "store")["metadata"]["uid"].clone();
        case.get("persistentvolumeclaim", "data-store-0")["metadata"]["ownerReferences"][0]["uid"]
            == set
    });
    changed["spec"]["podManagementPolicy"] = "OrderedReady".into();
    case.deploy(&[changed], &["--recreate"]).expect(0);
    let after = case.get("persistentvolumeclaim", "data-store-0");
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    assert_eq!(after["metadata"]["deletionTimestamp"], Value::Null);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_set_that_left_and_takes_its_claims_along_stays() {
    let Some(case) = Case::new("leaving") else { return };
    case.deploy(&[going("store"), config("other")], &[]).expect(0);
    let pruned = case.deploy(&[config("other")], &["--prune"]).expect(0);
    says(&pruned, &["StatefulSet/store[left-overlay]", "data would go with it"]);
    assert!(case.is_there("persistentvolumeclaim", "data-store-0"));
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_job_that_is_gone_when_it_has_ended_is_done() {
    let Some(case) = Case::new("short") else { return };
    let mut seed = workload("Job", "seed", "echo done");
    seed["spec"]["ttlSecondsAfterFinished"] = 0.into();
    // The Job is gone long before the rest is ready.
    let mut slow = workload("Deployment", "slow", RUNS);
    slow["spec"]["minReadySeconds"] = 6.into();
    let both = [seed, slow];
    let done = case.deploy(&both, &[]).expect(0);
    says(&done, &["Job/seed"]);
    assert!(!case.is_there("job", "seed"));
    case.deploy(&both, &["--prune"]).expect(0);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn other_fields_that_never_change_are_made_again_on_request() {
    let Some(case) = Case::new("fixed") else { return };
    let of = |kind: &str, headless: bool, scope: &str| {
        let mut service = service("web");
        if headless {
            service["spec"]["clusterIP"] = "None".into();
        }
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "typed"},
                            "type": kind, "stringData": {"username": "u", "password": "p"}});
        let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"},
                           "spec": {"hard": {"pods": "9"}, "scopes": [scope]}});
        [workload("Deployment", "web", RUNS), service, secret, quota]
    };
    case.deploy(&of("Opaque", false, "BestEffort"), &[]).expect(0);
    let refused =
        case.deploy(&of("kubernetes.io/basic-auth", true, "NotBestEffort"), &[]).expect(1);
    says(
        &refused,
        &[
            "error[immutable]: Service/web",
            "error[immutable]: Secret/typed",
            "error[immutable]: ResourceQuota/q",
            "--recreate",
        ],
    );
    case.deploy(&of("kubernetes.io/basic-auth", true, "NotBestEffort"), &["--recreate"]).expect(0);
    assert_eq!(case.get("secret", "typed")["type"], "kubernetes.io/basic-auth");
    assert_eq!(case.get("service", "web")["spec"]["clusterIP"], "None");
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_claim_that_goes_and_is_held_by_a_pod_is_said() {
    let Some(case) = Case::new("holding") else { return };
    let mut web = workload("Deployment", "db", RUNS);
    let pod = &mut web["spec"]["template"]["spec"];
    pod["volumes"] = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    pod["containers"][0]["volumeMounts"] = json!([{"name": "data", "mountPath": "/data"}]);
    let both = [claim("data", "1Gi", "ReadWriteOnce"), web];
    case.deploy(&both, &[]).expect(0);
    case.kubectl(&["delete", "persistentvolumeclaim", "data", "--wait=false"]);
    let late = case.deploy(&both, &["--timeout", "6s"]).expect(3);
    says(
        &late,
        &["error[terminating]: PersistentVolumeClaim/data", "kubernetes.io/pvc-protection"],
    );
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_name_that_the_server_makes_is_refused_with_the_file() {
    let Some(case) = Case::new("made") else { return };
    let mut job = workload("Job", "seed", "true");
    job["metadata"] = json!({"generateName": "seed-"});
    let refused = case.deploy(&[job], &[]);
    assert_ne!(refused.status, 0);
    says(&refused, &["missing metadata.name", "objects.yaml"]);
}
