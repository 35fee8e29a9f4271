//! `kustomize-lint [PATH…]`.

use std::path::PathBuf;

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::fault;
use common::stop::Stop;
use common::verbose::timed;
use common::{files, streams};

use crate::baseline;
use crate::cli::{Format, Lint};
use crate::compose;
use crate::config::Settings;
use crate::fix;
use crate::format;
use crate::lint::{Outcome, lint};
use crate::rule::Severity;
use crate::rules;
use crate::tree::Texts;

pub(crate) fn run(options: &Lint) -> Result<Status, Stop> {
    let mut settings = Settings::read(options.config.as_deref())?;
    take(&mut settings, options)?;
    read_compose(&mut settings)?;
    let paths = match options.paths.as_slice() {
        [] => vec![PathBuf::from(".")],
        paths => paths.to_vec(),
    };
    if options.fix {
        correct(&paths, &settings)?;
    }
    let mut outcome = lint(&paths, &settings, &Texts::new())?;
    if outcome.overlays.is_empty() {
        let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let message = format!("there is no kustomization in {}", shown.join(", "));
        return Err(Stop::new(Status::Unfinished, Diagnostic::error("nothing-to-lint", message)));
    }
    let threshold = options.severity.into();
    let before = outcome.findings.len();
    // Parts that were not looked at are always reported.
    outcome.findings.retain(|f| f.severity >= threshold || f.rule.code == "KB018");
    outcome.below_threshold = before - outcome.findings.len();
    if let (Some(path), true) = (&options.baseline, options.write_baseline) {
        baseline::write(path, &outcome)?;
        outcome.baselined = outcome.findings.len();
        outcome.findings.clear();
    } else if let Some(path) = &options.baseline {
        let gone = baseline::subtract(path, &mut outcome)?;
        if gone > 0 {
            let message = format!("{gone} of the baseline's findings are gone");
            let hint = "--write-baseline leaves them out";
            streams::say(&Diagnostic::info("baseline", message).hint(hint).into());
        }
    }
    print(options, &outcome)?;
    let mut report = Report::default();
    let missing = outcome.incomplete.iter();
    report.extend(missing.map(|message| Diagnostic::warning("incomplete", message.as_str())));
    streams::say(&report);
    Ok(status(&outcome, threshold))
}

/// The command line wins over the configuration.
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
    settings.rendering.clone_from(&options.rendering);
    settings.deselect.extend(options.ignore.iter().cloned());
    if !options.compose.is_empty() {
        settings.compose.clone_from(&options.compose);
    }
    Ok(())
}

/// Reads the Compose project, if there is one and a rule looks at it.
fn read_compose(settings: &mut Settings) -> Result<(), Stop> {
    let asked = rules::all().any(|rule| rule.code.starts_with("KP") && settings.asks(rule));
    if asked && !settings.compose.is_empty() {
        let read = || compose::read(&settings.compose);
        settings.project = Some(timed("reading the Compose project", read)?);
    }
    Ok(())
}

/// Corrects files, and says what was done.
fn correct(paths: &[PathBuf], settings: &Settings) -> Result<(), Stop> {
    let fixed = fix::fix(paths, settings)?;
    let mut report = Report::default();
    if fixed.made > 0 {
        let files: Vec<String> = fixed.files.iter().map(|f| f.display().to_string()).collect();
        let message = format!("{} fixed in {}", fixed.made, files.join(", "));
        report.push(Diagnostic::info("fix", message));
    }
    for refused in fixed.refused {
        let message = format!("not fixed, because it would change what is rendered: {refused}");
        report.push(Diagnostic::warning("fix", message));
    }
    streams::say(&report);
    Ok(())
}

/// The findings to stdout, and to files where these are asked for.
fn print(options: &Lint, outcome: &Outcome) -> Result<(), Stop> {
    let mut report = Report::default();
    for output in &options.output {
        let text = format::render(output.format, outcome);
        let text = anstream::adapter::strip_str(&text).to_string();
        if let Err(error) = files::replace(&output.file, text.as_bytes()) {
            report.push(fault::unwritable("output", output.file.display(), &error));
        }
    }
    if report.has_errors() {
        return Err(report.into());
    }
    let text = format::render(options.format, outcome);
    match options.format {
        Format::Text => streams::styled(&text),
        _ => streams::output(&text),
    }
}

/// 1 for findings at or above the threshold; 3 for what nobody could look at.
fn status(outcome: &Outcome, threshold: Severity) -> Status {
    if outcome.findings.iter().any(|finding| finding.severity >= threshold) {
        Status::No
    } else if !outcome.incomplete.is_empty() {
        Status::Unfinished
    } else {
        Status::Done
    }
}
