//! Findings for people: the line, the problem under it, and the hint.

use common::diagnostic::{Diagnostic, Report};

use crate::finding::Finding;
use crate::lint::Outcome;
use crate::rule::Severity;

/// The findings, and a line that counts them.
pub(crate) fn render(outcome: &Outcome) -> String {
    let findings = &outcome.findings;
    let mut place = outcome.files.drawn();
    let mut report = Report::default();
    for finding in findings {
        let mut diagnostic = diagnostic(finding);
        if let Some(at) = finding.place {
            diagnostic = diagnostic.at(place(at), &finding.label);
        }
        for (at, label) in &finding.related {
            diagnostic = diagnostic.also(place(*at), label);
        }
        if let Some(hint) = hint(outcome, finding) {
            diagnostic = diagnostic.hint(hint);
        }
        report.push(diagnostic);
    }
    let mut text = if findings.is_empty() { String::new() } else { report.render() + "\n" };
    text.push_str(&count(outcome, findings));
    text
}

fn diagnostic(finding: &Finding) -> Diagnostic {
    let (code, message) = (finding.rule.code, finding.message.as_str());
    match finding.severity {
        Severity::Error => Diagnostic::error(code, message),
        Severity::Warning => Diagnostic::warning(code, message),
        Severity::Info => Diagnostic::info(code, message),
    }
}

/// The hint, and the overlays that it holds for, where there are several.
pub(super) fn hint(outcome: &Outcome, finding: &Finding) -> Option<String> {
    let mut parts: Vec<String> = finding.hint.iter().cloned().collect();
    if outcome.overlays.len() > 1 && !finding.overlays.is_empty() {
        parts.push(format!("in {}", finding.overlays.join(", ")));
    }
    if finding.fix.is_some() {
        parts.push("--fix does this".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// A line that counts the findings.
pub(super) fn count(outcome: &Outcome, findings: &[Finding]) -> String {
    let number = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let many = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let mut parts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Info]
        .into_iter()
        .map(|severity| (number(severity), severity))
        .filter(|(n, _)| *n > 0)
        .map(|(n, severity)| match severity {
            Severity::Info => format!("{n} info"),
            _ => many(n, severity.name()),
        })
        .collect();
    if parts.is_empty() {
        parts.push("no findings".to_owned());
    }
    let mut aside = Vec::new();
    for (count, word) in [
        (outcome.below_threshold, "below the threshold"),
        (outcome.suppressed, "suppressed"),
        (outcome.baselined, "in the baseline"),
    ] {
        if count > 0 {
            aside.push(format!("{count} {word}"));
        }
    }
    let aside = if aside.is_empty() { String::new() } else { format!(" ({})", aside.join(", ")) };
    format!(
        "{}{aside} in {} of {}\n",
        parts.join(", "),
        many(outcome.objects, "object"),
        many(outcome.overlays.len(), "overlay")
    )
}
