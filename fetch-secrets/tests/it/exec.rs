//! `exec`: the command, its signals and its status.

use std::fs;
use std::io::Read;
use std::process::Stdio;

use insta::assert_snapshot;
use rideshare_tests::run::run;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::Bench;

fn bench() -> Bench {
    Bench::with_values([("KAFKA_USER", "u"), ("KAFKA_PASSWORD", "line\n`'\\"), ("OTHER", "o")])
}

#[test]
fn the_variables_arrive_as_they_are_and_only_those_asked_for() {
    let bench = bench();
    let exec = ["exec", "--source", "dev", "--only", "KAFKA_*", "--", "env", "-0"];
    let run = run(&mut bench.tool(&exec)).expect(0);
    let own: Vec<&str> = run
        .stdout
        .split('\0')
        .filter(|v| v.starts_with("KAFKA") || v.starts_with("OTHER"))
        .collect();
    assert_eq!(own, ["KAFKA_PASSWORD=line\n`'\\", "KAFKA_USER=u"]);
    assert!(fs::read_dir(bench.path()).unwrap().all(|e| e.unwrap().file_name() == "spec"));
}

#[test]
fn the_exit_status_is_the_commands() {
    let exit = ["exec", "--source", "dev", "--", "sh", "-c", "exit 42"];
    run(&mut bench().tool(&exit)).expect(42);
    let killed = ["exec", "--source", "dev", "--", "sh", "-c", "kill -9 $$"];
    run(&mut bench().tool(&killed)).expect(137);
}

#[test]
fn a_signal_reaches_the_command() {
    let script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done";
    let bench = bench();
    let mut child = bench
        .tool(&["exec", "--source", "dev", "--", "sh", "-c", script])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = [0; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(7));
}

#[test]
fn what_cannot_run_is_said() {
    let missing = run(&mut bench().tool(&["exec", "--source", "dev", "--", "/no/such"])).expect(2);
    assert_snapshot!(missing.stderr);
    let nothing = ["exec", "--source", "dev", "--only", "KAFAK_*", "--", "true"];
    assert_snapshot!(run(&mut bench().tool(&nothing)).expect(2).stderr);
}
