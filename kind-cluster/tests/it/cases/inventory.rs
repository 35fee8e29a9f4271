//! Overlays side by side, moved ones, and objects that do not go.

use super::*;

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn an_overlay_never_prunes_the_objects_of_another_one_in_its_namespace() {
    let Some(case) = Case::new("shared") else { return };
    let first = case.overlay("a", &[workload("Deployment", "alpha", RUNS), config("alpha")]);
    let second = case.overlay("b", &[workload("Deployment", "beta", RUNS), config("beta")]);
    case.run(&first, &[]).expect(0);
    let pruned = case.run(&second, &["--prune"]).expect(0);
    assert!(!pruned.stdout.contains("alpha"), "{}", pruned.stdout);
    let second = case.overlay("b", &[workload("Deployment", "beta", RUNS)]);
    case.run(&second, &["--prune"]).expect(0);
    for (kind, name, there) in
        [("deployment", "alpha", true), ("configmap", "alpha", true), ("configmap", "beta", false)]
    {
        assert_eq!(case.is_there(kind, name), there, "{kind} {name}");
    }
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn an_object_of_two_overlays_stays_when_one_of_them_drops_it() {
    let Some(case) = Case::new("common") else { return };
    let first = case.overlay("a", &[config("both"), config("alpha")]);
    let second = case.overlay("b", &[config("both"), config("beta")]);
    case.run(&first, &[]).expect(0);
    case.run(&second, &[]).expect(0);
    let second = case.overlay("b", &[config("beta")]);
    let pruned = case.run(&second, &["--prune"]).expect(0);
    says(&pruned, &["ConfigMap/both", "has left this overlay"]);
    assert!(case.is_there("configmap", "both"));
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn an_overlay_does_not_change_the_object_of_another_one() {
    let Some(case) = Case::new("clash") else { return };
    let first = case.overlay("a", &[config("both")]);
    case.run(&first, &[]).expect(0);
    let mut other = config("both");
    other["data"] = json!({"a": "c"});
    let second = case.overlay("b", &[other]);
    let refused = case.run(&second, &[]).expect(1);
    says(&refused, &["error[owned-by-another]: ConfigMap/both (clash)", "--adopt a-"]);
    assert_eq!(case.get("configmap", "both")["data"]["a"], "b");
    let hint = refused.stderr.split("--adopt ").nth(1).unwrap();
    let id = hint.split('`').next().unwrap();
    case.run(&second, &["--adopt", id]).expect(0);
    assert_eq!(case.get("configmap", "both")["data"]["a"], "c");
    // The first overlay's record is the second's now, and the same command can be given again.
    case.run(&second, &["--adopt", id]).expect(0);
    case.run(&first, &["--adopt", id]).expect(2);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn the_old_copy_of_an_overlay_that_changed_its_namespace_is_reported_and_pruned() {
    let Some(case) = Case::new("old-home") else { return };
    let objects = [workload("Deployment", "web", RUNS), claim("data", "1Gi", "ReadWriteOnce")];
    case.run(&case.overlay("moved", &objects), &[]).expect(0);
    let moved = case.overlay_in("moved", "new-home", &objects);
    let said = case.run(&moved, &[]).expect(0);
    says(
        &said,
        &[
            "[old-copy]",
            "namespace \"old-home\" instead of \"new-home\"",
            "Deployment/web (old-home)",
        ],
    );
    says(&said, &["kind-cluster backup --backup-dir DIR"]);
    case.run(&moved, &["--prune"]).expect(0);
    assert!(!case.is_there("deployment", "web"));
    assert!(case.is_there("persistentvolumeclaim", "data"), "data is never pruned");
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_copy_in_another_folder_is_reported_too() {
    let Some(case) = Case::new("old-place") else { return };
    let objects = [workload("Deployment", "web-of-copy", RUNS)];
    case.run(&case.overlay("before", &objects), &[]).expect(0);
    let said = case.run(&case.overlay_in("after", "new-place", &objects), &[]).expect(0);
    says(&said, &["[old-copy]", "\"old-place\" instead of \"new-place\"", "--adopt before-"]);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_copy_whose_folder_is_gone_is_reported_too() {
    let Some(case) = Case::new("lost-place") else { return };
    let before = case.overlay("gone", &[workload("Deployment", "web-of-gone", RUNS)]);
    case.run(&before, &[]).expect(0);
    std::fs::remove_dir_all(before).unwrap();
    let same = [workload("Deployment", "web-of-gone", RUNS)];
    let after = case.overlay_in("found", "found-place", &same);
    says(&case.run(&after, &[]).expect(0), &["[old-copy]", "--adopt gone-"]);
    // A copy that somebody has deleted is none.
    case.kubectl(&["delete", "deployment", "web-of-gone"]);
    let said = case.run(&after, &[]).expect(0);
    assert!(!said.stdout.contains("old-copy"), "{}", said.stdout);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn an_overlay_with_the_same_names_is_no_copy() {
    let Some(case) = Case::new("first-place") else { return };
    let first = case.overlay("first", &[workload("Deployment", "web-of-two", RUNS)]);
    case.run(&first, &[]).expect(0);
    let other = [workload("Deployment", "web-of-two", "sleep 1000")];
    let said = case.run(&case.overlay_in("second", "second-place", &other), &[]).expect(0);
    assert!(!said.stdout.contains("old-copy"), "{}", said.stdout);
    // One that says the same is another one by its name.
    let same = [workload("Deployment", "web-of-two", RUNS)];
    let third = case.overlay_in("third", "third-place", &same);
    let named = case.run(&third, &["--inventory", "third-1735689600"]).expect(0);
    assert!(!named.stdout.contains("old-copy"), "{}", named.stdout);
    let again = case.run(&first, &[]).expect(0);
    assert!(!again.stdout.contains("old-copy"), "{}", again.stdout);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_changed_prefix_is_recognised() {
    let Some(case) = Case::new("prefixed") else { return };
    case.deploy(&[workload("Deployment", "dev-web", RUNS), config("dev-web")], &[]).expect(0);
    let said =
        case.deploy(&[workload("Deployment", "my-web", RUNS), config("my-web")], &[]).expect(0);
    says(&said, &["prefix \"dev-\" instead of \"my-\"", "Deployment/dev-web"]);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn an_object_that_a_finalizer_holds_is_not_called_deleted() {
    let Some(case) = Case::new("held") else { return };
    let mut held = config("held");
    held["metadata"]["finalizers"] = json!(["tests.example/hold"]);
    case.deploy(&[held, config("other")], &[]).expect(0);
    let pruned = case.deploy(&[config("other")], &["--prune"]).expect(1);
    says(&pruned, &["held[terminating]", "held by the finalizer tests.example/hold"]);
    // The inventory has it until it is gone.
    let free = "{\"metadata\":{\"finalizers\":null}}";
    case.kubectl(&["patch", "configmap", "held", "--type=merge", "--patch", free]);
    let after = case.deploy(&[config("other")], &["--prune"]).expect(0);
    assert!(!after.stdout.contains("held"), "{}", after.stdout);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_namespace_that_is_going_is_waited_for() {
    let Some(case) = Case::new("going") else { return };
    let mut held = config("held");
    held["metadata"]["finalizers"] = json!(["tests.example/hold"]);
    case.deploy(&[held.clone(), config("other")], &[]).expect(0);
    case.bench.kubectl(&["delete", "namespace", "going", "--wait=false"]);
    until("content to be left", || {
        case.get("namespace", "going")["status"]["conditions"].to_string().contains("tests.example")
    });
    let late = case.deploy(&[config("other")], &["--timeout", "5s"]).expect(3);
    says(&late, &["error[terminating]: Namespace/going", "tests.example/hold"]);
    let folder = case.overlay("one", &[config("other")]);
    let mut child = start(&mut case.command(&folder, &[]));
    crate::support::said(&mut child, "waiting for the deletion of Namespace/going");
    let free = "{\"metadata\":{\"finalizers\":null}}";
    case.kubectl(&["patch", "configmap", "held", "--type=merge", "--patch", free]);
    let done: Run = child.wait_with_output().unwrap().into();
    done.expect(0);
    assert!(case.is_there("configmap", "other"));
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn an_owner_of_a_claim_is_never_pruned() {
    let Some(case) = Case::new("owner") else { return };
    let both = [config("database"), config("other")];
    case.deploy(&both, &[]).expect(0);
    // Operators do this with the claims of their resources.
    let uid = case.get("configmap", "database")["metadata"]["uid"].clone();
    let mut data = claim("data", "1Gi", "ReadWriteOnce");
    data["metadata"]["namespace"] = case.space.into();
    data["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "database", "uid": uid}]);
    case.bench.machine.write("claim.json", &data.to_string());
    let file = case.bench.machine.path("claim.json").display().to_string();
    case.kubectl(&["create", "--filename", &file]);
    let pruned = case.deploy(&[config("third")], &["--prune"]).expect(0);
    says(&pruned, &["database[left-overlay]", "data would go with it", "kind-cluster backup"]);
    assert!(case.is_there("configmap", "database") && !case.is_there("configmap", "other"));
    assert!(case.is_there("persistentvolumeclaim", "data"));
}
