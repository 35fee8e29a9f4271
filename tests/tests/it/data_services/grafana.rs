//! Grafana's administrator. No registry has Grafana, so the test expands settings as its documentation and source
//! describe it: once for variables, then once for files.

use std::collections::BTreeMap;
use std::process::Command;

use regex::Regex;
use rideshare_tests::root;
use rideshare_tests::run::{Run, run};
use rideshare_tests::services::generated::Service;

use super::hard;

/// The environment that Grafana gets, by the generated command with another program in its place.
fn start(user: &str, password: &str) -> Run {
    let words = Service::named("grafana").command();
    assert_eq!(words, ["/bin/sh", "/etc/rideshare/grafana/with-credentials.sh", "/run.sh"]);
    run(Command::new("sh")
        .arg(root().join("infrastructure/config/grafana/with-credentials.sh"))
        .args(["env", "--null"])
        .env("GF_SECURITY_ADMIN_USER", user)
        .env("GF_SECURITY_ADMIN_PASSWORD", password))
}

/// A setting as Grafana reads it from its environment.
fn setting(environment: &BTreeMap<&str, &str>, name: &str) -> String {
    let pattern = Regex::new(r"\$(|__\w+)\{([^}]+)\}").unwrap();
    pattern
        .replace_all(environment[name], |found: &regex::Captures| match &found[1] {
            "" | "__env" => environment.get(&found[2]).copied().unwrap_or_default().to_owned(),
            _ => found[0].to_owned(),
        })
        .into_owned()
}

#[test]
fn hard_users_and_passwords_arrive() {
    for text in hard::texts() {
        let started = start(&text, &format!("{text}!")).expect(0);
        let environment: BTreeMap<&str, &str> =
            started.stdout.split('\0').filter_map(|line| line.split_once('=')).collect();
        assert_eq!(setting(&environment, "GF_SECURITY_ADMIN_USER"), text);
        assert_eq!(setting(&environment, "GF_SECURITY_ADMIN_PASSWORD"), format!("{text}!"));
    }
}

#[test]
fn an_empty_one_and_a_files_name_are_refused() {
    for (user, password, named) in [
        ("", "b", "GF_SECURITY_ADMIN_USER"),
        ("a", "", "GF_SECURITY_ADMIN_PASSWORD"),
        ("a", "$__file{/etc/passwd}", "GF_SECURITY_ADMIN_PASSWORD"),
    ] {
        let refused = start(user, password);
        assert_ne!(refused.status, 0);
        assert!(refused.stderr.contains(&format!("{named}: ")), "{}", refused.stderr);
    }
}
