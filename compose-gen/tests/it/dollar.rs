//! `$` and other hard text through both sides, read by the real tools: a container in Compose
//! and in Kubernetes sees the text that was meant.

use std::collections::BTreeMap;
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use rideshare_tests::kubelet::expand;
use rideshare_tests::peers;
use rideshare_tests::run::run;
use serde_json::{Value, json};

use crate::support::Bench;

const TEXTS: usize = 400;

/// Texts out of the pieces that some reader on the way takes for something else.
fn texts() -> Vec<String> {
    const PIECES: [&str; 32] = [
        "$", "$$", "$(A)", "$$(A)", "${A}", "$A", "$${A}", "(", ")", "{", "}", "A", "'", "\"",
        "\\", "\n", " ", "\t", "#", ": ", "- ", "%", "é", "✓", "~", "null", "0x1", "|", ">", "&a",
        "*a", "!!str",
    ];
    let one = prop::collection::vec(prop::sample::select(&PIECES[..]), 0..8)
        .prop_map(|pieces| pieces.concat());
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        prop::test_runner::TestRng::deterministic_rng(prop::test_runner::RngAlgorithm::ChaCha),
    );
    (0..TEXTS).map(|_| one.new_tree(&mut runner).unwrap().current()).collect()
}

#[test]
fn hard_text_arrives_as_it_was_meant_on_both_sides() {
    let (Some(compose), Some(kubectl)) = (peers::find("PEER_COMPOSE"), peers::find("PEER_KUBECTL"))
    else {
        return;
    };
    let texts = texts();
    // A person writes a literal `$` as `$$`.
    let written: Vec<String> = texts.iter().map(|text| text.replace('$', "$$")).collect();
    let mut environment: serde_json::Map<String, Value> =
        written.iter().enumerate().map(|(at, text)| (format!("V{at:03}"), json!(text))).collect();
    environment.insert("A".into(), json!("wrong: expanded"));
    let probe = [&["CMD".to_owned()][..], &written[..]].concat();
    let spec = json!({
        "services": {"a": {
            "image": "a",
            "profiles": ["core"],
            "environment": environment,
            "command": written,
            "healthcheck": {"test": probe},
        }},
        "x-environments": {"local": {
            "cluster": "kind", "namespace": "test", "profiles": ["core"],
            "kind": {"name": "test"},
        }},
    });
    // JSON is YAML.
    let bench = Bench::new(&spec.to_string());
    bench.generate();

    let mut config = Command::new(compose);
    config.arg("-f").arg(bench.path().join("docker/compose.yaml")).env("A", "wrong: interpolated");
    let read =
        run(config.args(["--profile", "core", "config", "--format", "json"])).expect(0).stdout;
    let read: Value = serde_json::from_str(&read).unwrap();
    let service = &read["services"]["a"];
    // `config` prints a `$` as it would have to be written again.
    let seen = |value: &Value| value.as_str().unwrap().replace("$$", "$");
    for (at, text) in texts.iter().enumerate() {
        assert_eq!(&seen(&service["environment"][format!("V{at:03}")]), text, "Compose, V{at:03}");
        assert_eq!(&seen(&service["command"][at]), text, "Compose, word {at}");
        assert_eq!(&seen(&service["healthcheck"]["test"][at + 1]), text, "Compose, probe {at}");
    }

    let mut build = Command::new(kubectl);
    let built = run(build.arg("kustomize").arg(bench.path().join("kubernetes/overlays/local")));
    let objects = rideshare_tests::yaml::documents(&built.expect(0).stdout);
    let pod =
        objects.iter().find_map(|object| object.pointer("/spec/template/spec").cloned()).unwrap();
    let container = &pod["containers"][0];
    let known = BTreeMap::from([("A".to_owned(), "wrong: expanded".to_owned())]);
    let expanded = |value: &Value| expand(value.as_str().unwrap(), &known);
    let variables = container["env"].as_array().unwrap();
    for (at, text) in texts.iter().enumerate() {
        let name = format!("V{at:03}");
        let variable = variables.iter().find(|variable| variable["name"] == *name).unwrap();
        assert_eq!(&expanded(&variable["value"]), text, "Kubernetes, {name}");
        assert_eq!(&expanded(&container["args"][at]), text, "Kubernetes, word {at}");
        let probe = &container["readinessProbe"]["exec"]["command"][at];
        assert_eq!(&expanded(probe), text, "Kubernetes, probe {at}");
    }
}
