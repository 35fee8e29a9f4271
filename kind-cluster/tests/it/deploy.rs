//! `deploy`: the platform's own overlay, and everything that can go wrong with a small one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rideshare_tests::apiserver::{Event, Step, controllers};
use rideshare_tests::port;
use rideshare_tests::run::run;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Machine, crash, overlay, signal, start, until, workload};

fn small(machine: &Machine, more: &[Value], arguments: &[&str]) -> std::process::Command {
    let folder = overlay(machine, "small", more).display().to_string();
    let mut all = vec!["deploy", "--overlay", &folder];
    all.extend(arguments);
    machine.tool(&all)
}

/// A crash loop is a failure at its first sight.
const AT_ONCE: &str = "--tolerate-restarts=0";

#[test]
fn the_platform_becomes_ready_in_its_order_and_a_second_time_changes_nothing() {
    let Some(machine) = Machine::with_cluster() else { return };
    let first = run(&mut machine.tool(&["deploy"])).expect(0);
    assert!(first.stdout.contains("StatefulSet/kafka"), "{}", first.stdout);
    let asked = |machine: &Machine| -> Vec<String> {
        let patches = machine.server.requests().into_iter().filter(|r| r.starts_with("PATCH"));
        patches.map(|r| r.rsplit('/').next().unwrap_or_default().to_owned()).collect()
    };
    // Each object is asked about once, and then applied: the second mention is the order.
    let order = asked(&machine);
    let last =
        |name: &str| order.iter().rposition(|n| n == name).unwrap_or_else(|| panic!("{name}"));
    for (before, after) in [
        ("rideshare-kafka", "kafka"),
        ("localstack", "redis"),
        ("kafka", "schema-registry"),
        ("postgres-airflow", "airflow-webserver"),
        ("hive-metastore", "trino"),
        ("schema-registry", "simulation"),
        ("simulation", "frontend"),
    ] {
        assert!(last(before) < last(after), "{before} before {after}");
    }
    let versions = |machine: &Machine| -> Vec<Value> {
        ["StatefulSet", "Deployment", "Job", "ConfigMap"]
            .iter()
            .flat_map(|kind| machine.server.all(kind))
            .map(|o| o["metadata"]["resourceVersion"].clone())
            .collect()
    };
    let before = versions(&machine);
    run(&mut machine.tool(&["deploy"])).expect(0);
    assert_eq!(before, versions(&machine));
    machine.expect_hostile_untouched();
}

#[test]
fn a_dry_run_is_the_plan_and_touches_nothing() {
    let Some(machine) = Machine::with_cluster() else { return };
    let plan = run(&mut machine.tool(&["deploy", "--dry-run", "--profile", "core"])).expect(0);
    let lines: Vec<String> = plan
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert!(machine.server.requests().iter().all(|request| request.starts_with("GET")));
    // Without any cluster the plan is the same.
    let mut alone = machine.tool(&["deploy", "--dry-run", "--profile", "core"]);
    let alone = run(alone.env("KUBECONFIG", "/nonexistent")).expect(0);
    assert_eq!(alone.stdout, plan.stdout);
    machine.expect_hostile_untouched();
}

#[test]
fn what_cannot_work_is_refused_whole_and_before_anything_is_applied() {
    let Some(machine) = Machine::with_cluster() else { return };
    let mut greedy = workload("Deployment", "greedy");
    greedy["spec"]["replicas"] = json!(20);
    greedy["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] =
        json!("1Gi");
    let mut lost = workload("Deployment", "lost");
    lost["spec"]["template"]["spec"]["containers"][0]["env"] = json!([{"name": "A", "valueFrom": {"secretKeyRef": {"name": "nowhere", "key": "a"}}},
               {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "map", "key": "b"}}}]);
    lost["spec"]["template"]["spec"]["volumes"] =
        json!([{"name": "data", "persistentVolumeClaim": {"claimName": "none"}}]);
    lost["spec"]["template"]["spec"]["serviceAccountName"] = json!("nobody");
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap",
                     "metadata": {"name": "map", "namespace": "small"}, "data": {"a": "1"}});
    let refused = run(&mut small(&machine, &[greedy, lost, map], &[])).expect(1);
    insta::assert_snapshot!(refused.stderr);
    assert!(!machine.server.requests().iter().any(|request| request.starts_with("PATCH")));
}

#[test]
fn a_circle_a_missing_file_and_an_unknown_profile_are_refused() {
    let Some(machine) = Machine::with_cluster() else { return };
    let waits = |name: &str, other: &str| {
        let mut object = workload("Deployment", name);
        object["metadata"]["annotations"]["config.kubernetes.io/depends-on"] =
            json!(format!("apps/namespaces/small/Deployment/{other}"));
        object
    };
    let circle = run(&mut small(&machine, &[waits("a", "b"), waits("b", "a")], &[])).expect(1);
    assert!(circle.stderr.contains("error[dependency-cycle]"), "{}", circle.stderr);
    assert!(circle.stderr.contains("Deployment/a needs Deployment/b"), "{}", circle.stderr);
    machine.write("broken/kustomization.yaml", "resources: [none.yaml]\n");
    let folder = machine.path("broken").display().to_string();
    let missing = run(&mut machine.tool(&["deploy", "--overlay", &folder])).expect(2);
    assert!(missing.stderr.contains("none.yaml"), "{}", missing.stderr);
    let unknown = run(&mut machine.tool(&["deploy", "--profile", "cor"])).expect(2);
    assert!(unknown.stderr.contains("did you mean \"core\"?"), "{}", unknown.stderr);
}

#[test]
fn images_that_only_this_machine_can_have_must_be_on_the_nodes() {
    let Some(machine) = Machine::with_cluster() else { return };
    let mut local = workload("Deployment", "own");
    local["spec"]["template"]["spec"]["containers"][0]["image"] = json!("rideshare/own");
    let mut never = workload("Deployment", "never");
    never["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = json!("Never");
    never["spec"]["template"]["spec"]["containers"][0]["image"] = json!("there:1");
    machine.write("fake/engine-images", "there:1\n");
    let refused = run(&mut small(&machine, &[local, never], &[])).expect(1);
    insta::assert_snapshot!(refused.stderr);
}

#[test]
fn a_crash_loop_fails_at_once_with_events_and_log_lines_but_no_secret() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine
        .server
        .put(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "small"}}));
    machine.server.put(json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "s", "namespace": "small"}, "data": {"password": "aHVudGVyMg==", "path": "YS9iIGM="}}));
    machine.server.behave(|event: &Event| {
        let object = &event.object;
        if object["kind"] == "Deployment" && event.fresh {
            let status = json!({"observedGeneration": 1, "replicas": 1});
            let event = json!({"apiVersion": "v1", "kind": "Event",
                "metadata": {"name": "e", "namespace": "small"}, "reason": "BackOff",
                "message": "Back-off restarting failed container",
                "involvedObject": {"kind": "Pod", "name": "web-0"}});
            return vec![
                (controllers::DELAY, controllers::status(object, status)),
                (controllers::DELAY, Step::Put(event)),
                (controllers::DELAY * 3, crash(object)),
            ];
        }
        controllers::usual(event)
    });
    machine.server.log(
        "web-0",
        "starting\nlogin with hunter2 \u{1b}[31mfailed\nBasic aHVudGVyMg==\n?next=a%2Fb%20c\nAPI_TOKEN=of no Secret\n",
    );
    let started = Instant::now();
    let failed = run(&mut small(&machine, &[], &["--timeout", "60s", AT_ONCE])).expect(1);
    assert!(started.elapsed() < Duration::from_secs(10));
    // The lines before depend on the moment.
    let end = failed.stderr.find("events and log lines").unwrap();
    insta::assert_snapshot!(failed.stderr[end..]);
    // If the Secrets cannot be read, events and logs are not printed.
    machine.server.hide("secrets");
    let blind = run(&mut small(&machine, &[], &[AT_ONCE])).expect(1);
    assert!(blind.stderr.contains("no events and log lines: the Secrets"), "{}", blind.stderr);
    assert!(!blind.stderr.contains("hunter2") && !blind.stderr.contains("starting\n"));
    let json = run(&mut small(&machine, &[], &["--format", "json", AT_ONCE])).expect(1);
    assert!(json.stdout.contains("CrashLoopBackOff") && !json.stdout.contains("hunter2"));
    let answer: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(answer["ok"], json!(false));
}

#[test]
fn a_job_that_failed_is_said_and_one_that_is_gone_by_its_time_to_live_is_done() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.server.behave(|event: &Event| {
        let object = &event.object;
        match (object["metadata"]["name"].as_str(), event.fresh) {
            (Some("bad"), true) => vec![(
                controllers::DELAY,
                controllers::status(
                    object,
                    json!({
                "failed": 1, "conditions": [{"type": "Failed", "status": "True",
                "reason": "BackoffLimitExceeded", "message": "Job has reached its limit"}]}),
                ),
            )],
            (Some("short"), true) if object["kind"] == "Job" => {
                let (kind, namespace, name) = ("Job".into(), "small".into(), "short".into());
                vec![(controllers::DELAY, Step::Delete { kind, namespace, name })]
            }
            _ => controllers::usual(event),
        }
    });
    let mut short = workload("Job", "short");
    short["spec"]["ttlSecondsAfterFinished"] = json!(0);
    run(&mut small(&machine, &[short], &[])).expect(0);
    // Without that, somebody has deleted it, and nobody knows what it has done.
    let deleted = run(&mut small(&machine, &[workload("Job", "short")], &[])).expect(1);
    assert!(deleted.stderr.contains("deleted it before it had ended"), "{}", deleted.stderr);
    let failed = run(&mut small(&machine, &[workload("Job", "bad")], &[])).expect(1);
    assert!(failed.stderr.contains("error[job-failed]"), "{}", failed.stderr);
    assert!(failed.stderr.contains("BackoffLimitExceeded"), "{}", failed.stderr);
}

#[test]
fn a_conflict_names_field_and_manager_and_is_taken_over_on_demand_only() {
    let Some(machine) = Machine::with_cluster() else { return };
    run(&mut small(&machine, &[], &[])).expect(0);
    let mut other = std::process::Command::new("kubectl");
    machine.surround(&mut other);
    other.args([
        "--context",
        "kind-rideshare-local",
        "patch",
        "deployment",
        "web",
        "-n",
        "small",
        "--type",
        "merge",
        "--field-manager",
        "somebody",
        "-p",
        "{\"spec\":{\"replicas\":3}}",
    ]);
    run(&mut other).expect(0);
    let refused = run(&mut small(&machine, &[], &[])).expect(1);
    insta::assert_snapshot!(refused.stderr);
    assert_eq!(machine.server.get("Deployment", "small", "web").unwrap()["spec"]["replicas"], 3);
    run(&mut small(&machine, &[], &["--force-conflicts"])).expect(0);
    assert_eq!(machine.server.get("Deployment", "small", "web").unwrap()["spec"]["replicas"], 1);
}

#[test]
fn a_webhook_that_refuses_for_ten_seconds_is_waited_for() {
    let Some(machine) = Machine::with_cluster() else { return };
    let began = Instant::now();
    machine.server.refuse(move |_, object| {
        (object["kind"] == "Service" && began.elapsed() < Duration::from_secs(10)).then(|| {
            (
                500,
                "InternalError".into(),
                "failed calling webhook \"v.example\": connection refused".into(),
            )
        })
    });
    let done = run(&mut small(&machine, &[], &[])).expect(0);
    assert!(began.elapsed() >= Duration::from_secs(10));
    assert!(
        done.stderr.contains("applying Service/web again: failed calling webhook"),
        "{}",
        done.stderr
    );
    machine.server.refuse(|_, object| {
        (object["kind"] == "Service")
            .then(|| (500, "InternalError".into(), "failed calling webhook".into()))
    });
    let never = run(&mut small(&machine, &[], &["--timeout", "2s"])).expect(3);
    assert!(never.stderr.contains("error[webhook-refusing]"), "{}", never.stderr);
}

#[test]
fn a_definition_that_is_not_served_yet_is_waited_for() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.server.behave(|event: &Event| {
        let object = &event.object;
        if object["kind"] == "CustomResourceDefinition" && event.fresh {
            let established = json!({"conditions": [{"type": "Established", "status": "True"}]});
            // Established, and in discovery a second later.
            return vec![
                (controllers::DELAY, controllers::status(object, established)),
                (Duration::from_secs(1), Step::Serve(object.clone())),
            ];
        }
        controllers::usual(event)
    });
    let definition = crate::support::definition("g.example", "v1", "Thing", "things", "Namespaced");
    let thing = json!({"apiVersion": "g.example/v1", "kind": "Thing", "metadata": {"name": "t", "namespace": "small"}});
    run(&mut small(&machine, &[definition, thing.clone()], &[])).expect(0);
    assert!(machine.server.get("Thing", "small", "t").is_some());
    let mut unknown = thing;
    unknown["apiVersion"] = json!("nobody.example/v1");
    let late = run(&mut small(&machine, &[unknown], &["--timeout", "1s"])).expect(3);
    assert!(late.stderr.contains("error[not-served]"), "{}", late.stderr);
}

#[test]
fn time_that_runs_out_names_everything_that_is_not_ready() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.server.behave(|event: &Event| match event.object["kind"].as_str() {
        Some("Deployment" | "Job") => Vec::new(),
        _ => controllers::usual(event),
    });
    let late =
        run(&mut small(&machine, &[workload("Job", "slow")], &["--timeout", "1s"])).expect(3);
    let problems = late.stderr.find("error[").unwrap();
    insta::assert_snapshot!(late.stderr[problems..]);
    let xml = run(&mut small(&machine, &[], &["--timeout", "1s", "--format", "junit"])).expect(3);
    assert!(xml.stdout.contains("type=\"not-ready\""), "{}", xml.stdout);
}

#[test]
fn watches_survive_a_history_that_is_gone() {
    let Some(machine) = Machine::with_cluster() else { return };
    // Ready only after the watches have been told to start over, twice.
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    machine.server.behave(move |event: &Event| {
        if event.object["kind"] == "Deployment" && event.fresh {
            count.fetch_add(1, Ordering::SeqCst);
            return Vec::new();
        }
        controllers::usual(event)
    });
    let child = start(&mut small(&machine, &[], &["--timeout", "60s"]));
    until("the Deployment", || seen.load(Ordering::SeqCst) > 0);
    for round in 0..2 {
        until("a watch", || machine.server.watches("deployments") > round);
        machine.server.expire_watches();
    }
    let status = json!({"status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1,
        "readyReplicas": 1, "availableReplicas": 1, "conditions": [
            {"type": "Available", "status": "True"},
            {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]}});
    machine.server.merge("Deployment", "small", "web", status);
    machine.server.expire_watches();
    let done: rideshare_tests::run::Run = child.wait_with_output().unwrap().into();
    done.expect(0);
}

#[test]
fn an_interruption_says_so_and_the_next_run_finishes() {
    let Some(machine) = Machine::with_cluster() else { return };
    let hold = Arc::new(AtomicUsize::new(1));
    let held = Arc::clone(&hold);
    machine.server.behave(move |event: &Event| match event.object["kind"].as_str() {
        Some("Deployment") if held.load(Ordering::SeqCst) > 0 => Vec::new(),
        _ => controllers::usual(event),
    });
    let applied = || {
        let requests = machine.server.requests();
        requests.iter().filter(|r| r.starts_with("PATCH") && r.ends_with("deployments/web")).count()
    };
    for (with, status, word) in
        [(Signal::INT, 130, "interrupted"), (Signal::TERM, 143, "terminated")]
    {
        let before = applied();
        let child = start(&mut small(&machine, &[], &[]));
        // Asked about, and applied.
        until("the Deployment", || applied() >= before + 2);
        let run = signal(child, with).expect(status);
        assert!(run.stderr.contains(word), "{}", run.stderr);
    }
    hold.store(0, Ordering::SeqCst);
    machine.server.delete("Deployment", "small", "web");
    run(&mut small(&machine, &[], &[])).expect(0);
}

#[test]
fn what_left_the_overlay_is_said_and_pruned_on_demand_but_never_data() {
    let Some(machine) = Machine::with_cluster() else { return };
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "small"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "old", "namespace": "small"}, "data": {"a": "1"}});
    let mut taking = workload("StatefulSet", "taking");
    taking["spec"]["persistentVolumeClaimRetentionPolicy"] = json!({"whenDeleted": "Delete"});
    run(&mut small(&machine, &[claim, map, workload("Deployment", "old"), taking], &[])).expect(0);
    let said = run(&mut small(&machine, &[], &[])).expect(0);
    assert!(said.stdout.contains("Deployment/old[left-overlay]"), "{}", said.stdout);
    assert!(machine.server.get("Deployment", "small", "old").is_some());
    let pruned = run(&mut small(&machine, &[], &["--prune"])).expect(0);
    let order: Vec<usize> = ["Deployment/old", "ConfigMap/old"]
        .iter()
        .map(|name| pruned.stdout.find(name).unwrap_or_else(|| panic!("{}", pruned.stdout)))
        .collect();
    assert!(order[0] < order[1], "workloads go before what they use");
    assert!(machine.server.get("Deployment", "small", "old").is_none());
    assert!(machine.server.get("PersistentVolumeClaim", "small", "data").is_some());
    assert!(
        machine.server.get("StatefulSet", "small", "taking").is_some(),
        "its claims would go, too"
    );
    assert!(machine.server.get("Deployment", "small", "web").is_some());
    machine.expect_hostile_untouched();
}

#[test]
fn a_profile_alone_does_not_prune_the_others() {
    let Some(machine) = Machine::with_cluster() else { return };
    run(&mut machine.tool(&["deploy"])).expect(0);
    let one = run(&mut machine.tool(&["deploy", "--profile", "core", "--prune"])).expect(0);
    assert!(
        !one.stdout.contains("left-overlay") && !one.stdout.contains("deleted"),
        "{}",
        one.stdout
    );
    assert!(machine.server.get("Deployment", "rideshare", "trino").is_some());
}

#[test]
fn no_context_a_foreign_one_and_a_dead_server_have_their_statuses() {
    let Some(machine) = Machine::with_cluster() else { return };
    let at = |kubeconfig: &str| {
        machine.write("home/other", kubeconfig);
        let mut command = machine.tool(&["status"]);
        command.env("KUBECONFIG", machine.path("home/other"));
        run(&mut command)
    };
    let none = at(&machine.hostile.kubeconfig("production")).expect(2);
    assert!(none.stderr.contains("error[no-cluster]"), "{}", none.stderr);
    let foreign =
        machine.hostile.kubeconfig("kind-rideshare-local").replace("127.0.0.1", "203.0.113.9");
    let foreign = at(&foreign).expect(2);
    assert!(foreign.stderr.contains("error[not-local]"), "{}", foreign.stderr);
    let port = port::free();
    let dead = "apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: 'https://127.0.0.1:PORT'}}]\n\
                users: [{name: a, user: {token: x}}]\ncontexts: [{name: kind-rideshare-local, context: {cluster: a, user: a}}]\n";
    let dead = at(&dead.replace("PORT", &port.to_string())).expect(3);
    assert!(dead.stderr.contains("error[api-unreachable]"), "{}", dead.stderr);
    assert_eq!(machine.hostile.requests(), Vec::<String>::new());
}

#[test]
fn a_terminal_gets_a_table_that_stays_in_place() {
    let Some(machine) = Machine::with_cluster() else { return };
    if !std::path::Path::new("/usr/bin/script").exists() {
        return rideshare_tests::peers::skip("script, which makes a terminal,");
    }
    machine.server.behave(|event: &Event| {
        // Late enough to be seen waiting.
        let later = |(_, step)| (Duration::from_millis(400), step);
        controllers::usual(event).into_iter().map(later).collect()
    });
    let folder = overlay(&machine, "small", &[]).display().to_string();
    let mut terminal = std::process::Command::new("script");
    machine.surround(&mut terminal);
    let tool = env!("CARGO_BIN_EXE_kind-cluster");
    terminal.args([
        "--quiet",
        "--return",
        "--command",
        &format!("{tool} deploy --overlay {folder}"),
        "/dev/null",
    ]);
    let shown = run(terminal.env("TERM", "xterm")).expect(0).stdout;
    assert!(shown.contains("of 3 ready\r\n") && shown.contains("Deployment/web"), "{shown:?}");
    // Up over the rows that were drawn, and what is below goes.
    assert!(shown.contains("\u{1b}[3A\u{1b}[J"), "{shown:?}");
    // Elsewhere there is no such sequence.
    let plain = run(&mut machine.tool(&["deploy", "--overlay", &folder])).expect(0);
    assert!(!plain.stderr.contains('\u{1b}'));
}

#[test]
fn what_the_server_calls_an_error_of_its_own_is_refused_at_once() {
    let Some(machine) = Machine::with_cluster() else { return };
    // Real servers answer a field that a kind does not have with 500.
    machine.server.refuse(|_, object| {
        (object["kind"] == "Service").then(|| {
            let said = "failed to create typed patch object (small/web; /v1, Kind=Service): .spec.prots: field not declared in schema";
            (500, "InternalError".into(), said.into())
        })
    });
    let began = Instant::now();
    let refused = run(&mut small(&machine, &[], &["--timeout", "60s"])).expect(1);
    assert!(refused.stderr.contains("error[refused]: Service/web"), "{}", refused.stderr);
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(machine.server.get("Deployment", "small", "web").is_none(), "nothing was applied");
}

#[test]
fn the_budget_counts_what_earlier_deployments_have_left_running() {
    let Some(machine) = Machine::with_cluster() else { return };
    let sized = |name: &str| {
        let mut object = workload("Deployment", name);
        object["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] =
            json!("5Gi");
        // A surge pod of its own would be too much.
        object["spec"]["strategy"] = json!({"type": "Recreate"});
        object
    };
    run(&mut small(&machine, &[sized("first")], &[])).expect(0);
    let refused = run(&mut small(&machine, &[sized("second")], &[])).expect(1);
    assert!(refused.stderr.contains("error[over-budget]"), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("from earlier deployments: Deployment/first"),
        "{}",
        refused.stderr
    );
    assert!(machine.server.get("Deployment", "small", "second").is_none());
    // Objects to prune go first where there is no memory for both.
    run(&mut small(&machine, &[sized("second")], &["--prune"])).expect(0);
    assert!(machine.server.get("Deployment", "small", "first").is_none());
    assert!(machine.server.get("Deployment", "small", "second").is_some());
}

/// The operator looks at its store again at once, and not at its next interval only.
#[test]
fn a_secret_whose_store_was_away_is_read_again() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.server.behave(|event: &Event| {
        let object = &event.object;
        if object["kind"] != "ExternalSecret" {
            return controllers::usual(event);
        }
        let asked = object["metadata"]["annotations"]["force-sync"].is_string();
        let condition = match asked {
            true => json!({"type": "Ready", "status": "True", "reason": "SecretSynced"}),
            false => json!({"type": "Ready", "status": "False", "reason": "SecretSyncedError",
                            "message": "could not get secret"}),
        };
        let secret = json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "login", "namespace": "small"}, "data": {}});
        let status = controllers::status(object, json!({"conditions": [condition]}));
        let known = object["status"]["conditions"][0]["status"] == "True";
        match (asked, known, event.fresh) {
            (true, false, _) => {
                vec![(controllers::DELAY, status), (controllers::DELAY, Step::Put(secret))]
            }
            (false, _, true) => vec![(controllers::DELAY, status)],
            _ => Vec::new(),
        }
    });
    let secret = json!({"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
        "metadata": {"name": "login", "namespace": "small"},
        "spec": {"target": {"name": "login"}, "secretStoreRef": {"name": "store", "kind": "SecretStore"}}});
    let store = json!({"apiVersion": "external-secrets.io/v1", "kind": "SecretStore",
        "metadata": {"name": "store", "namespace": "small"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}});
    run(&mut small(&machine, &[store, secret], &["--timeout", "20s"])).expect(0);
}
