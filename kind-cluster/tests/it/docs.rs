//! The man page, the completions and the help.

use std::fs;
use std::process::Command;

use clap::CommandFactory;
use insta::assert_snapshot;
use kind_cluster::cli::Cli;
use rideshare_tests::run::run;

#[test]
fn completions_and_man_pages_are_installed() {
    let prefix = tempfile::tempdir().unwrap();
    common::docs::install(Cli::command(), prefix.path()).unwrap();
    for path in [
        "share/bash-completion/completions/kind-cluster",
        "share/zsh/site-functions/_kind-cluster",
        "share/fish/vendor_completions.d/kind-cluster.fish",
        "share/man/man1/kind-cluster-teardown.1",
    ] {
        let text = fs::read_to_string(prefix.path().join(path)).unwrap();
        assert!(text.contains("preserve-data") || text.contains("preserve\\-data"), "{path}");
    }
}

#[test]
fn help_has_examples_exit_status_and_environment() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kind-cluster"));
    let help = run(command.arg("--help").env_clear()).expect(0);
    assert_snapshot!(help.stdout);
}

#[test]
fn names_that_kind_would_not_take_are_usage_errors() {
    for name in ["", "A", "-a", "a/b", "a b", "a.", &"a".repeat(51)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kind-cluster"));
        run(command.args(["status", &format!("--name={name}")]).env_clear()).expect(2);
    }
}
