//! The baseline: findings that were there before, by fingerprint, so that only new ones count.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use common::fault;
use common::files;
use common::stop::Stop;
use serde::{Deserialize, Serialize};

use crate::lint::Outcome;

const VERSION: u32 = 1;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    /// Rule and message by fingerprint; both are there for the reader.
    findings: BTreeMap<String, String>,
}

/// Takes the findings of the baseline out of the outcome and counts them. Returns how many of
/// the baseline are gone.
///
/// # Errors
/// A file that cannot be read, or that is no baseline.
pub(crate) fn subtract(path: &Path, outcome: &mut Outcome) -> Result<usize, Stop> {
    let bad = |message: String| Stop::bad("baseline", message);
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Stop::new(
            common::exit::Status::Bad,
            fault::unreadable("baseline", "baseline", path.display(), &error)
                .hint("create it with --write-baseline"),
        ),
        _ => fault::unreadable("baseline", "baseline", path.display(), &error).into(),
    })?;
    let document: Document = serde_json::from_str(&text)
        .map_err(|error| bad(format!("{} is not a baseline: {error}", path.display())))?;
    if document.version != VERSION {
        return Err(bad(format!(
            "{} is a baseline of version {}, and this program knows version {VERSION}",
            path.display(),
            document.version
        )));
    }
    let before = outcome.findings.len();
    outcome.findings.retain(|finding| !document.findings.contains_key(&finding.fingerprint));
    outcome.baselined = before - outcome.findings.len();
    Ok(document.findings.len() - outcome.baselined)
}

/// Writes the findings of the outcome as the baseline.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn write(path: &Path, outcome: &Outcome) -> Result<(), Stop> {
    let findings = outcome
        .findings
        .iter()
        .map(|finding| {
            (finding.fingerprint.clone(), format!("{}: {}", finding.rule.code, finding.message))
        })
        .collect();
    let document = Document { version: VERSION, findings };
    let text = serde_json::to_string_pretty(&document).expect("texts and numbers only") + "\n";
    files::replace(path, text.as_bytes())
        .map_err(|error| fault::unwritable("baseline", path.display(), &error).into())
}
