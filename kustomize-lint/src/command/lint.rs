//! `kustomize-lint [PATH…]`.

use std::path::PathBuf;

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use common::streams;

use crate::cli::Lint;
use crate::config::Settings;
use crate::finding::Severity;
use crate::format;
use crate::lint::{Outcome, lint};

pub(crate) fn run(options: &Lint) -> Result<Status, Stop> {
    let mut settings = Settings::read(options.config.as_deref())?;
    take(&mut settings, options)?;
    let paths =
        if options.paths.is_empty() { vec![PathBuf::from(".")] } else { options.paths.clone() };
    let outcome = lint(&paths, &settings).map_err(|messages| {
        let mut report = Report::default();
        report.extend(messages.into_iter().map(|message| Diagnostic::error("path", message)));
        Stop::from(report)
    })?;
    if outcome.overlays.is_empty() {
        let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let message = format!("there is no kustomization in {}", shown.join(", "));
        return Err(Stop::new(Status::Unfinished, Diagnostic::error("nothing-to-lint", message)));
    }
    streams::styled(&format::human(&outcome, &outcome.findings))?;
    Ok(status(&outcome, Severity::Warning))
}

/// What the command line says wins over the configuration.
fn take(settings: &mut Settings, options: &Lint) -> Result<(), Stop> {
    let mut report = Report::default();
    for word in options.select.iter().chain(&options.ignore) {
        if let Err(message) = crate::config::check_word(word) {
            report.push(Diagnostic::error("unknown-rule", message));
        }
    }
    if report.has_errors() {
        return Err(report.into());
    }
    if !options.select.is_empty() {
        settings.select.clone_from(&options.select);
    }
    settings.deselect.extend(options.ignore.iter().cloned());
    if !options.compose.is_empty() {
        settings.compose.clone_from(&options.compose);
    }
    Ok(())
}

/// 1 for findings at or above the threshold; 3 for what nobody could look at.
fn status(outcome: &Outcome, threshold: Severity) -> Status {
    if outcome.findings.iter().any(|finding| finding.severity >= threshold) {
        Status::No
    } else if outcome.incomplete {
        Status::Unfinished
    } else {
        Status::Done
    }
}
