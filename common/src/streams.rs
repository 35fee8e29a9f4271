//! Data on stdout, everything else on stderr; a closed pipe is nobody reading, not a failure.

use std::io::{self, Write};

use crate::diagnostic::Report;
use crate::stop::Stop;

/// Writes a report to stderr.
pub fn say(report: &Report) {
    if !report.diagnostics().is_empty() {
        let _ = anstream::stderr().write_all(report.render().as_bytes());
    }
}

/// Writes a line of progress to stderr. Nobody reading is no failure.
pub fn line(text: &str) {
    let _ = writeln!(io::stderr(), "{}", harmless(text));
}

/// A text of another program, such as a log line, without characters that a terminal would obey.
pub fn harmless(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

/// Writes a command's result to stdout. When nobody reads it, the answer stays the same, and so
/// does the exit status.
///
/// # Errors
/// Anything else that keeps the text from being written.
pub fn output(text: &str) -> Result<(), Stop> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a command's result to stdout as JSON.
///
/// # Errors
/// As [`output`].
#[cfg(feature = "json")]
pub fn json(value: &impl serde::Serialize) -> Result<(), Stop> {
    output(&(serde_json::to_string_pretty(value).map_err(io::Error::from)? + "\n"))
}

/// Writes a result for people to stdout, with its colours where somebody sees them: not into a
/// pipe, and not with `NO_COLOR`.
///
/// # Errors
/// As [`output`].
pub fn styled(text: &str) -> Result<(), Stop> {
    let choice = anstream::AutoStream::choice(&io::stdout());
    if choice == anstream::ColorChoice::Never {
        output(&anstream::adapter::strip_str(text).to_string())
    } else {
        output(text)
    }
}
