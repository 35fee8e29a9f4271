//! `exec`: the command, its signals and its status.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use rideshare_tests::run::{has_open, run, until};
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
    let variables: Vec<&str> = run
        .stdout
        .split('\0')
        .filter(|v| v.starts_with("KAFKA") || v.starts_with("OTHER"))
        .collect();
    assert_eq!(variables, ["KAFKA_PASSWORD=line\n`'\\", "KAFKA_USER=u"]);
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
    let missing =
        run(&mut bench().tool(&["exec", "--source", "dev", "--", "/no/such"])).expect(127);
    assert_snapshot!(missing.stderr);
    let nothing = ["exec", "--source", "dev", "--only", "KAFAK_*", "--", "true"];
    assert_snapshot!(run(&mut bench().tool(&nothing)).expect(2).stderr);
}

#[test]
fn a_program_that_cannot_be_run_is_told_from_one_that_is_not_there() {
    let bench = bench();
    bench.write("data", "no program");
    for (program, status) in
        [("./data", 126), (".", 126), ("./none", 127), ("no-such-program", 127)]
    {
        let arguments = ["exec", "--source", "dev", "--", program];
        run(&mut bench.tool(&arguments)).expect(status);
        let arguments = ["exec", "--source", "dev", "--pristine", "--", program];
        run(&mut bench.tool(&arguments)).expect(status);
    }
}

#[test]
fn a_pristine_command_has_the_secrets_alone() {
    let exec = ["exec", "--source", "dev", "--pristine", "--only", "KAFKA_*", "--", "env", "-0"];
    let run = run(bench().tool(&exec).env("AWS_SECRET_ACCESS_KEY", "s")).expect(0);
    assert_eq!(run.stdout, "KAFKA_PASSWORD=line\n`'\\\0KAFKA_USER=u\0");
}

#[test]
fn no_core_is_dumped_while_values_are_held_and_the_command_has_its_limit_back() {
    // A folder that another run has locked keeps this one waiting, with its values.
    let bench = bench();
    fs::create_dir(bench.out()).unwrap();
    let lock = fs::File::open(bench.out()).unwrap();
    lock.lock().unwrap();
    let script = "ulimit -S -c 1000; exec \"$@\"";
    let tool = bench.tool(&["--source", "dev", "--timeout", "60s"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(tool.get_program()).args(tool.get_args());
    shell.current_dir(bench.path()).env("PLATFORM_SPEC", "spec").env("SECRETS_OUTPUT_DIR", "out");
    let mut child = shell.spawn().unwrap();
    until("the wait for the folder", || has_open(&child, "out"));
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    child.kill().unwrap();
    child.wait().unwrap();

    let exec = ["exec", "--source", "dev", "--", "sh", "-c", "ulimit -S -c"];
    let tool = bench.tool(&exec);
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(tool.get_program()).args(tool.get_args());
    let run = run(shell.current_dir(bench.path()).env("PLATFORM_SPEC", "spec")).expect(0);
    assert_eq!(run.stdout, "1000\n");
}
