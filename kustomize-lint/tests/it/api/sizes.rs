//! ConfigMaps and Secrets of exactly one mebibyte, and of one byte more: linter and API server agree.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rideshare_tests::kubernetes::Server;
use rideshare_tests::run::run;

const MEBIBYTE: usize = 1 << 20;

/// Whether the rule says that the object is too large.
fn is_too_large(object: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), object).unwrap();
    lint(folder.path(), "resources: [a.yaml]\n")
}

fn lint(folder: &Path, kustomization: &str) -> bool {
    fs::write(folder.join("kustomization.yaml"), kustomization).unwrap();
    let mut tool = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
    let found = run(tool.args(["--select", "KH007"]).arg(folder).env_clear());
    assert!(found.status <= 1, "{}", found.stderr);
    found.stdout.contains("holds more than 1 MiB")
}

/// Asks both about an object, where `value` makes the value of so many bytes.
#[track_caller]
fn agree(kind: &str, field: &str, value: impl Fn(usize) -> String) {
    let server = Server::shared();
    for (bytes, large) in [(MEBIBYTE - 1, false), (MEBIBYTE, false), (MEBIBYTE + 1, true)] {
        let value = value(bytes);
        let object = format!(
            "apiVersion: v1\nkind: {kind}\nmetadata: {{name: sizes, namespace: sizes}}\n{field}: {{a: \"{value}\"}}\n"
        );
        assert_eq!(is_too_large(&object), large, "{kind}.{field}: {bytes}");
        if let Some(server) = server {
            let refusals = server.dry_run(&object).refusals;
            assert_eq!(!refusals.is_empty(), large, "{kind}.{field}: {bytes}: {refusals:?}");
            let said = |refusal: &String| refusal.contains("may not be more than 1048576 bytes");
            assert!(refusals.iter().all(said), "{refusals:?}");
        }
    }
}

fn plain(bytes: usize) -> String {
    "x".repeat(bytes)
}

fn encoded(bytes: usize) -> String {
    STANDARD.encode(plain(bytes))
}

#[test]
fn a_config_map_of_text() {
    agree("ConfigMap", "data", plain);
}

#[test]
fn a_config_map_of_bytes() {
    agree("ConfigMap", "binaryData", encoded);
}

#[test]
fn a_secret_of_bytes() {
    agree("Secret", "data", encoded);
}

#[test]
fn a_secret_of_text() {
    agree("Secret", "stringData", plain);
}

#[test]
fn a_generated_object_counts_all_its_files() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("a", MEBIBYTE / 2), ("b", MEBIBYTE / 2), ("c", 1)] {
        fs::write(folder.path().join(name), plain(bytes)).unwrap();
    }
    for (generator, files, large) in [
        ("configMapGenerator", "[a, b]", false),
        ("configMapGenerator", "[a, b, c]", true),
        ("secretGenerator", "[a, b]", false),
        ("secretGenerator", "[a, b, c]", true),
    ] {
        let kustomization = format!("{generator}: [{{name: sizes, files: {files}}}]\n");
        assert_eq!(lint(folder.path(), &kustomization), large, "{generator} {files}");
    }
}
