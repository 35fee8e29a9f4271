//! A `$` in a secret: the text behind it may be a part of the secret, and no message shows it.

use crate::support::Bench;

/// A password with something in it that Compose takes for a variable, or for a mistake.
const TEXTS: [&str; 5] =
    ["Tr0ub${hunter2-4dor&3", "abc$hunter2xyz", "abc${hunter2}xyz", "$5hunter2", "a$(hunter2)"];

/// compose-gen reads and imports a service with the line, and shows no part of any of the texts.
#[track_caller]
fn is_quiet(line: &str) {
    for text in TEXTS {
        let service = line.replace("TEXT", text);
        let bench = Bench::new("");
        bench.write("compose.yml", &format!("services:\n  web:\n    image: web\n    {service}\n"));
        for format in ["text", "json"] {
            for arguments in [
                &["generate", "--spec", "compose.yml", "--out", "out"][..],
                &["explain", "web", "--spec", "compose.yml"],
                &["import", "compose.yml", "--out", format],
            ] {
                let run = bench.run(&[arguments, &["--format", format]].concat());
                let said = run.transcript(&[]);
                assert!(!said.contains("hunter2"), "{arguments:?}\n{said}");
            }
        }
    }
}

#[test]
fn a_variable_with_the_name_of_a_secret() {
    is_quiet("environment: {DB_PASSWORD: 'TEXT'}");
}

#[test]
fn an_item_with_the_name_of_a_secret() {
    is_quiet("environment: ['DB_PASSWORD=TEXT']");
}

#[test]
fn an_argument_behind_the_option_of_a_secret() {
    is_quiet("command: [run, --password, 'TEXT']");
}

#[test]
fn an_argument_with_the_option_of_a_secret() {
    is_quiet("command: run --password=TEXT");
}

#[test]
fn a_password_in_an_address() {
    is_quiet("environment: {URL: 'postgres://app:TEXT@db/app'}");
}

#[test]
fn a_default_beside_a_mistake() {
    is_quiet("environment: {DB_PASSWORD: 'x${A:-hunter2}$'}");
}

#[test]
fn a_reference_alone_keeps_its_name() {
    let bench =
        Bench::new("services:\n  a: {image: a, environment: {PASSWORD: '${DB_PASWORD}'}}\n");
    let said = bench.run(&[]).expect(2).stderr;
    assert!(said.contains("nothing declares ${DB_PASWORD}"), "{said}");
}

/// The warnings of `maybe-secret` about a project, and where.
fn warnings(compose: &str, env: &str) -> String {
    let bench = Bench::new("");
    bench.write("compose.yml", compose);
    bench.write(".env", env);
    let run = bench.run(&["--spec", "compose.yml", "--out", "out"]).expect(0);
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    run.stderr
}

#[test]
fn a_secret_of_an_env_file_is_told_once_where_it_is_used() {
    let compose = "services:\n  a: {image: a, environment: {DB_PASSWORD: '${DB_PASSWORD}'}}\n";
    let said = warnings(compose, "A=1\nDB_PASSWORD=hunter2\n");
    assert_eq!(said.matches("maybe-secret").count(), 1, "{said}");
    assert!(said.contains("compose.yml:2:31"), "{said}");
}

#[test]
fn a_literal_beside_a_secret_of_an_env_file_is_told_too() {
    let compose = "services:\n  a: {image: a, environment: {DB_PASSWORD: '${DB_PASSWORD}', \
                   TOKEN: hunter2}}\n";
    let said = warnings(compose, "DB_PASSWORD=hunter2\n");
    assert_eq!(said.matches("maybe-secret").count(), 2, "{said}");
    assert!(said.contains("compose.yml:2:"), "{said}");
}
