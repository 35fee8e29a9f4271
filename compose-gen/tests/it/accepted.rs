//! A real API server accepts everything that the tests of this binary generate.
//!
//! The binary runs itself once more with a folder that `Bench` keeps its generated files in, so that no
//! test can generate something that the server is never asked about.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::imports::{built, with_pods};
use rideshare_tests::kubernetes::Server;
use rideshare_tests::run::run;
use rideshare_tests::yaml::documents;
use serde_json::Value;

use crate::support::KEPT;

/// The namespace that all objects are tried in.
const NAMESPACE: &str = "accepted";

#[test]
fn everything_that_a_test_generates_is_accepted() {
    let Some(server) = Server::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--skip", "accepted::"]).env(KEPT, folder.path());
    // A failure of another test is reported by this test run itself.
    run(&mut again);
    let all = folders(folder.path());
    assert!(all.len() >= 100, "{} outputs", all.len());
    // Two kustomize at a time. Many tests generate the same namespace or script.
    let (first, second) = all.split_at(all.len() / 2);
    let objects: BTreeMap<String, String> = std::thread::scope(|scope| {
        let other = scope.spawn(|| objects(server, second));
        let mut built = objects(server, first);
        built.extend(other.join().unwrap());
        built
    });
    let objects: Vec<(String, String)> = objects.into_iter().collect();
    let mut faults = Vec::new();
    for chunk in objects.chunks(250) {
        let text = |objects: &[(String, String)]| -> String {
            objects.iter().map(|(object, _)| format!("---\n{object}\n")).collect()
        };
        if server.dry_run(&text(chunk)).refusals.is_empty() {
            continue;
        }
        for object in chunk.chunks(1) {
            for refusal in server.dry_run(&text(object)).refusals {
                faults.push(format!("{}: {refusal}", object[0].1));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Each object of these outputs, and the test that generates it.
fn objects(server: &Server, outputs: &[PathBuf]) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for output in outputs {
        let test = output.file_name().unwrap().to_string_lossy().into_owned();
        let mut found: Vec<Value> = Vec::new();
        for overlay in folders(&output.join("kubernetes/overlays")) {
            found.extend(built(server, &overlay));
        }
        let applications = fs::read_dir(output.join("kubernetes/argocd")).into_iter().flatten();
        let applications =
            applications.flatten().filter(|entry| entry.file_name() != "kustomization.yaml");
        for file in applications {
            found.extend(documents(&fs::read_to_string(file.path()).unwrap()));
        }
        let found = with_pods(&found, NAMESPACE).into_iter();
        all.extend(found.map(|object| (object.to_string(), test.clone())));
    }
    all
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    all.sort();
    all
}
