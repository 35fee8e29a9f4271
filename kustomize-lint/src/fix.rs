//! `--fix`: corrections that leave the rendering as it is.
//!
//! Corrected texts are tried in memory first: every overlay is rendered again, and a correction
//! that changes a byte of the output is not made. Files are written at the end, each whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use common::diagnostic::Report;
use common::fault;
use common::files;

use crate::config::Settings;
use crate::finding::{Edit, Finding};
use crate::lint::{self, Outcome};
use crate::tree::Texts;

/// More than corrections need that wait for others.
const PASSES: usize = 10;

/// The applied fixes.
#[derive(Debug, Default)]
pub(crate) struct Fixed {
    /// Corrections that were made.
    pub(crate) made: usize,
    /// The files, as a user would write them.
    pub(crate) files: BTreeSet<PathBuf>,
    /// Titles and places of those that would have changed the rendering.
    pub(crate) refused: Vec<String>,
}

/// Corrects the files that the findings of a run stand in.
///
/// # Errors
/// A path that does not exist, or a file that cannot be written.
pub(crate) fn fix(paths: &[PathBuf], settings: &Settings) -> Result<Fixed, Report> {
    let mut texts = Texts::new();
    let mut fixed = Fixed::default();
    let mut refused: BTreeSet<String> = BTreeSet::new();
    let before = lint::rendered(paths, settings, &texts)?;
    for _ in 0..PASSES {
        let outcome = lint::lint(paths, settings, &texts)?;
        let candidates: Vec<&Finding> = outcome
            .findings
            .iter()
            .filter(|finding| finding.fix.is_some() && !refused.contains(&finding.fingerprint))
            // Of what does not build nobody can say whether it stays the same.
            .filter(|finding| !finding.overlays.iter().any(|o| outcome.broken.contains(o)))
            .collect();
        let chosen = apart(&candidates);
        if chosen.is_empty() {
            break;
        }
        let keeps =
            |texts: &Texts| lint::rendered(paths, settings, texts).is_ok_and(|now| now == before);
        let all = corrected(&texts, &outcome, &chosen);
        if keeps(&all) {
            texts = all;
            fixed.made += chosen.len();
            fixed.files.extend(chosen.iter().flat_map(|finding| paths_of(&outcome, finding)));
            continue;
        }
        // One of them at least changes what is rendered: find out which.
        for finding in chosen {
            let one = corrected(&texts, &outcome, &[finding]);
            if keeps(&one) {
                texts = one;
                fixed.made += 1;
                fixed.files.extend(paths_of(&outcome, finding));
                // Places behind it have moved; the next pass sees them anew.
                break;
            }
            refused.insert(finding.fingerprint.clone());
            fixed.refused.extend(
                finding
                    .place
                    .zip(finding.fix.as_ref())
                    .map(|(place, fix)| format!("{}: {}", outcome.files.show(place), fix.title)),
            );
        }
    }
    let mut report = Report::default();
    let sorted: BTreeMap<&PathBuf, &String> = texts.iter().collect();
    for (path, text) in sorted {
        if let Err(error) = files::replace(path, text.as_bytes()) {
            report.push(fault::unwritable("fix", path.display(), &error));
        }
    }
    if report.has_errors() { Err(report) } else { Ok(fixed) }
}

fn paths_of(outcome: &Outcome, finding: &Finding) -> Vec<PathBuf> {
    let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
    edits.map(|edit| outcome.files.get(edit.place.file).path.clone()).collect()
}

/// The findings whose edits do not touch each other's, or each other's lines.
fn apart<'a>(candidates: &[&'a Finding]) -> Vec<&'a Finding> {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut chosen = Vec::new();
    for finding in candidates {
        let edits = finding.fix.as_ref().map_or(&[][..], |fix| &fix.edits);
        let touches = |edit: &Edit| {
            taken.iter().any(|other| {
                other.place.file == edit.place.file
                    && other.place.start <= edit.place.end
                    && edit.place.start <= other.place.end
            })
        };
        if !edits.iter().any(touches) {
            taken.extend(edits);
            chosen.push(*finding);
        }
    }
    chosen
}

fn corrected(texts: &Texts, outcome: &Outcome, findings: &[&Finding]) -> Texts {
    let mut edits: BTreeMap<PathBuf, (String, Vec<&Edit>)> = BTreeMap::new();
    for edit in
        findings.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.edits)
    {
        let file = outcome.files.get(edit.place.file);
        let Ok(path) = fs::canonicalize(&file.path) else { continue };
        edits.entry(path).or_insert_with(|| (file.text.to_string(), Vec::new())).1.push(edit);
    }
    let mut texts = texts.clone();
    for (path, (mut text, mut list)) in edits {
        // A file keeps its kind of line ends.
        let windows = text.contains("\r\n");
        // From the end, so that places before stay true. An insertion at the start of a deletion comes last,
        // and so stands before it.
        list.sort_by_key(|edit| (edit.place.start, edit.place.end));
        for edit in list.into_iter().rev() {
            if text.get(edit.place.span()).is_some() {
                let new = if windows { edit.text.replace('\n', "\r\n") } else { edit.text.clone() };
                text.replace_range(edit.place.span(), &new);
            }
        }
        texts.insert(path, text);
    }
    texts
}
