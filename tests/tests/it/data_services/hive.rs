//! The Hive metastore with any user and password, on PostgreSQL and S3.

use std::path::Path;
use std::process::Command;

use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::{Run, run};
use rideshare_tests::services::metastore::{Files, Metastore, bucket};

use super::hard;

/// Each costs two starts of Java, so this is no set of hundreds.
const PASSWORDS: [&str; 6] =
    ["${user.name}", "a${env.HOME}b", "-value", "<&>\"'", " \\ ; @ = %24 ", hard::EVERY];

#[test]
fn hadoop_reads_every_hard_user_and_password_back() {
    let Some(files) = Files::new() else { return };
    for password in PASSWORDS {
        // Another hard text for the user: it is in the URL.
        let user = format!("u{password}");
        let java = format!("{}/lib/*", files.hive.display());
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/data_services/ReadHive.java");
        let site = files.path("conf/hive-site.xml").display().to_string();
        let words = ["java", "-cp", &java, source, &site];
        let read = run(&mut files.command(&user, password, &words)).expect(0);
        let mut lines = read.stdout.splitn(2, '\n');
        let url = lines.next().unwrap();
        let bytes: String = user.bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(
            url,
            format!("jdbc:postgresql://postgres-metastore:5432/metastore?user={bytes}")
        );
        assert_eq!(lines.next().unwrap().strip_suffix('\n'), Some(password));
    }
}

#[test]
fn a_url_that_has_options_keeps_them() {
    let Some(files) = Files::new() else { return };
    let mut command = files.command("a", "b", &["sh", "-c", "echo \"$METASTORE_DB_URL\""]);
    let url = "jdbc:postgresql://db.example:5432/metastore?sslmode=require";
    let read = run(command.env("METASTORE_DB_URL", url)).expect(0);
    assert_eq!(read.stdout, format!("{url}&user=%61\n"));
}

#[test]
fn an_empty_user_or_password_is_refused() {
    let Some(files) = Files::new() else { return };
    for (user, password, named) in
        [("", "b", "POSTGRES_METASTORE_USER"), ("a", "", "POSTGRES_METASTORE_PASSWORD")]
    {
        let refused = run(&mut files.command(user, password, &["true"]));
        assert_ne!(refused.status, 0);
        assert!(refused.stderr.contains(&format!("{named}: is empty")), "{}", refused.stderr);
    }
}

#[test]
fn the_metastore_makes_its_schema_and_places_in_the_lake() {
    let user = "u@d = \"x\" ${user.name} \\z;&?%24";
    let Some(metastore) = Metastore::start(user, hard::EVERY) else { return };
    let localstack = LocalStack::shared().unwrap();
    bucket(localstack, "hive-check");
    let address = format!("thrift://127.0.0.1:{}", metastore.port);
    let said = run_java(
        &metastore.files,
        "AskMetastore.java",
        &[&address, "bronze", "s3://hive-check/bronze"],
    );
    assert!(
        said.stdout.contains("schemas: [bronze, default]"),
        "{}\n{}",
        said.transcript(&[]),
        metastore.server.log()
    );
    assert!(!metastore.server.log().contains(hard::EVERY), "the log has the password");
}

/// Runs a Java source file of this folder with the metastore's jars.
fn run_java(files: &Files, source: &str, arguments: &[&str]) -> Run {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data_services").join(source);
    run(Command::new("java")
        .args(["-cp", &format!("{}/lib/*", files.hive.display())])
        .arg(source)
        .args(arguments))
}
