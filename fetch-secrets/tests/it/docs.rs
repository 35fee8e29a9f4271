//! The man page, the completions and the help.

use std::fs;
use std::process::Command;

use clap::CommandFactory;
use fetch_secrets::cli::Cli;
use insta::assert_snapshot;
use rideshare_tests::run::run;

use crate::support::tool;

#[test]
fn completions_and_man_pages_are_installed() {
    let prefix = tempfile::tempdir().unwrap();
    common::docs::install(Cli::command(), prefix.path()).unwrap();
    let read = |path: &str| fs::read_to_string(prefix.path().join(path)).unwrap();
    let bash = prefix.path().join("share/bash-completion/completions/fetch-secrets");
    run(Command::new("bash").arg("-n").arg(&bash)).expect(0);
    for path in [
        "share/bash-completion/completions/fetch-secrets",
        "share/zsh/site-functions/_fetch-secrets",
        "share/fish/vendor_completions.d/fetch-secrets.fish",
    ] {
        let text = read(path);
        assert!(text.contains("output-dir") && text.contains("github-env"), "{path}");
    }
    let page = read("share/man/man1/fetch-secrets.1");
    assert!(page.contains("AWS_ENDPOINT_URL") && page.contains("Exit status"), "{page}");
    for command in ["exec", "fetch", "list", "print", "seed"] {
        assert!(read(&format!("share/man/man1/fetch-secrets-{command}.1")).contains(".SH"));
    }
}

#[test]
fn help_has_examples_exit_status_and_environment() {
    let help = run(tool().arg("--help")).expect(0);
    assert_snapshot!(help.stdout);
}
