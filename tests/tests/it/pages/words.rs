//! Sentences name their subject. "What", "whoever" and "that which" at the head of a sentence make a reader
//! wait for the thing that it is about. The test reads the pages, and the comments and messages of all sources.

use super::{Page, files, sentences};

/// Beginnings of a sentence without a named subject.
const HEADLESS: [&str; 14] = [
    "What ",
    "Whatever ",
    "Whichever ",
    "Whoever ",
    "That which ",
    "Those that ",
    "Those which ",
    "The one that ",
    "The ones that ",
    "Everything that ",
    "Only what ",
    "Only those ",
    "Of several ",
    "None of what ",
];

/// The share of such sentences that is allowed: one in so many words.
const WORDS_FOR_ONE: usize = 4000;

/// The sentences of `text`, and the clauses behind a `:` or `;`, that begin without a subject. A question may
/// begin with "What".
fn headless(text: &str) -> Vec<&str> {
    let parts = text.split_inclusive(['.', '!', ':', ';', '?']);
    let sentences = parts.map(|part| part.trim_start_matches(|c: char| !c.is_alphanumeric()));
    let begins = |sentence: &str, head: &str| {
        let (first, rest) = head.split_at(1);
        let lower = first.to_lowercase();
        sentence.strip_prefix(first).is_some_and(|sentence| sentence.starts_with(rest))
            // In the middle of a text, "the one that" and its like have a noun before them.
            || head.starts_with("Wh")
                && sentence.strip_prefix(&lower).is_some_and(|sentence| sentence.starts_with(rest))
    };
    sentences
        .filter(|sentence| !sentence.ends_with('?'))
        .filter(|sentence| {
            HEADLESS.iter().any(|head| begins(sentence, head)) || sentence.contains("that which")
        })
        .collect()
}

fn read(path: &str) -> bool {
    let generated = path.starts_with("infrastructure/kubernetes/") || path.contains("/cases/");
    let kinds = [
        ".rs",
        ".md",
        ".sh",
        ".py",
        ".yaml",
        ".yml",
        ".toml",
        ".tf",
        ".tfvars",
        ".hcl",
        "Makefile",
        "Dockerfile",
    ];
    !generated && (path.starts_with("scripts/") || kinds.iter().any(|kind| path.ends_with(kind)))
        // Its list of beginnings is not prose.
        && path != "tests/tests/it/pages/words.rs"
}

#[test]
fn sentences_name_their_subject() {
    let mut words = 0;
    let mut found = Vec::new();
    for page in files(read) {
        for (number, text) in sentences::of(&page) {
            words += text.split_whitespace().count();
            found.extend(
                headless(&text).into_iter().map(|s| format!("{}:{number}: {s}", page.path)),
            );
        }
    }
    assert!(words > 150_000, "only {words} words were read");
    assert!(
        found.len() * WORDS_FOR_ONE <= words,
        "{} sentences in {words} words do not name their subject:\n{}",
        found.len(),
        found.join("\n")
    );
}

fn found_in(text: &str) -> Vec<String> {
    let page = Page { path: "a/src/a.rs".into(), text: text.into() };
    let texts = sentences::of(&page);
    texts.iter().flat_map(|(_, text)| headless(text)).map(str::to_owned).collect()
}

#[test]
fn a_sentence_without_a_subject_is_found() {
    let found = found_in("// A thing. What it\n// does: more.\nlet a = \"What? No.\";\n");
    assert_eq!(found, ["What it does:"]);
}

#[test]
fn a_clause_and_a_message_without_a_subject_are_found() {
    let found = found_in("// A thing: what is new.\nbail!(\"cannot go on: whoever waits\")\n");
    assert_eq!(found, ["what is new.", "whoever waits"]);
}
