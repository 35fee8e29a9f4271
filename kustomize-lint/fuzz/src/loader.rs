//! Any bytes as a kustomization file and as a resource.
#![no_main]

use std::cell::OnceCell;
use std::fs;

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

fuzz_target!(|bytes: &[u8]| {
    FOLDER.with(|cell| {
        let folder = cell.get_or_init(|| tempfile::tempdir().expect("a folder")).path();
        fs::write(folder.join("kustomization.yaml"), bytes).expect("written");
        let _ = kustomize_lint::check(folder);
        fs::write(folder.join("kustomization.yaml"), "resources: [a.yaml]\n").expect("written");
        fs::write(folder.join("a.yaml"), bytes).expect("written");
        let _ = kustomize_lint::check(folder);
    });
});
