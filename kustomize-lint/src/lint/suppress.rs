//! Findings that somebody has decided to live with: by a comment in the file, or by the
//! configuration.
//!
//! - `image: web  # kustomize-lint: ignore[KS004] built and loaded locally` for its line,
//! - the same in a line of its own for the next line,
//! - `# kustomize-lint: ignore-file[KB012,KS004] examples` for the whole file.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use crate::config::{Settings, selects};
use crate::finding::{Finding, Findings};
use crate::rules;
use crate::tree::{FileId, Files, Place, SourceFile};

const MARK: &str = "kustomize-lint:";

/// The findings, told apart.
pub(crate) struct Sorted {
    /// The findings that count, with those about suppressions.
    pub(crate) kept: Vec<Finding>,
    /// The others.
    pub(crate) suppressed: Vec<Finding>,
}

#[derive(Debug)]
struct Comment {
    place: Place,
    /// The line that it is about, counted from 1; the whole file when there is none.
    line: Option<usize>,
    rules: Vec<String>,
    reason: bool,
    /// Whether the comment begins with the mark; it does nothing otherwise.
    begins: bool,
    used: bool,
}

/// Takes out what is suppressed, and adds what KH005 says of suppressions that do nothing.
pub(crate) fn apply(findings: Vec<Finding>, settings: &Settings, files: &Files) -> Sorted {
    let mut comments: HashMap<FileId, Vec<Comment>> = HashMap::new();
    for (id, file) in files.iter() {
        let found = comments_of(id, file);
        if !found.is_empty() {
            comments.insert(id, found);
        }
    }
    let paths = relative_paths(settings, files);
    let mut used = vec![false; settings.ignores.len()];
    let mut sorted = Sorted { kept: Vec::new(), suppressed: Vec::new() };
    for finding in findings {
        let path = finding.place.and_then(|place| paths.get(&place.file)).map(String::as_str);
        let mut covered = false;
        for (at, ignore) in settings.ignores.iter().enumerate() {
            if ignore.covers(&finding, path) {
                (used[at], covered) = (true, true);
            }
        }
        covered |= by_comment(&finding, &mut comments, files);
        let list = if covered { &mut sorted.suppressed } else { &mut sorted.kept };
        list.push(finding);
    }
    let rule = rules::UNUSED_SUPPRESSION;
    if settings.asks(rule) {
        let mut list = Vec::new();
        let mut findings = Findings::new(rule, settings.severity(rule), None, &mut list);
        let mut all: Vec<&Comment> = comments.values().flatten().collect();
        all.sort_by_key(|comment| comment.place);
        all.into_iter().for_each(|comment| judge(comment, settings, &mut findings));
        for (at, ignore) in settings.ignores.iter().enumerate().filter(|(at, _)| !used[*at]) {
            // It may be about overlays that are not in this run.
            let seen = |glob: &globset::GlobMatcher| paths.values().any(|path| glob.is_match(path));
            if ignore.path.as_ref().is_some_and(seen) && asked(&ignore.rules, settings) {
                let place = Place::new(FileId(0), &settings.ignores[at].span);
                findings.at(place, "nothing is ignored by this").hint("remove it");
            }
        }
        sorted.kept.append(&mut list);
    }
    sorted
}

/// The files' paths as patterns of the configuration see them.
fn relative_paths(settings: &Settings, files: &Files) -> HashMap<FileId, String> {
    if settings.ignores.is_empty() {
        return HashMap::new();
    }
    let canonical = |file: &SourceFile| fs::canonicalize(&file.path).ok();
    let pairs = files.iter().filter_map(|(id, file)| {
        let path: PathBuf = canonical(file)?;
        Some((id, settings.relative(&path)?))
    });
    pairs.collect()
}

fn by_comment(
    finding: &Finding,
    comments: &mut HashMap<FileId, Vec<Comment>>,
    files: &Files,
) -> bool {
    let mut covered = false;
    let related = finding.related.iter().map(|(place, _)| (*place, false));
    for (place, primary) in finding.place.map(|place| (place, true)).into_iter().chain(related) {
        let Some(comments) = comments.get_mut(&place.file) else { continue };
        let line = files.locate(place).line;
        for comment in comments.iter_mut() {
            let here = comment.line.map_or(primary, |number| number == line);
            if here && selects(&comment.rules, finding.rule) {
                (comment.used, covered) = (true, true);
            }
        }
    }
    covered
}

fn asked(words: &[String], settings: &Settings) -> bool {
    rules::all().any(|rule| selects(words, rule) && settings.asks(rule))
}

fn judge(comment: &Comment, settings: &Settings, findings: &mut Findings<'_>) {
    let unknown = comment.rules.iter().find_map(|word| crate::config::check_word(word).err());
    if let Some(message) = unknown {
        findings.at(comment.place, message);
    } else if !comment.begins {
        findings
            .at(comment.place, "nothing is suppressed, as the comment begins with something else")
            .hint("begin the comment with kustomize-lint: and write the rest behind the ]");
    } else if comment.rules.is_empty() {
        findings.at(comment.place, "this comment names no rule").hint("write ignore[RULE] reason");
    } else if !comment.used && asked(&comment.rules, settings) {
        findings.at(comment.place, "nothing is suppressed by this comment").hint("remove it");
    } else if !comment.reason {
        findings.at(comment.place, "this suppression has no reason").hint("write it behind the ]");
    }
}

fn comments_of(id: FileId, file: &SourceFile) -> Vec<Comment> {
    let mut found = Vec::new();
    if !file.text.contains(MARK) {
        return found;
    }
    let lines: Vec<&str> = file.text.split_inclusive('\n').collect();
    let mut start = 0;
    for (at, line) in lines.iter().enumerate() {
        let begin = start;
        start += line.len();
        let Some(hash) = comment_start(line) else { continue };
        let rest = line[hash..].trim_start_matches('#').trim_start();
        let begins = rest.strip_prefix(MARK);
        let Some(mark) = rest.find(MARK) else { continue };
        let rest = begins.unwrap_or(&rest[mark + MARK.len()..]).trim_start();
        let Some(rest) = rest.strip_prefix("ignore") else { continue };
        // Prose about the tool names no rules.
        if begins.is_none() && !rest.starts_with(['[', '-']) {
            continue;
        }
        let (whole_file, rest) = match rest.strip_prefix("-file") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let (words, reason) =
            rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).unwrap_or(("", rest));
        let rules = words.split(',').map(str::trim).filter(|word| !word.is_empty());
        // A comment in a line of its own is about the next line that is none.
        let alone = line[..hash].trim().is_empty();
        let next = || {
            let below = lines[at + 1..].iter().position(|line| !line.trim_start().starts_with('#'));
            at + 2 + below.unwrap_or(0)
        };
        let end = begin + line.trim_end().len();
        found.push(Comment {
            place: Place::new(id, &(begin + hash..end)),
            line: match begins {
                // No line has this number.
                None => Some(0),
                Some(_) => (!whole_file).then(|| if alone { next() } else { at + 1 }),
            },
            begins: begins.is_some(),
            rules: rules.map(str::to_owned).collect(),
            reason: !reason.trim().is_empty(),
            used: false,
        });
    }
    found
}

/// Where the comment with the mark begins: the last `#` before it.
fn comment_start(line: &str) -> Option<usize> {
    let mark = line.find(MARK)?;
    let hash = line[..mark].rfind('#')?;
    // In a text in quotes it is none.
    let inside =
        |quote: char| line[..hash].matches(quote).count() % 2 == 1 && line[mark..].contains(quote);
    let free = line[..hash].chars().next_back().is_none_or(char::is_whitespace);
    (free && !inside('"') && !inside('\'')).then_some(hash)
}
