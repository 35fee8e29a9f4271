//! LocalStack makes its secrets itself whenever it starts, and is healthy only then.

use std::fs;
use std::path::Path;
use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::{peers, port, root};

use rideshare_tests::services::generated::Service;
use rideshare_tests::services::server::Server;

/// A LocalStack with the generated environment and what is mounted into it.
fn start(python: &Path, folder: &Path, port: u16) -> Server {
    let ready = folder.join("etc/localstack/init/ready.d");
    fs::create_dir_all(&ready).unwrap();
    fs::copy(root().join("infrastructure/config/localstack/seed.py"), ready.join("seed.py"))
        .unwrap();
    let mut command = Command::new(python);
    command
        .args(["-m", "localstack.runtime.main"])
        .envs(Service::named("localstack").environment())
        .env("GATEWAY_LISTEN", format!("127.0.0.1:{port}"))
        .env("SEED_CATALOGUE", root().join("infrastructure/platform/secrets.yaml"))
        .env("FILESYSTEM_ROOT", folder)
        .env("OVERRIDE_IN_DOCKER", "0");
    Server::start(&mut command, &folder.join("log"))
}

/// The env files, from what answers at `endpoint` or from the catalogue itself.
fn env_files(folder: &Path, source: &str, port: u16) -> Vec<String> {
    // The tools are in the folder above this test's own.
    let exe = std::env::current_exe().unwrap();
    run(Command::new(exe.parent().unwrap().with_file_name("fetch-secrets"))
        .args(["--source", source])
        .current_dir(root())
        .env("SECRETS_OUTPUT_DIR", folder)
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test"))
    .expect(0);
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    ["core.env", "data-pipeline.env", "monitoring.env"].map(read).to_vec()
}

#[test]
fn each_start_brings_every_secret_of_the_catalogue_back() {
    let Some(python) = peers::find("PEER_LOCALSTACK_PYTHON") else { return };
    let folder = tempfile::tempdir().unwrap();
    let wanted = env_files(&folder.path().join("wanted"), "dev", 0);
    let check = Service::named("localstack").words("/healthcheck/test").remove(1);
    for start_number in ["first", "second"] {
        let port = port::free();
        let mut server = start(&python, folder.path(), port);
        let check = check.replace("localhost:4566", &format!("127.0.0.1:{port}"));
        let mut healthy = Command::new("sh");
        healthy.args(["-c", &check]);
        server.until("a passing health check", || run(&mut healthy).status == 0);
        assert_eq!(
            env_files(&folder.path().join(start_number), "aws", port),
            wanted,
            "{start_number}"
        );
    }
}

#[test]
fn a_seed_that_fails_is_not_healthy() {
    let check = Service::named("localstack").words("/healthcheck/test").remove(1);
    let (_, judge) = check.split_once(" | ").unwrap();
    let judged = |answer: &str| {
        run(Command::new("sh").args([
            "-c",
            &format!("printf %s \"$1\" | {judge}"),
            "check",
            answer,
        ]))
        .status
    };
    let scripts =
        |state: &str| format!(r#"{{"stage": "READY", "name": "seed.py", "state": "{state}"}}"#);
    let done = |state: &str| format!(r#"{{"completed": true, "scripts": [{}]}}"#, scripts(state));
    assert_eq!(judged(&done("SUCCESSFUL")), 0);
    assert_ne!(judged(&done("ERROR")), 0);
    assert_ne!(judged(r#"{"completed": false, "scripts": []}"#), 0);
    assert_ne!(judged(""), 0);
}
