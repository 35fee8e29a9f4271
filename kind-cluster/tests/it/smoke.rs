//! `smoke`: the answers of each service, and their verdicts.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use rideshare_tests::apiserver::{ExecCall, ExecOutcome};
use rideshare_tests::run::run;

use crate::support::{Machine, hold};

/// Answers every request with a status, as if from behind a gateway or from the gateway itself.
fn gateway(answers: impl Fn(&str) -> (u16, bool) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).unwrap();
            let request = String::from_utf8_lossy(&buffer[..count]).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
            let (status, from_backend) = answers(&path);
            let header = if from_backend { "x-envoy-upstream-service-time: 1\r\n" } else { "" };
            let _ = write!(
                stream,
                "HTTP/1.1 {status} x\r\n{header}content-length: 0\r\nconnection: close\r\n\r\n"
            );
        }
    });
    format!("http://{address}")
}

fn well(call: &ExecCall) -> ExecOutcome {
    let script = call.command.last().unwrap();
    let out = match script {
        s if s.contains("kafka-topics") => "trips\ngps_pings\n__consumer_offsets\n",
        s if s.contains("redis-cli ping") => "PONG\n",
        s if s.contains("kind-cluster-smoke-") || s.contains(".kind-cluster-smoke") => "written\n",
        s if s.contains("getent") => "",
        other => panic!("{other}"),
    };
    ExecOutcome { stdout: out.into(), ..ExecOutcome::default() }
}

#[test]
fn a_platform_that_works() {
    let Some(machine) = Machine::with_cluster() else { return };
    run(&mut machine.tool(&["deploy"])).expect(0);
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    machine.server.on_exec(move |call| {
        seen.lock().unwrap().push((call.pod.clone(), call.command.join(" ")));
        well(call)
    });
    // Applications may answer 404 and 401 themselves.
    let url = gateway(|path| match path {
        "/api/" => (404, true),
        "/grafana/" => (302, true),
        "/trino/" => (401, true),
        _ => (200, true),
    });
    let done = run(&mut machine.tool(&["smoke", "--gateway", &url])).expect(0);
    insta::assert_snapshot!(done.stdout.replace(&url, "URL"));
    let calls = calls.lock().unwrap();
    assert!(
        calls.iter().any(|(pod, script)| pod == "kafka-0" && script.contains("client.properties"))
    );
    machine.expect_hostile_untouched();
}

#[test]
fn a_platform_that_does_not() {
    let Some(machine) = Machine::with_cluster() else { return };
    run(&mut machine.tool(&["deploy"])).expect(0);
    machine.server.merge(
        "Pod",
        "rideshare",
        "minio-0",
        serde_json::json!({"status": {"conditions": []}}),
    );
    machine.server.on_exec(|call| {
        let script = call.command.last().unwrap();
        let failed =
            |text: &str| ExecOutcome { stderr: text.into(), status: 1, ..ExecOutcome::default() };
        match script {
            s if s.contains("kafka-topics") => failed("SaslAuthenticationException\n"),
            s if s.contains("redis-cli ping") => {
                ExecOutcome { stdout: b"NOAUTH\n".to_vec(), ..ExecOutcome::default() }
            }
            s if s.contains("getent") => {
                ExecOutcome { stdout: b"trino\n".to_vec(), ..ExecOutcome::default() }
            }
            _ => failed("No space left on device\n"),
        }
    });
    let url = gateway(|path| match path {
        "/api/" => (404, false),
        "/trino/" => (503, false),
        _ => (200, true),
    });
    let done = run(&mut machine.tool(&["smoke", "--gateway", &url, "--format", "junit"])).expect(1);
    insta::assert_snapshot!(done.stdout.replace(&url, "URL"));
}

#[test]
fn what_hangs_is_given_up_at_the_deadline() {
    let Some(machine) = Machine::with_cluster() else { return };
    run(&mut machine.tool(&["deploy"])).expect(0);
    let (_held, wait) = hold();
    machine.server.on_exec(move |call| {
        wait();
        well(call)
    });
    // It takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let started = std::time::Instant::now();
    let done = run(&mut machine.tool(&["smoke", "--gateway", &url, "--timeout", "2s"])).expect(1);
    assert!(started.elapsed().as_secs() < 8, "{:?}", started.elapsed());
    for said in [
        "kafka[kafka-failed]: no answer within",
        "redis[redis-failed]: the deadline had passed",
        "HTTPRoute/trino[route-failed]",
    ] {
        assert!(done.stdout.contains(said), "{said}: {}", done.stdout);
    }
}

#[test]
fn when_everything_is_skipped_nothing_was_checked() {
    let Some(machine) = Machine::with_cluster() else { return };
    let folder = crate::support::overlay(&machine, "small", &[]).display().to_string();
    let done = run(&mut machine.tool(&["smoke", "--overlay", &folder])).expect(1);
    assert!(done.stdout.contains("all[nothing-checked]"), "{}", done.stdout);
}
