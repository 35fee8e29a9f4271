//! Docker's client, programs that read JSON, and Kubernetes.

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rideshare_tests::kubernetes::Server;
use rideshare_tests::peers;
use rideshare_tests::proxy::{Action, Proxy};
use rideshare_tests::run::run;

use super::{COUNT, Written, pairs};

#[test]
fn docker_env_file() {
    let Some(docker) = peers::find("PEER_DOCKER") else { return };
    let written = Written::new("docker");
    // The client reads the file, and sends the engine what it has read.
    let engine = Proxy::start(([127, 0, 0, 1], 1).into(), |request| {
        match request.path.ends_with("/_ping") {
            true => Action::AnswerWith(200, "Api-Version: 1.41", "OK".into()),
            false => Action::Answer(201, "{\"Id\": \"x\"}".into()),
        }
    });
    let address = format!("tcp://{}", engine.address);
    run(Command::new(docker)
        .args(["--host", &address, "create", "--env-file", "file", "image"])
        .current_dir(written.bench.path())
        .env("HOME", written.bench.path()))
    .expect(0);
    let requests = engine.requests();
    let create = requests.iter().find(|request| request.path.contains("/containers/create"));
    let sent: serde_json::Value = serde_json::from_slice(&create.unwrap().body).unwrap();
    let sent: Vec<String> = serde_json::from_value(sent["Env"].clone()).unwrap();
    written.arrives(&pairs(&sent.join("\0")), 1400);
}

#[test]
fn json() {
    let written = Written::new("json");
    let read = std::fs::read_to_string(written.file()).unwrap();
    written.arrives(&serde_json::from_str(&read).unwrap(), COUNT);
}

#[test]
fn a_kubernetes_secret() {
    let Some(server) = Server::shared() else { return };
    let written = Written::new("kubernetes");
    let secret = std::fs::read_to_string(written.file()).unwrap();
    let answer = server.apply(&secret);
    assert!(answer.is_clean(), "{answer:?}");
    let object = &server.get(&secret)[0];
    let read = object["data"].as_object().unwrap().iter().map(|(name, value)| {
        let bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
        (name.clone(), String::from_utf8(bytes).unwrap())
    });
    written.arrives(&read.collect(), COUNT);
}
