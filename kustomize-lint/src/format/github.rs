//! Annotations for GitHub Actions, one line each.
//!
//! Source: GitHub's documentation of workflow commands.

use std::fmt::Write;

use common::github::{data, property};

use super::record::records;
use crate::lint::Outcome;
use crate::rule::Severity;

pub(crate) fn render(outcome: &Outcome) -> String {
    let mut text = String::new();
    for record in records(outcome) {
        let command = match record.severity {
            Severity::Info => "notice",
            severity => severity.name(),
        };
        let mut properties = Vec::new();
        if let Some(place) = &record.place {
            properties.push(format!("file={}", property(&place.file)));
            properties.push(format!("line={}", place.line));
            properties.push(format!("endLine={}", place.end_line));
            // GitHub takes columns within one line only.
            if place.line == place.end_line {
                properties.push(format!("col={}", place.column));
                properties.push(format!("endColumn={}", place.end_column));
            }
        }
        properties.push(format!("title={}", property(&format!("{} {}", record.rule, record.name))));
        let mut message = record.message.to_owned();
        if record.overlays.len() > 1 {
            let _ = write!(message, " (in {})", record.overlays.join(", "));
        }
        if let Some(hint) = record.hint {
            let _ = write!(message, "\nhint: {hint}");
        }
        let _ = writeln!(text, "::{command} {}::{}", properties.join(","), data(&message));
    }
    text
}
