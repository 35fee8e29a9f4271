//! The project's pages: their links lead somewhere, their commands exist, and their sentences name a subject.

mod commands;
mod identifiers;
mod ledger;
mod links;
mod operation;
mod picture;
mod sentences;
mod words;

use rideshare_tests::root;
use rideshare_tests::run::run;
use std::process::Command;

/// A file of this checkout.
pub(crate) struct Page {
    /// Its path from the root.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The tracked and new text files below the root that `wanted` takes, sorted.
fn files(wanted: impl Fn(&str) -> bool) -> Vec<Page> {
    let listed = run(Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root()))
    .expect(0);
    let mut pages: Vec<Page> = listed
        .stdout
        .lines()
        .filter(|path| wanted(path))
        .filter_map(|path| {
            let text = std::fs::read_to_string(root().join(path)).ok()?;
            Some(Page { path: path.to_owned(), text })
        })
        .collect();
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    pages
}

/// Every Markdown page.
pub(crate) fn all() -> Vec<Page> {
    files(|path| path.ends_with(".md"))
}

/// The lines of a page outside of fenced blocks, with their numbers from 1.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((number + 1, line));
        }
    }
    lines
}
