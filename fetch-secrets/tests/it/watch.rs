//! `--watch`: rotation reaches the files and their consumer, and nothing is touched without one.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::proxy::{Action, Proxy};
use rideshare_tests::run::{run, until};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Bench, Running, aws, client, wait};

#[test]
fn a_rotated_secret_reaches_the_file_and_the_command() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench = Bench::with_values([("A", "first")]);
    let account = LocalStack::account();
    run(aws(&mut bench.tool(&["seed"]), &localstack.url(), &account)).expect(0);
    let command = "echo \"$@\" >> told; test $(wc -l < told) -lt 2";
    let mut watch = bench.tool(&["--watch", "200ms", "--on-change", command]);
    let mut child = Running(aws(&mut watch, &localstack.url(), &account).spawn().unwrap());
    until("the first files", || bench.out().join("extra.env").exists());
    let inode = |name: &str| fs::metadata(bench.out().join(name)).unwrap().ino();
    let extra = inode("extra.env");
    let client = client(localstack, &account);
    for value in ["second", "third"] {
        let put = client.put_secret_value().secret_id("test/all");
        wait(put.secret_string(format!("{{\"A\":\"{value}\"}}")).send()).unwrap();
        until("the new value", || bench.read("out/core.env").contains(value));
    }
    let told = || fs::read_to_string(bench.path().join("told")).unwrap_or_default();
    // A command that fails does not end the watch.
    until("the command", || told() == "out/core.env\nout/core.env\n");
    assert!(child.0.try_wait().unwrap().is_none());
    assert_eq!(inode("extra.env"), extra, "an unchanged file is not touched");
}

#[test]
fn a_watch_that_cannot_start_is_a_failure() {
    let bench = Bench::with_values([("A", "x")]);
    let mut watch = bench.tool(&["--watch", "1s"]);
    run(aws(&mut watch, "http://127.0.0.1:1", "000000000001")).expect(3);
}

#[test]
fn a_failure_does_not_end_a_watch_and_a_signal_does() {
    let Some(localstack) = LocalStack::shared() else { return };
    let bench = Bench::with_values([("A", "first")]);
    let account = LocalStack::account();
    run(aws(&mut bench.tool(&["seed"]), &localstack.url(), &account)).expect(0);
    let down = Arc::new(AtomicBool::new(false));
    let is_down = Arc::clone(&down);
    let proxy = Proxy::start(localstack.address, move |_| match is_down.load(Ordering::Relaxed) {
        true => Action::Answer(500, "{}".into()),
        false => Action::Forward,
    });
    let mut watch = bench.tool(&["--watch", "100ms", "--timeout", "5s"]);
    watch.env("AWS_MAX_ATTEMPTS", "1");
    let mut child = Running(aws(&mut watch, &proxy.url(), &account).spawn().unwrap());
    until("the first files", || bench.out().join("extra.env").exists());
    down.store(true, Ordering::Relaxed);
    let seen = proxy.requests().len();
    until("failed requests", || proxy.requests().len() > seen + 3);
    assert!(child.0.try_wait().unwrap().is_none());
    let put = client(localstack, &account).put_secret_value().secret_id("test/all");
    wait(put.secret_string("{\"A\":\"second\"}").send()).unwrap();
    down.store(false, Ordering::Relaxed);
    until("the new value", || bench.read("out/core.env").contains("second"));
    kill_process(Pid::from_child(&child.0), Signal::TERM).unwrap();
    assert_eq!(child.0.wait().unwrap().code(), Some(143));
}
