//! A folder as text, rendered and linted by every rule.
#![no_main]

mod folder;

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|text: &str| -> Corpus {
    let Some(folder) = folder::write(text) else { return Corpus::Reject };
    let _ = kustomize_lint::check(folder.path());
    Corpus::Keep
});
