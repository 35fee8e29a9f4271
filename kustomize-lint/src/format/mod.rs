//! Findings as text, for people and for programs: the same findings in every format.

pub(crate) mod budget;
mod github;
mod human;
mod json;
mod junit;
mod record;
mod sarif;

use crate::cli::Format;
use crate::lint::Outcome;

/// The findings of a run in a format. Only `human` has colours.
pub(crate) fn render(format: Format, outcome: &Outcome) -> String {
    match format {
        Format::Human => human::render(outcome),
        Format::Json => json::render(outcome),
        Format::Sarif => sarif::render(outcome),
        Format::Github => github::render(outcome),
        Format::Junit => junit::render(outcome),
    }
}
