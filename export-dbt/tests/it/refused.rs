//! Wrong usage and bad input: the whole run as text, one test a case.

use std::fs;
use std::process::Command;

use insta::assert_snapshot;
use rideshare_tests::run::run;

use crate::support::{Sandbox, bare, s3};

/// A database with one table in each layer.
fn bench() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sql("CREATE TABLE silver.t AS SELECT 1 AS id; CREATE TABLE gold.t AS SELECT 1 AS id");
    sandbox
}

/// The run of a command that is refused; nothing was written.
fn refused(sandbox: &Sandbox, command: &mut Command) -> String {
    let run = run(command.current_dir(sandbox.path())).expect(2);
    assert!(!sandbox.path().join("lake").exists());
    run.transcript(&[(&sandbox.path().display().to_string(), "FOLDER")])
}

/// One test for each command line.
macro_rules! arguments {
    ($($test:ident: $arguments:expr;)*) => {
        $(
            #[test]
            fn $test() {
                let bench = bench();
                assert_snapshot!(refused(&bench, bench.command().args($arguments)));
            }
        )*
    };
}

arguments! {
    no_jobs: ["--jobs", "0"];
    a_duration_without_a_unit: ["--retention", "7"];
    a_timeout_that_is_none: ["--timeout", "soon"];
    a_share_past_the_last: ["--shard", "4/4"];
    a_size_that_is_none: ["--memory-limit", "big"];
    a_limit_that_is_too_small: ["--memory-limit", "1MiB"];
    a_selector_without_a_manifest: ["--select", "tag:x"];
    a_selector_of_another_method: ["--manifest", "m.json", "--select", "state:modified"];
    quiet_and_verbose: ["--quiet", "--verbose"];
    an_unknown_layer: ["--layer", "platinum"];
    a_pattern_without_a_table: ["--table", "nothing_*"];
    a_partition_rule_without_a_table: ["--partition-by", "gold.tt=day"];
    a_manifest_that_is_absent: ["--manifest", "absent.json"];
    a_trino_that_is_no_url: ["--register", "ftp://x"];
}

/// One test for each target.
macro_rules! targets {
    ($($test:ident: $target:expr;)*) => {
        $(
            #[test]
            fn $test() {
                let bench = bench();
                let mut command = bare();
                command.arg("--duckdb").arg(bench.database()).args(["--target", $target]);
                assert_snapshot!(refused(&bench, &mut command));
            }
        )*
    };
}

targets! {
    a_store_of_another_kind: "gs://bucket/{layer}/{table}";
    a_target_without_a_table: "s3://bucket/{layer}";
    an_unknown_placeholder: "s3://bucket/{table}/{date}";
    one_place_for_two_tables: "/lake/{table}";
}

#[test]
fn no_database() {
    let sandbox = Sandbox::new();
    assert_snapshot!(refused(&sandbox, &mut sandbox.command()));
}

#[test]
fn a_file_that_is_no_database() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.database(), "a text that is long enough to be looked at as a database")
        .unwrap();
    assert_snapshot!(refused(&sandbox, &mut sandbox.command()));
}

#[test]
fn a_manifest_that_is_no_json() {
    let bench = bench();
    fs::write(bench.path().join("m.json"), "{\n  \"nodes\": [}").unwrap();
    assert_snapshot!(refused(&bench, bench.command().args(["--manifest", "m.json"])));
}

#[test]
fn a_password_over_plain_http() {
    let bench = bench();
    let mut command = bench.command();
    command.args(["--register", "http://admin:canary@trino:8080"]).env("TRINO_PASSWORD", "canary");
    let text = refused(&bench, &mut command);
    assert!(!text.contains("canary"), "{text}");
    assert_snapshot!(text);
}

/// An empty endpoint is no "unset": the export would go to AWS.
#[test]
fn an_empty_endpoint() {
    let bench = bench();
    let mut command = bare();
    command.arg("--duckdb").arg(bench.database());
    let nobody = ([127, 0, 0, 1], 9).into();
    command.envs(s3(nobody)).env("AWS_ENDPOINT_URL", "");
    assert_snapshot!(refused(&bench, &mut command));
}

#[test]
fn no_database_named_by_an_empty_variable() {
    let sandbox = Sandbox::new();
    assert_snapshot!(refused(&sandbox, bare().env("DUCKDB_PATH", "")));
}

#[test]
fn every_problem_at_once() {
    let sandbox = Sandbox::new();
    let mut command = bare();
    command.args(["--duckdb", "absent.duckdb", "--target", "gs://b/{table}"]).args([
        "--memory-limit",
        "1MiB",
        "--manifest",
        "absent.json",
        "--register",
        "ftp://x",
    ]);
    assert_snapshot!(refused(&sandbox, &mut command));
}
