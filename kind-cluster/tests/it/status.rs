//! `status` and `doctor`: everything that is wrong, in one run.

use rideshare_tests::run::run;
use serde_json::{Value, json};

use crate::support::{Machine, node};

#[test]
fn a_deployed_platform_is_well_and_then_everything_wrong_is_named() {
    let Some(machine) = Machine::with_cluster() else { return };
    run(&mut machine.tool(&["deploy"])).expect(0);
    let well = run(&mut machine.tool(&["status"])).expect(0);
    insta::assert_snapshot!(well.stdout);
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
    let json = run(&mut machine.tool(&["status", "--format", "json"])).expect(1);
    let answer: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        answer["checks"].as_array().unwrap().iter().filter(|c| c["outcome"] == "failed").count(),
        7
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
