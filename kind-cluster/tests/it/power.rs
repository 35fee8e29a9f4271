//! The whole cluster stopped and started, and engines that are not Docker.

use rideshare_tests::run::run;

use crate::support::Machine;

#[test]
fn a_cluster_is_stopped_and_started_with_its_nodes_in_order() {
    let Some(machine) = Machine::with_cluster() else { return };
    let stopped = run(&mut machine.tool(&["stop"])).expect(0);
    assert!(stopped.stdout.contains("its data stays"), "{}", stopped.stdout);
    let last = machine.calls().pop().unwrap();
    assert!(last.starts_with("docker stop rideshare-local-worker"), "{last}");
    assert!(last.ends_with("rideshare-local-control-plane"), "{last}");
    let again = run(&mut machine.tool(&["stop"])).expect(0);
    assert!(!again.stdout.contains("stopped"), "{}", again.stdout);
    let started = run(&mut machine.tool(&["start"])).expect(0);
    assert!(started.stdout.contains("all 3 are Ready"), "{}", started.stdout);
    machine.expect_hostile_untouched();
}

#[test]
fn a_dry_run_stops_nothing() {
    let Some(machine) = Machine::with_cluster() else { return };
    let planned = run(&mut machine.tool(&["stop", "--dry-run"])).expect(0);
    assert!(planned.stdout.contains("to be stopped"), "{}", planned.stdout);
    assert!(!machine.calls().iter().any(|call| call.starts_with("docker stop")));
}

#[test]
fn a_missing_cluster_cannot_be_stopped() {
    let Some(machine) = Machine::new() else { return };
    let missing = run(&mut machine.tool(&["stop"])).expect(2);
    assert!(missing.stderr.contains("error[no-cluster]"), "{}", missing.stderr);
}

/// Docker has no node of it, and the API server answers.
#[test]
fn the_context_of_a_cluster_of_another_engine_stays() {
    let Some(machine) = Machine::new() else { return };
    let before = machine.read("home/config");
    let refused = run(&mut machine.tool(&["teardown", "--discard-data"])).expect(1);
    assert!(refused.stderr.contains("error[other-engine]"), "{}", refused.stderr);
    assert_eq!(machine.read("home/config"), before);
}

#[test]
fn another_engine_of_kind_is_refused_with_the_reason() {
    let Some(machine) = Machine::with_cluster() else { return };
    for command in ["create", "teardown", "stop"] {
        let mut tool = machine.tool(&[command]);
        let refused = run(tool.env("KIND_EXPERIMENTAL_PROVIDER", "podman")).expect(2);
        assert!(refused.stderr.contains("error[engine-unsupported]"), "{}", refused.stderr);
        assert!(refused.stderr.contains("podman"), "{}", refused.stderr);
    }
}
