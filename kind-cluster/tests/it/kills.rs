//! kill -9 at every step of the operations of a day: nothing is lost, and the next run finishes.

use std::fs;

use rideshare_tests::run::run;
use rustix::process::Signal;
use serde_json::Value;

use crate::backup::{deployed, fill, folder, stateful, tree};
use crate::support::{Machine, signal, start, until};

mod changes;
mod programs;

/// Kills the tool while the API server has its change and has not answered yet.
fn kill_at_patch(machine: &Machine, arguments: &[&str], is_it: fn(&Value) -> bool) {
    let reached = machine.path("reached");
    let seen = reached.clone();
    machine.server.delay(move |method, sent| {
        if method != "PATCH" || !is_it(sent) {
            return std::time::Duration::ZERO;
        }
        fs::write(&seen, "").unwrap();
        std::time::Duration::from_millis(700)
    });
    let child = start(&mut machine.tool(arguments));
    until("the change", || reached.exists());
    signal(child, Signal::KILL).expect(137);
    machine.server.delay(|_, _| std::time::Duration::ZERO);
}

#[test]
fn a_killed_restart_is_finished_by_the_next_one() {
    let Some(machine) = deployed(&[stateful("store", "busybox:1")]) else { return };
    fill(&folder(&machine, "store"));
    let before = tree(&folder(&machine, "store"));
    let small = machine.path("small").display().to_string();
    let restart = ["restart", "--overlay", &small];
    kill_at_patch(&machine, &restart, |sent| sent.to_string().contains("restartedAt"));
    run(&mut machine.tool(&restart)).expect(0);
    run(&mut machine.tool(&["deploy", "--overlay", &small])).expect(0);
    assert_eq!(tree(&folder(&machine, "store")), before);
}
