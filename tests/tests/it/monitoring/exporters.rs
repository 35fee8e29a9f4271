//! The exporters' start, with a password of every special character. The exporters themselves cannot be had here.

use std::process::Command;

use rideshare_tests::run::run;

use super::shape::compose;

const HARD: &str = r#" it's `hard` $1 $(id) ${user.name} \ "q" # ; @ = % & é"#;

#[test]
fn kafka_exporter_gets_exactly_the_user_and_the_password() {
    let command = compose()["services"]["kafka-exporter"]["command"][0].clone();
    // As Compose reads it; the program is one that prints its arguments.
    let command = command.as_str().unwrap().replace("$$", "$");
    let command = command.replace("/bin/kafka_exporter", "printf '%s\\n'").replace("exec ", "");
    let done = run(Command::new("/bin/sh")
        .args(["-c", &command])
        .env("KAFKA_SASL_USERNAME", HARD)
        .env("KAFKA_SASL_PASSWORD", HARD))
    .expect(0);
    let lines: Vec<&str> = done.stdout.lines().collect();
    assert!(lines.contains(&format!("--sasl.username={HARD}").as_str()), "{lines:?}");
    assert!(lines.contains(&format!("--sasl.password={HARD}").as_str()), "{lines:?}");
    assert!(lines.contains(&"--kafka.server=kafka:29092"), "{lines:?}");
}

/// No shell and no address is between the secret and these two.
#[test]
fn the_other_exporters_take_password_and_user_from_variables() {
    let services = compose()["services"].clone();
    for (name, variables) in [
        ("redis-exporter", &["REDIS_PASSWORD"][..]),
        ("postgres-airflow-exporter", &["DATA_SOURCE_USER", "DATA_SOURCE_PASS"][..]),
        ("postgres-metastore-exporter", &["DATA_SOURCE_USER", "DATA_SOURCE_PASS"][..]),
    ] {
        let service = &services[name];
        // The shell's lines that read the secrets.
        let start = service["entrypoint"][2].as_str().unwrap();
        for variable in variables {
            assert!(start.contains(&format!("export {variable}")), "{name}: {start}");
            assert!(
                service["environment"][variable].is_null(),
                "{name} has {variable} in the open"
            );
        }
    }
}
