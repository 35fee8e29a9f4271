//! `status` and `doctor`: everything that is wrong, in one run.

use rideshare_tests::run::run;
use serde_json::{Value, json};

use crate::support::{Machine, node, overlay};

#[test]
fn a_deployed_platform_is_well_and_then_everything_wrong_is_named() {
    let Some(machine) = Machine::with_cluster() else { return };
    run(&mut machine.tool(&["deploy"])).expect(0);
    let well = run(&mut machine.tool(&["status"])).expect(0);
    insta::assert_snapshot!(well.stdout);
    let tree = run(&mut machine.tool(&["status", "--tree"])).expect(0).stdout;
    insta::assert_snapshot!("tree", tree);
    run(&mut machine.tool(&["status", "--tree", "--format", "json"])).expect(2);
    machine.server.put(node("rideshare-local-worker", "False"));
    machine.server.merge(
        "Pod",
        "rideshare",
        "redis-0",
        json!({"status": {"phase": "Failed", "reason": "Evicted"}}),
    );
    machine.server.merge(
        "PersistentVolumeClaim",
        "rideshare",
        "kafka-data-kafka-0",
        json!({"status": {"phase": "Lost"}}),
    );
    machine.server.delete("EndpointSlice", "rideshare", "trino-1");
    machine.server.delete("Secret", "rideshare", "rideshare-minio");
    machine.server.merge("HTTPRoute", "rideshare", "grafana", json!({"status": {"parents": []}}));
    machine.server.merge(
        "StatefulSet",
        "rideshare",
        "minio",
        json!({"status": {"readyReplicas": 0}}),
    );
    let wrong = run(&mut machine.tool(&["status"])).expect(1);
    insta::assert_snapshot!(wrong.stdout);
    let tree = run(&mut machine.tool(&["status", "--tree"])).expect(1).stdout;
    assert!(tree.contains("├─ StatefulSet/minio  FAILED: 0 of 1 ready"), "{tree}");
    assert!(tree.contains("ExternalSecret/rideshare-minio (rideshare)[not-ready]"), "{tree}");
    let json = run(&mut machine.tool(&["status", "--format", "json"])).expect(1);
    let answer: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        answer["checks"].as_array().unwrap().iter().filter(|c| c["outcome"] == "failed").count(),
        6
    );
    machine.expect_hostile_untouched();
}

#[test]
fn without_a_controller_routes_are_skipped_with_the_reason() {
    let Some(machine) = Machine::with_cluster() else { return };
    run(&mut machine.tool(&["deploy"])).expect(0);
    machine.server.delete("GatewayClass", "", "envoy");
    let run = run(&mut machine.tool(&["status"])).expect(0);
    assert!(run.stdout.contains("no controller: there is no GatewayClass/envoy"), "{}", run.stdout);
}

/// Codes of the failed checks, with the names.
fn failed(stdout: &str) -> Vec<String> {
    let answer: Value = serde_json::from_str(stdout).unwrap_or_else(|_| panic!("{stdout}"));
    let failed = answer["checks"].as_array().unwrap().iter().filter(|c| c["outcome"] == "failed");
    failed
        .map(|c| format!("{} {}", c["code"].as_str().unwrap(), c["name"].as_str().unwrap()))
        .collect()
}

#[test]
fn an_empty_cluster_is_not_well() {
    let Some(machine) = Machine::with_cluster() else { return };
    let empty = run(&mut machine.tool(&["status", "--format", "json"])).expect(1);
    assert_eq!(failed(&empty.stdout), ["nothing-deployed overlay"]);
    // An overlay that cannot be rendered hides nothing of the rest.
    machine.server.put(node("rideshare-local-worker", "False"));
    machine.write("broken/kustomization.yaml", "resources: [nowhere.yaml]\n");
    let broken = machine.path("broken").display().to_string();
    let said =
        run(&mut machine.tool(&["status", "--format", "json", "--overlay", &broken])).expect(1);
    assert_eq!(
        failed(&said.stdout),
        ["not-ready Node/rideshare-local-worker", "bad-overlay overlay"]
    );
}

#[test]
fn what_was_deployed_and_is_gone_is_named() {
    let Some(machine) = Machine::with_cluster() else { return };
    run(&mut machine.tool(&["deploy", "--profile", "core"])).expect(0);
    run(&mut machine.tool(&["status"])).expect(0);
    machine.server.delete("StatefulSet", "rideshare", "kafka");
    machine.server.delete("Service", "rideshare", "redis");
    let gone = run(&mut machine.tool(&["status", "--format", "json"])).expect(1);
    let failed = failed(&gone.stdout);
    for line in ["missing StatefulSet/kafka (rideshare)", "missing Service/redis (rideshare)"] {
        assert!(failed.iter().any(|said| said == line), "{line}: {failed:?}");
    }
    // An operator that was never installed.
    let thing = json!({"apiVersion": "g.example/v1", "kind": "Thing",
                       "metadata": {"name": "thing", "namespace": "small"}});
    let Some(fresh) = Machine::with_cluster() else { return };
    fresh
        .server
        .put(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "small"}}));
    let small = overlay(&fresh, "small", &[thing]).display().to_string();
    let unserved =
        run(&mut fresh.tool(&["status", "--format", "json", "--overlay", &small])).expect(1);
    assert!(
        unserved.stdout.contains("the API server does not serve Thing of g.example/v1"),
        "{}",
        unserved.stdout
    );
    // Another profile is asked for by name only.
    let monitoring = ["status", "--format", "json", "--profile", "monitoring"];
    let more = run(&mut machine.tool(&monitoring)).expect(1);
    assert!(
        more.stdout.contains("Deployment/grafana") || more.stdout.contains("StatefulSet/grafana"),
        "{}",
        more.stdout
    );
}

#[test]
fn a_list_that_fails_hides_nothing() {
    let Some(machine) = Machine::with_cluster() else { return };
    run(&mut machine.tool(&["deploy"])).expect(0);
    machine.server.put(node("rideshare-local-worker", "False"));
    machine.server.refuse(|_, object| {
        (object["kind"] == "SecretList")
            .then(|| (500, "InternalError".into(), "etcd is slow".into()))
    });
    let said = run(&mut machine.tool(&["status", "--format", "json"])).expect(1);
    let failed = failed(&said.stdout);
    assert!(failed.contains(&"api-failed cluster".to_owned()), "{failed:?}");
    assert!(failed.contains(&"not-ready Node/rideshare-local-worker".to_owned()), "{failed:?}");
}

#[test]
fn doctor_says_what_each_part_says_even_when_one_cannot() {
    let Some(machine) = Machine::with_cluster() else { return };
    machine.write("backups/rideshare-local-20260101T000000Z.tar.partial", "half");
    let folder = machine.path("backups").display().to_string();
    machine.write("home/config", "");
    let run = run(&mut machine.tool(&["doctor", "--backup-dir", &folder])).expect(1);
    for code in ["[not-capped]", "[partial-archive]", "[no-cluster]"] {
        assert!(run.stdout.contains(code), "{code}: {}", run.stdout);
    }
}

#[test]
fn a_watch_shows_each_change_with_restart_counts_and_outlives_a_silent_server() {
    use std::io::{BufRead, BufReader};
    let Some(machine) = Machine::with_cluster() else { return };
    let small = overlay(&machine, "small", &[]).display().to_string();
    run(&mut machine.tool(&["deploy", "--overlay", &small, "--no-image-check"])).expect(0);
    let mut child =
        crate::support::start(&mut machine.tool(&["status", "--watch", "--overlay", &small]));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let pods = machine.server.all("Pod");
    let pod = pods.iter().find(|pod| pod["metadata"]["namespace"] == "small").unwrap();
    let name = pod["metadata"]["name"].as_str().unwrap().to_owned();
    for restarts in [2, 5] {
        let mut statuses = pod["status"]["containerStatuses"].clone();
        statuses[0]["restartCount"] = json!(restarts);
        let status = json!({"status": {"containerStatuses": statuses}});
        machine.server.merge("Pod", "small", &name, status);
        let told = lines.any(|line| {
            line.contains(&name) && line.contains(&format!("ready, {restarts} restarts"))
        });
        assert!(told, "{restarts} restarts were never shown");
    }
    let signalled = crate::support::signal(child, rustix::process::Signal::INT);
    assert_eq!(signalled.status, 130, "{}", signalled.stderr);
}
