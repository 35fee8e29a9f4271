//! Sentences name their subject. "What", "whoever" and "that which" at the head of a sentence make a reader
//! wait for the thing that it is about.

use super::{Page, files, prose};

/// Beginnings of a sentence without a named subject.
const HEADLESS: [&str; 11] = [
    "What ",
    "Whatever ",
    "Whoever ",
    "That which ",
    "Those that ",
    "Those which ",
    "The one that ",
    "The ones that ",
    "Only what ",
    "Of several ",
    "None of what ",
];

/// The share of such sentences that is allowed: one in a thousand words.
const WORDS_FOR_ONE: usize = 1000;

/// The paragraphs of a file's comments and messages, or of a page.
fn paragraphs(page: &Page) -> Vec<(usize, String)> {
    let path = page.path.as_str();
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    let mut add = |number: usize, text: Option<&str>| match text
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        Some(text) if open => {
            let last = &mut found.last_mut().unwrap().1;
            last.push(' ');
            last.push_str(text);
        }
        Some(text) => {
            found.push((number, text.to_owned()));
            open = true;
        }
        None => open = false,
    };
    if path.ends_with(".md") {
        for (number, line) in prose(&page.text) {
            let item = line.trim_start().strip_prefix("- ");
            if item.is_some() || line.starts_with('#') || line.starts_with('|') {
                add(number, None);
            }
            add(number, Some(item.unwrap_or(line)));
        }
    } else {
        let marks: &[&str] = if path.ends_with(".rs") { &["///", "//!", "//"] } else { &["#"] };
        for (number, line) in page.text.lines().enumerate() {
            let line = line.trim_start();
            add(number + 1, marks.iter().find_map(|mark| line.strip_prefix(mark)));
        }
    }
    if path.ends_with(".rs") && !path.contains("/tests/") {
        let messages = page.text.lines().enumerate().flat_map(|(number, line)| {
            line.split('"').skip(1).step_by(2).map(move |text| (number + 1, text.to_owned()))
        });
        found.extend(messages.filter(|(_, text)| text.contains(' ')));
    }
    found
}

/// The sentences of `text` that begin without a subject. A question may begin with "What".
fn headless(text: &str) -> Vec<&str> {
    text.split_inclusive(['.', '!', ':', ';', '?'])
        .map(str::trim)
        .filter(|sentence| !sentence.ends_with('?'))
        .filter(|sentence| {
            HEADLESS.iter().any(|head| sentence.starts_with(head))
                || sentence.contains("that which")
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
        for (number, text) in paragraphs(&page) {
            words += text.split_whitespace().count();
            found.extend(
                headless(&text).into_iter().map(|s| format!("{}:{number}: {s}", page.path)),
            );
        }
    }
    assert!(words > 100_000, "only {words} words were read");
    assert!(
        found.len() * WORDS_FOR_ONE <= words,
        "{} sentences in {words} words do not name their subject:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn a_sentence_without_a_subject_is_found() {
    let page = Page {
        path: "a.rs".into(),
        text: "// A thing. What it\n// does: more.\nlet a = \"What? No.\";\n".into(),
    };
    let all: Vec<String> =
        paragraphs(&page).iter().flat_map(|(_, text)| headless(text)).map(str::to_owned).collect();
    assert_eq!(all, ["What it does:"]);
}
