//! The script that waits for others, run by the shells that images have.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use rideshare_tests::run::{Run, run};

fn script() -> String {
    format!("{}/src/render/kubernetes/wait-for.sh", env!("CARGO_MANIFEST_DIR"))
}

fn wait(arguments: &[&str]) -> Run {
    run(Command::new("/bin/sh").arg(script()).args(arguments))
}

#[test]
fn an_open_port_ends_the_wait_and_a_closed_one_the_patience() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    wait(&["port", "127.0.0.1", &port, "0"]).expect(0);
    drop(listener);
    let late = wait(&["port", "127.0.0.1", &port, "0"]).expect(1);
    assert!(late.stderr.contains("127.0.0.1 was not there after 0 s"), "{}", late.stderr);
    wait(&["port", "127.0.0.1", &port, "0", "optional"]).expect(0);
}

#[test]
fn a_name_that_resolves_ends_the_wait() {
    wait(&["name", "localhost", "-", "0"]).expect(0);
    wait(&["name", "nobody.invalid", "-", "0"]).expect(1);
}

/// The API server's answers come from a `curl` that the test provides: there is no cluster here.
#[test]
fn a_job_is_waited_for_until_it_ends_and_no_longer_when_it_has_failed() {
    let folder = tempfile::tempdir().unwrap();
    let curl = folder.path().join("curl");
    let answer = |status: &str| {
        let json = format!("{{\n  \"kind\": \"Job\",\n  \"status\": {status}\n}}");
        fs::write(&curl, format!("#!/bin/sh\ncat <<'END'\n{json}\nEND\n")).unwrap();
        fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", folder.path().display());
        run(Command::new("/bin/sh")
            .arg(script())
            .args(["job", "seed", "seed-1", "0"])
            .env("PATH", path))
    };
    answer(r#"{"conditions": [{"type": "Complete", "status": "True"}], "succeeded": 1}"#).expect(0);
    answer(r#"{"active": 1}"#).expect(1);
    let failed = answer(r#"{"conditions": [{"type": "Failed", "status": "True"}], "failed": 1}"#);
    assert!(failed.expect(1).stderr.contains("the job seed-1 has failed"));
}
