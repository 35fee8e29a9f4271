//! A developer's day: a preview of changes, new pods, the template of before, logs, a Service.

use rideshare_tests::port;

use super::*;

impl Case {
    /// A command on the overlay `one`.
    pub(super) fn on_overlay(&self, arguments: &[&str]) -> Run {
        let folder = self.bench.machine.path("one").display().to_string();
        self.tool(&[arguments, &["--overlay", &folder, "--timeout", "60s"]].concat())
    }
}

fn secret(value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"},
           "stringData": {"password": value}})
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn diff_shows_what_deploy_would_change_and_masks_secrets() {
    let Some(case) = Case::new("diff") else { return };
    let web = workload("Deployment", "web", RUNS);
    case.deploy(&[web.clone(), secret("hunter2hunter2"), config("old")], &[]).expect(0);
    let same = case.on_overlay(&["diff"]).expect(0);
    says(&same, &["nothing would change"]);
    let mut scaled = web;
    scaled["spec"]["replicas"] = 2.into();
    case.overlay("one", &[scaled, secret("hunter3hunter3"), config("new")]);
    let differs = case.on_overlay(&["diff"]).expect(1);
    says(&differs, &["spec.replicas: 1 → 2", "data.password: *** → ***", "ConfigMap/new (diff)"]);
    says(&differs, &["ConfigMap/old (diff)", "has left the overlay"]);
    assert!(!differs.stdout.contains("aHVudGVy"), "{}", differs.stdout);
    assert_eq!(case.get("deployment", "web")["spec"]["replicas"], 1);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_dry_run_asks_the_server_and_changes_nothing() {
    let Some(case) = Case::new("dry") else { return };
    case.deploy(&[config("a")], &[]).expect(0);
    let mut wrong = config("a");
    wrong["data"]["a"] = json!(["no text"]);
    case.overlay("one", &[wrong, config("b")]);
    let refused = case.on_overlay(&["deploy", "--dry-run=server", "--no-image-check"]).expect(1);
    says(&refused, &["error[refused]: ConfigMap/a"]);
    case.overlay("one", &[config("a"), config("b")]);
    let plan = case.on_overlay(&["deploy", "--dry-run=server", "--no-image-check"]).expect(0);
    says(&plan, &["ConfigMap/b", "create"]);
    assert!(!case.is_there("configmap", "b"));
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn restart_makes_new_pods_and_waits_for_them() {
    let Some(case) = Case::new("again") else { return };
    let both = [workload("Deployment", "web", RUNS), workload("Deployment", "api", RUNS)];
    case.deploy(&both, &[]).expect(0);
    let pods = |name: &str| {
        case.kubectl(&["get", "pods", "--output=name", &format!("--selector=app={name}")])
    };
    let (web, api) = (pods("web"), pods("api"));
    case.on_overlay(&["restart", "web"]).expect(0);
    until("the old pod to go", || pods("web").lines().count() == 1);
    assert_ne!(pods("web"), web);
    assert_eq!(pods("api"), api);
    let unknown = case.on_overlay(&["restart", "wep"]).expect(2);
    says(&unknown, &["there is no workload \"wep\"", "did you mean \"web\"?"]);
    // The annotation is no conflict for the next deployment.
    case.deploy(&both, &[]).expect(0);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn rollback_brings_the_template_of_before() {
    let Some(case) = Case::new("back") else { return };
    let of = |kind: &str, name: &str, value: &str| {
        let mut object = workload(kind, name, RUNS);
        object["spec"].as_object_mut().unwrap().remove("serviceName");
        object["spec"]["template"]["spec"]["containers"][0]["env"] =
            json!([{"name": "STEP", "value": value}]);
        object
    };
    let step = |kind: &str, name: &str| {
        let env = "/spec/template/spec/containers/0/env/0/value";
        case.get(kind, name).pointer(env).unwrap().as_str().unwrap().to_owned()
    };
    for value in ["one", "two"] {
        case.deploy(&[of("Deployment", "web", value), of("StatefulSet", "store", value)], &[])
            .expect(0);
    }
    for (kind, name) in [("deployment", "web"), ("statefulset", "store")] {
        let back = case.on_overlay(&["rollback", name]).expect(0);
        says(&back, &["STEP", "two → one"]);
        assert_eq!(step(kind, name), "one");
    }
    case.deploy(&[of("Deployment", "web", "three"), of("StatefulSet", "store", "three")], &[])
        .expect(0);
    assert_eq!(step("deployment", "web"), "three");
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_killed_rollback_is_finished_by_the_next_one_and_not_undone() {
    let Some(case) = Case::new("killback") else { return };
    for value in ["one", "two"] {
        let mut web = workload("Deployment", "web", RUNS);
        // Long enough to be killed in.
        web["spec"]["minReadySeconds"] = 3.into();
        web["spec"]["template"]["spec"]["containers"][0]["env"] =
            json!([{"name": "STEP", "value": value}]);
        case.deploy(&[web], &[]).expect(0);
    }
    let folder = case.bench.machine.path("one").display().to_string();
    let rollback = ["rollback", "web", "--overlay", &folder, "--timeout", "60s"];
    let under_way = || case.get("deployment", "web").to_string().contains("rollback-under-way");
    let step = || {
        let web = case.get("deployment", "web");
        web.pointer("/spec/template/spec/containers/0/env/0/value").cloned().unwrap()
    };
    let child = start(&mut case.bench.machine.tool(&rollback));
    until("the template of before", under_way);
    signal(child, Signal::KILL).expect(137);
    assert_eq!(step(), "one");
    let again = case.tool(&rollback).expect(0);
    says(&again, &["an interrupted one goes on"]);
    assert_eq!(step(), "one");
    assert!(!under_way());
    // The next one is a rollback of its own.
    case.tool(&rollback).expect(0);
    assert_eq!(step(), "two");
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn an_interrupted_rollback_does_not_go_on_after_a_deployment() {
    let Some(case) = Case::new("afterback") else { return };
    let web = [workload("Deployment", "web", RUNS)];
    case.deploy(&web, &[]).expect(0);
    case.kubectl(&["annotate", "deployment", "web", "kind-cluster/rollback-under-way=0"]);
    case.deploy(&web, &[]).expect(0);
    assert!(!case.get("deployment", "web").to_string().contains("rollback-under-way"));
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn claims_that_go_with_their_pods_are_named_before_they_go() {
    let Some(case) = Case::new("shrinks") else { return };
    let of = |replicas: i64, policy: &str| {
        let mut store = workload("StatefulSet", "store", RUNS);
        store["spec"].as_object_mut().unwrap().remove("serviceName");
        store["spec"]["replicas"] = replicas.into();
        store["spec"]["volumeClaimTemplates"] = json!([claim("data", "1Gi", "ReadWriteOnce")]);
        store["spec"]["persistentVolumeClaimRetentionPolicy"] = json!({"whenScaled": policy});
        store["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] =
            json!([{"name": "data", "mountPath": "/data"}]);
        [store, config("other")]
    };
    case.deploy(&of(3, "Retain"), &[]).expect(0);
    let names = [
        "StatefulSet/store[claims-deleted]: has 1 replicas instead of 3",
        "data-store-1, data-store-2",
        "kind-cluster backup --backup-dir DIR",
    ];
    case.overlay("one", &of(1, "Delete"));
    says(&case.on_overlay(&["diff"]).expect(1), &names);
    says(&case.on_overlay(&["deploy", "--dry-run"]).expect(0), &names);
    says(&case.deploy(&of(1, "Delete"), &[]).expect(0), &names);
    until("the claims to go", || !case.is_there("persistentvolumeclaim", "data-store-2"));
    assert!(case.is_there("persistentvolumeclaim", "data-store-0"));
    let silent = case.deploy(&of(1, "Delete"), &[]).expect(0);
    assert!(!silent.stdout.contains("claims-deleted"), "{}", silent.stdout);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn logs_are_printed_with_secrets_masked() {
    let Some(case) = Case::new("logs") else { return };
    let mut web = workload("Deployment", "web", &format!("echo login with $password; {RUNS}"));
    web["spec"]["template"]["spec"]["containers"][0]["envFrom"] =
        json!([{"secretRef": {"name": "login"}}]);
    case.deploy(&[web, secret("hunter2hunter2")], &[]).expect(0);
    let logs = case.on_overlay(&["logs", "deployment/web"]).expect(0);
    says(&logs, &["/main] login with ***"]);
    let all = case.on_overlay(&["logs"]).expect(0);
    says(&all, &["login with ***"]);
    assert!(!all.stdout.contains("hunter2"), "{}", all.stdout);
}

/// Lines that come later are printed when they come, and a Secret that is changed meanwhile is masked, too.
#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn logs_are_followed_with_new_secrets_masked() {
    use std::io::{BufRead, BufReader};
    let Some(case) = Case::new("follow") else { return };
    // It prints the Secret's file whenever that changes.
    let script = "trap exit TERM; old=; while :; do new=$(cat /login/password); \
                  [ \"$new\" = \"$old\" ] || echo now $new; old=$new; sleep 1 & wait; done";
    let mut web = workload("Deployment", "web", script);
    let pod = &mut web["spec"]["template"]["spec"];
    pod["volumes"] = json!([{"name": "login", "secret": {"secretName": "login"}}]);
    pod["containers"][0]["volumeMounts"] = json!([{"name": "login", "mountPath": "/login"}]);
    case.deploy(&[web, secret("hunter2hunter2")], &[]).expect(0);
    let folder = case.bench.machine.path("one").display().to_string();
    let follow = ["logs", "deployment/web", "--follow", "--overlay", &folder];
    let mut child = start(&mut case.bench.machine.tool(&follow));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.next().unwrap().ends_with("/main] now ***"));
    let patch = r#"{"stringData": {"password": "swordfish99"}}"#;
    case.kubectl(&["patch", "secret", "login", "--patch", patch]);
    // The kubelet writes the file again when it looks at the pod.
    case.kubectl(&["annotate", "pods", "--all", "look=again"]);
    assert!(lines.next().unwrap().ends_with("/main] now ***"));
    assert_eq!(signal(child, Signal::INT).status, 130);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_service_is_reached_by_its_name() {
    let Some(case) = Case::new("reach") else { return };
    let script = "mkdir /www; echo hello >/www/index.html; exec httpd -f -p 8080 -h /www";
    let mut web = workload("Deployment", "web", script);
    web["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 1.into();
    let mut service = service("web");
    service["spec"]["ports"][0]["targetPort"] = 8080.into();
    case.deploy(&[web, service], &[]).expect(0);
    let folder = case.bench.machine.path("one").display().to_string();
    let port = port::free();
    let ports = format!("{port}:80");
    let child =
        start(&mut case.bench.machine.tool(&["port-forward", "web", &ports, "--overlay", &folder]));
    until("it to answer", || {
        let answer =
            Command::new("wget").args(["-qO-", &format!("http://127.0.0.1:{port}")]).output();
        answer.is_ok_and(|answer| answer.stdout == b"hello\n")
    });
    assert_eq!(signal(child, Signal::TERM).status, 143);
}
