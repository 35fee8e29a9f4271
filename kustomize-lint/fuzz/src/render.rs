//! A folder as text, rendered twice: the objects as they are written are read again and are the same.
#![no_main]

mod folder;

use std::fs;

use libfuzzer_sys::{Corpus, fuzz_target};

/// Keeps the objects as they are.
const AGAIN: &str = "resources: [all.yaml]\nsortOptions: {order: fifo}\n";

fuzz_target!(|text: &str| -> Corpus {
    let Some(folder) = folder::write(text) else { return Corpus::Reject };
    let Some(first) = kustomize_lint::build(folder.path()) else { return Corpus::Keep };
    let again = tempfile::tempdir().expect("a folder");
    fs::write(again.path().join("kustomization.yaml"), AGAIN).expect("written");
    fs::write(again.path().join("all.yaml"), &first).expect("written");
    // Kustomize takes annotations of its own off what it reads.
    if first.contains("config.kubernetes.io/") || first.contains("config.k8s.io/") {
        return Corpus::Keep;
    }
    // Two objects may have got one name, which is refused when they are read.
    if let Some(second) = kustomize_lint::build(again.path()) {
        assert_eq!(first, second);
    }
    Corpus::Keep
});
