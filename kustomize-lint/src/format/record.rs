//! A finding with its places as lines and columns, as programs want it.

use serde::Serialize;

use crate::finding::Finding;
use crate::id::Id;
use crate::lint::Outcome;
use crate::rule::Severity;
use crate::tree::{Files, Place};

#[derive(Debug, Serialize)]
pub(crate) struct Record<'a> {
    pub(crate) rule: &'static str,
    pub(crate) name: &'static str,
    pub(crate) severity: Severity,
    pub(crate) message: &'a str,
    pub(crate) object: Option<String>,
    pub(crate) overlays: &'a [String],
    pub(crate) place: Option<Region>,
    pub(crate) related: Vec<Related<'a>>,
    pub(crate) hint: Option<&'a str>,
    pub(crate) fingerprint: &'a str,
    pub(crate) fix: Option<Correction<'a>>,
}

/// A place that explains.
#[derive(Debug, Serialize)]
pub(crate) struct Related<'a> {
    pub(crate) label: &'a str,
    #[serde(flatten)]
    pub(crate) region: Region,
}

/// How to correct it.
#[derive(Debug, Serialize)]
pub(crate) struct Correction<'a> {
    pub(crate) title: &'a str,
    pub(crate) edits: Vec<Replacement<'a>>,
}

/// A text in the place of another.
#[derive(Debug, Serialize)]
pub(crate) struct Replacement<'a> {
    #[serde(flatten)]
    pub(crate) region: Region,
    pub(crate) text: &'a str,
}

/// Lines and columns from 1; the end is behind the last character.
#[derive(Debug, Serialize)]
pub(crate) struct Region {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end_line: usize,
    pub(crate) end_column: usize,
}

impl Region {
    pub(crate) fn of(files: &Files, place: Place) -> Self {
        let start = files.locate(place);
        // A block ends behind its last line break; the region ends before it.
        let text = files.get(place.file).text.get(place.span()).unwrap_or_default();
        let end = place.start as usize + text.trim_end().len().max(usize::from(!text.is_empty()));
        let end = files.locate(Place { start: end as u32, ..place }).max(start);
        Region {
            file: files.get(place.file).path.to_string_lossy().into_owned(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

/// Every finding of a run.
pub(crate) fn records(outcome: &Outcome) -> Vec<Record<'_>> {
    outcome.findings.iter().map(|finding| record(outcome, finding)).collect()
}

fn record<'a>(outcome: &'a Outcome, finding: &'a Finding) -> Record<'a> {
    let region = |place| Region::of(&outcome.files, place);
    Record {
        rule: finding.rule.code,
        name: finding.rule.name,
        severity: finding.severity,
        message: &finding.message,
        object: finding.object.as_ref().map(Id::to_string),
        overlays: &finding.overlays,
        place: finding.place.map(region),
        related: finding
            .related
            .iter()
            .map(|(place, label)| Related { label, region: region(*place) })
            .collect(),
        hint: finding.hint.as_deref(),
        fingerprint: &finding.fingerprint,
        fix: finding.fix.as_ref().map(|fix| Correction {
            title: &fix.title,
            edits: fix
                .edits
                .iter()
                .map(|edit| Replacement { region: region(edit.place), text: &edit.text })
                .collect(),
        }),
    }
}
