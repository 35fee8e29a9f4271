//! Findings as text, for people and for programs: the same findings in every format.

pub(crate) mod budget;
mod github;
mod html;
mod json;
mod junit;
mod record;
mod sarif;
mod text;

use crate::cli::Format;
use crate::lint::Outcome;

/// The findings of a run in a format. Only `text` has colours.
pub(crate) fn render(format: Format, outcome: &Outcome) -> String {
    match format {
        Format::Text => text::render(outcome),
        Format::Json => json::render(outcome),
        Format::Sarif => sarif::render(outcome),
        Format::Github => github::render(outcome),
        Format::Junit => junit::render(outcome),
        Format::Html => html::render(outcome),
    }
}
