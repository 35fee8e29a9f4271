//! JSON for programs. `version` grows when a field changes its meaning or goes; new fields may
//! come at any time.

use serde::Serialize;

use super::record::{Record, records};
use crate::lint::{Outcome, Uncertain};

const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool_version: &'static str,
    overlays: &'a [String],
    objects: usize,
    suppressed: usize,
    baselined: usize,
    below_threshold: usize,
    complete: bool,
    cannot_tell: &'a [Uncertain],
    findings: Vec<Record<'a>>,
}

pub(crate) fn render(outcome: &Outcome) -> String {
    let document = Document {
        version: VERSION,
        tool_version: env!("CARGO_PKG_VERSION"),
        overlays: &outcome.overlays,
        objects: outcome.objects,
        suppressed: outcome.suppressed,
        baselined: outcome.baselined,
        below_threshold: outcome.below_threshold,
        complete: outcome.incomplete.is_empty(),
        cannot_tell: &outcome.cannot_tell,
        findings: records(outcome),
    };
    let text = serde_json::to_string_pretty(&document).expect("texts and numbers only");
    text + "\n"
}
