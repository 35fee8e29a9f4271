//! The cases of KH007 on a real API server: it refuses the bad ones and takes the good ones.

use kustomize_lint::rules::find;
use rideshare_tests::archive::{Case, cases};
use rideshare_tests::kubernetes::Server;

/// The cases of the rule's file, and its examples.
fn all() -> Vec<Case> {
    let mut found = cases(include_str!("../rules/KH007.txt"));
    let text = find("KH007").expect("the rule").text();
    for (heading, name) in [("## Bad\n", "bad example"), ("## Good\n", "good example")] {
        let (_, behind) = text.split_once(heading).expect("an example");
        let (_, behind) = behind.split_once("```text\n").expect("its text");
        let (example, _) = behind.split_once("```").expect("its end");
        found.extend(cases(&format!("## {name}\n{example}")));
    }
    found
}

#[test]
fn the_server_has_the_verdict_of_the_rule() {
    let Some(server) = Server::shared() else { return };
    let mut wrong = Vec::new();
    for case in all() {
        let objects = case.files.iter().filter(|(path, _)| path != "kustomization.yaml");
        // A namespace for all, so that the account of their Pods is there.
        let text: String = objects.map(|(_, text)| format!("---\n{}", within(text))).collect();
        let refused = !server.dry_run(&text).refusals.is_empty();
        if refused != case.name.starts_with("bad ") {
            wrong.push(format!("{}: {:?}", case.name, server.dry_run(&text)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The object in a namespace that is created with everything that Pods need.
fn within(text: &str) -> String {
    let cluster = ["kind: Cluster", "kind: Validating"].iter().any(|kind| text.contains(kind));
    if cluster {
        text.to_owned()
    } else {
        text.replacen("metadata: {", "metadata: {namespace: cases, ", 1)
    }
}
