//! The result of a command, as text, JSON or JUnit's XML.

use common::exit::Status;
use common::stop::Stop;
use common::{streams, table};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;
use serde_json::json;

use crate::cli::Format;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// As it should be.
    Ok,
    /// Worth a look; the answer stays yes.
    Warning,
    /// Not as it should be.
    Failed,
    /// Not looked at, and why is in the detail.
    Skipped,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Check {
    /// The group of checks, such as `nodes`.
    pub(crate) group: &'static str,
    /// The object of the check.
    pub(crate) name: String,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// Stable name of the problem; empty when there is none.
    pub(crate) code: &'static str,
    /// The observation.
    pub(crate) detail: String,
    /// The hint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// Whether people want to see it although it is well.
    #[serde(skip)]
    pub(crate) notable: bool,
}

impl Check {
    pub(crate) fn ok(
        group: &'static str,
        name: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        let (name, detail) = (name.into(), detail.into());
        Check { group, name, outcome: Outcome::Ok, code: "", detail, hint: None, notable: false }
    }

    pub(crate) fn failed(
        group: &'static str,
        name: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Check { outcome: Outcome::Failed, code, ..Check::ok(group, name, detail) }
    }

    pub(crate) fn warning(
        group: &'static str,
        name: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Check { outcome: Outcome::Warning, code, ..Check::ok(group, name, detail) }
    }

    pub(crate) fn skipped(
        group: &'static str,
        name: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Check { outcome: Outcome::Skipped, ..Check::ok(group, name, detail) }
    }

    /// Shown to people although it is well.
    pub(crate) fn notable(mut self) -> Self {
        self.notable = true;
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A part that could not be looked at, as failed checks.
pub(crate) fn stopped(group: &'static str, stop: &Stop) -> Vec<Check> {
    let check = |diagnostic: &common::diagnostic::Diagnostic| {
        let place = diagnostic.place().map(|place| format!("{place}: ")).unwrap_or_default();
        let message = format!("{place}{}", diagnostic.message());
        let check = Check::failed(group, group, diagnostic.code(), message);
        match diagnostic.hint_text() {
            Some(hint) => check.hint(hint),
            None => check,
        }
    };
    stop.report.diagnostics().iter().map(check).collect()
}

/// Writes the checks to stdout; failed ones make the answer no.
pub(crate) fn publish(title: &str, checks: &[Check], format: Format) -> Result<Status, Stop> {
    streams::output(&render(title, checks, format))?;
    Ok(status(checks))
}

/// `No` when one has failed.
pub(crate) fn status(checks: &[Check]) -> Status {
    let failed = checks.iter().any(|check| check.outcome == Outcome::Failed);
    if failed { Status::No } else { Status::Done }
}

pub(crate) fn render(title: &str, checks: &[Check], format: Format) -> String {
    match format {
        Format::Text => streams::harmless(&text(checks)),
        Format::Json => {
            let failed = status(checks) == Status::No;
            let value = json!({"command": title, "ok": !failed, "checks": checks});
            serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
        }
        Format::Junit => junit(title, checks),
    }
}

impl Outcome {
    /// The word for people.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Warning => "warning",
            Outcome::Failed => "FAILED",
            Outcome::Skipped => "skipped",
        }
    }
}

fn text(checks: &[Check]) -> String {
    let rows: Vec<Vec<String>> = checks
        .iter()
        .map(|check| {
            let detail = one_line(&check.detail);
            vec![check.group.into(), check.name.clone(), check.outcome.word().into(), detail]
        })
        .collect();
    table::render(&["", "what", "state", "detail"], &rows, &[]) + &problems(checks)
}

/// A picture of the checks, and the problems below it.
pub(crate) fn drawn(picture: &str, checks: &[Check]) -> String {
    streams::harmless(&(picture.to_owned() + &problems(checks)))
}

/// Every problem with its hint.
fn problems(checks: &[Check]) -> String {
    let mut text = String::new();
    let problems = checks.iter().filter(|c| !c.code.is_empty());
    for check in problems {
        text.push_str(&format!("\n{}[{}]: {}\n", check.name, check.code, check.detail));
        if let Some(hint) = &check.hint {
            text.push_str(&format!("  hint: {hint}\n"));
        }
    }
    text
}

/// The first line, shortened: the whole is said below the table or the tree.
pub(crate) fn one_line(text: &str) -> String {
    const LONGEST: usize = 100;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    line.chars().take(LONGEST - 1).chain(['…']).collect()
}

fn junit(title: &str, checks: &[Check]) -> String {
    let mut report = Report::new(title);
    let mut suite = TestSuite::new(title);
    for check in checks {
        let mut status = match check.outcome {
            Outcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Outcome::Skipped => TestCaseStatus::skipped(),
            Outcome::Ok | Outcome::Warning => TestCaseStatus::success(),
        };
        let is_good = matches!(check.outcome, Outcome::Ok | Outcome::Warning);
        if !is_good {
            status.set_message(&check.detail);
        }
        if check.outcome == Outcome::Failed {
            status.set_type(check.code);
            if let Some(hint) = &check.hint {
                status.set_description(format!("hint: {hint}"));
            }
        }
        let mut case = TestCase::new(&check.name, status);
        case.set_classname(check.group);
        if is_good {
            case.set_system_out(&check.detail);
        }
        suite.add_test_case(case);
    }
    report.add_test_suite(suite);
    // Writing to memory fails only for text that is no XML, and the library replaces that.
    let text = report.to_string().unwrap_or_default();
    if text.ends_with('\n') { text } else { text + "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_formats() {
        let checks = [
            Check::ok("docker", "engine", "28.0"),
            Check::failed("ports", "80", "port-taken", "in use by <nginx> & \"x\"\u{1}")
                .hint("stop it"),
            Check::skipped("routes", "a", "no controller"),
        ];
        let shown =
            [Format::Text, Format::Json, Format::Junit].map(|f| render("preflight", &checks, f));
        insta::assert_snapshot!(shown.join("\n---\n"));
        assert_eq!(status(&checks), Status::No);
    }
}
