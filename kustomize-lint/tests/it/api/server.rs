//! The cases of KH007 and KH008 on a real API server: it refuses the bad ones for the foreseen reason, and
//! takes the good ones.

use std::process::Command;

use kustomize_lint::rules::find;
use rideshare_tests::archive::{Case, cases};
use rideshare_tests::kubernetes::Server;
use rideshare_tests::run::run;
use rideshare_tests::yaml::documents;
use serde_json::{Value, json};

/// The cases of a rule's file, and its examples.
fn all(code: &str, file: &str) -> Vec<Case> {
    let mut found = cases(file);
    let text = find(code).expect("the rule").text();
    for (heading, name) in [("## Bad\n", "bad example"), ("## Good\n", "good example")] {
        let (_, behind) = text.split_once(heading).expect("an example");
        let (_, behind) = behind.split_once("```text\n").expect("its text");
        let (example, _) = behind.split_once("```").expect("its end");
        found.extend(cases(&format!("## {name}\n{example}")));
    }
    // The objects of a good case would make the bad one good, too.
    found.sort_by_key(|case| !case.name.starts_with("bad "));
    found
}

/// The objects of a case in a namespace that has everything that Pods need: those that have to be there
/// before, and those in question.
fn objects(case: &Case) -> (Vec<Value>, Vec<Value>) {
    let texts = case.files.iter().filter(|(path, _)| path != "kustomization.yaml");
    let mut found: Vec<Value> = texts.flat_map(|(_, text)| documents(text)).collect();
    for object in &mut found {
        let cluster = [
            "Cluster",
            "Validating",
            "Namespace",
            "CustomResource",
            "PriorityClass",
            "RuntimeClass",
            "IngressClass",
            "PriorityLevelConfiguration",
            "ServiceCIDR",
            "StorageClass",
        ];
        let kind = object["kind"].as_str().unwrap_or_default();
        let is_cluster_wide = cluster.iter().any(|start| kind.starts_with(start));
        if !is_cluster_wide && object["metadata"]["namespace"].is_null() {
            object["metadata"]["namespace"] = json!("cases");
        }
    }
    let is_first = |object: &Value| {
        let first = [
            "CustomResourceDefinition",
            "Namespace",
            "LimitRange",
            "PriorityClass",
            "RuntimeClass",
        ];
        first.iter().any(|kind| object["kind"] == *kind)
    };
    if found.len() == 1 {
        return (Vec::new(), found);
    }
    found.into_iter().partition(is_first)
}

/// Applies what has to be there before.
fn prepare(server: &Server, first: &[Value]) {
    for object in first {
        let answer = server.apply(&object.to_string());
        assert_eq!(answer.refusals, Vec::<String>::new(), "{object}");
        if object["kind"] == "CustomResourceDefinition" {
            let name = format!("crd/{}", object["metadata"]["name"].as_str().unwrap_or_default());
            let established = ["wait", "--for=condition=Established", &name, "--timeout=60s"];
            run(&mut server.kubectl(&established)).expect(0);
        }
    }
}

/// The server's words in the hints of the findings.
fn foreseen(code: &str, case: &Case) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    case.write(folder.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
    command.current_dir(folder.path()).args(["--select", code, "--format", "json"]);
    let found: Value = serde_json::from_str(&run(&mut command).stdout).unwrap();
    let findings = found["findings"].as_array().cloned().unwrap_or_default();
    let words = |finding: &Value| {
        let (_, words) = finding["hint"].as_str()?.split_once("the API server says: ")?;
        Some(words.to_owned())
    };
    findings.iter().filter_map(words).collect()
}

/// Whether a message has each part of the words; values stand between them. Server-side apply may have
/// other words.
fn has(message: &str, words: &str) -> bool {
    words.split(", or: ").any(|words| words.split(": ").all(|part| message.contains(part)))
}

/// The cases with a wrong verdict. This version may take an object that is bad for some servers.
fn verdicts(code: &str, all: &[Case], ask: impl Fn(&Case) -> Vec<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in all {
        let refusals = ask(case);
        let is_bad = case.name.starts_with("bad ");
        if refusals.is_empty() && case.name.starts_with("bad for some servers") {
            continue;
        }
        if refusals.is_empty() == is_bad {
            wrong.push(format!("{}: {refusals:?}", case.name));
        } else if is_bad {
            let words = foreseen(code, case);
            if !words.iter().any(|words| refusals.iter().any(|message| has(message, words))) {
                wrong.push(format!("{}: {refusals:?} and not {words:?}", case.name));
            }
        }
    }
    wrong
}

#[test]
fn the_server_refuses_what_kh007_foresees() {
    let Some(server) = Server::shared() else { return };
    let all = all("KH007", include_str!("../rules/KH007.txt"));
    let wrong = verdicts("KH007", &all, |case| {
        let (first, rest) = objects(case);
        prepare(server, &first);
        let text: String = rest.iter().map(|object| format!("---\n{object}\n")).collect();
        server.dry_run(&text).refusals
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_server_refuses_the_pods_that_kh008_foresees() {
    let Some(server) = Server::shared() else { return };
    let all = all("KH008", include_str!("../rules/KH008.txt"));
    let wrong = verdicts("KH008", &all, |case| {
        let (first, rest) = objects(case);
        prepare(server, &first);
        let pods = rest.iter().map(|workload| {
            let namespace = &workload["metadata"]["namespace"];
            json!({"apiVersion": "v1", "kind": "Pod", "spec": workload["spec"]["template"]["spec"],
                "metadata": {"name": "pod", "namespace": namespace}})
        });
        // The account that a controller would make.
        let account = |pod: &Value| {
            json!({"apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": "default", "namespace": pod["metadata"]["namespace"]}})
        };
        pods.flat_map(|pod| {
            server.apply(&account(&pod).to_string());
            server.dry_run(&pod.to_string()).refusals
        })
        .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
