//! The schema registry's login with any user and password.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rideshare_tests::run::{Run, run};
use rideshare_tests::services::generated::Service;
use rideshare_tests::services::server::java;
use rideshare_tests::{peers, root};

use super::hard;

/// The generated command's script in front of `true`.
fn start(jaas: &Path, user: &str, password: &str) -> Run {
    let service = Service::named("schema-registry");
    assert_eq!(service.command()[..2], ["bash", "/etc/rideshare/kafka/with-jaas.sh"]);
    run(Command::new("bash")
        .arg(root().join("infrastructure/config/kafka/with-jaas.sh"))
        .arg("true")
        .envs(service.environment())
        .env("RIDESHARE_JAAS", jaas)
        .env("KAFKA_SASL_USERNAME", "kafka")
        .env("KAFKA_SASL_PASSWORD", "secret")
        .env("SCHEMA_REGISTRY_USER", user)
        .env("SCHEMA_REGISTRY_PASSWORD", password))
}

fn is_refused(user: &str) -> bool {
    user.contains(':') || user.trim() != user
}

#[test]
fn every_hard_user_logs_in_with_the_password_and_with_no_other() {
    let (Some(jars), Some(mut java)) = (peers::find("PEER_JETTY"), java()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let texts = hard::texts();
    let mut logins = Vec::new();
    for (user, password) in texts.iter().zip(texts.iter().rev()) {
        if !is_refused(user) {
            let jaas = folder.path().join(format!("{}.conf", logins.len()));
            start(&jaas, user, password).expect(0);
            let encoded = [user, password].map(|text| BASE64_STANDARD.encode(text));
            logins.push(encoded.join(" "));
        }
    }
    fs::write(folder.path().join("logins"), logins.join("\n")).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data_services/LogIn.java");
    let done = run(java
        .args(["-cp", &format!("{}/*", jars.display())])
        .arg("-Drideshare.dollar=$")
        .arg(source)
        .arg(folder.path()))
    .expect(0);
    let wrong: Vec<_> = done.stdout.lines().filter(|line| !line.ends_with(" in out")).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(done.stdout.lines().count(), logins.len());
}

#[test]
fn a_user_that_the_registry_cannot_take_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let jaas = folder.path().join("jaas.conf");
    for (user, password, said) in [
        ("", "b", "SCHEMA_REGISTRY_USER: is empty"),
        ("a", "", "SCHEMA_REGISTRY_PASSWORD: is empty"),
        ("a:b", "b", "SCHEMA_REGISTRY_USER: has a colon (:)"),
        (" a", "b", "SCHEMA_REGISTRY_USER: begins or ends with a blank"),
        ("a", "caf\u{e9}", "SCHEMA_REGISTRY_PASSWORD: has a character that is not printable ASCII"),
        ("a\nb", "b", "SCHEMA_REGISTRY_USER: has a character that is not printable ASCII"),
    ] {
        let refused = start(&jaas, user, password);
        assert_ne!(refused.status, 0, "{user:?}");
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    for user in hard::texts().iter().filter(|user| is_refused(user)) {
        assert_ne!(start(&jaas, user, "b").status, 0, "{user:?}");
    }
}

/// A client's answer would be 401 otherwise, and the service unhealthy.
#[test]
fn the_health_check_logs_in() {
    let service = Service::named("schema-registry");
    assert_eq!(service.environment()["SCHEMA_REGISTRY_AUTHENTICATION_METHOD"], "BASIC");
    let check = service.words("/healthcheck/test").join(" ");
    assert!(check.contains("-u \"$SCHEMA_REGISTRY_USER:$SCHEMA_REGISTRY_PASSWORD\""), "{check}");
}
