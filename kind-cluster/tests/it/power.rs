//! The whole cluster stopped and started.

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
    machine.write("home/config", &machine.hostile.kubeconfig("production"));
    let missing = run(&mut machine.tool(&["stop"])).expect(2);
    assert!(missing.stderr.contains("error[no-cluster]"), "{}", missing.stderr);
}
