//! JUnit's XML, for CI systems that show tests: a failed test for each finding, and one that
//! passed for each overlay without any.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::record::{Record, records};
use crate::lint::Outcome;

pub(crate) fn render(outcome: &Outcome) -> String {
    let mut report = Report::new("kustomize-lint");
    let mut suite = TestSuite::new("kustomize-lint");
    let records = records(outcome);
    for record in &records {
        suite.add_test_case(failure(record));
    }
    for overlay in &outcome.overlays {
        if !records.iter().any(|record| record.overlays.contains(overlay)) {
            let mut case = TestCase::new("no findings", TestCaseStatus::success());
            case.set_classname(overlay.as_str());
            suite.add_test_case(case);
        }
    }
    report.add_test_suite(suite);
    let text = report.to_string().expect("a report is XML");
    if text.ends_with('\n') { text } else { text + "\n" }
}

fn failure(record: &Record<'_>) -> TestCase {
    let place = record.place.as_ref();
    let shown = place.map(|at| format!("{}:{}:{}", at.file, at.line, at.column));
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(record.message).set_type(record.severity.name());
    let mut lines: Vec<String> = shown.iter().cloned().collect();
    for related in &record.related {
        let at = &related.region;
        lines.push(format!("{}:{}:{}: {}", at.file, at.line, at.column, related.label));
    }
    lines.extend(record.hint.map(|hint| format!("hint: {hint}")));
    if !record.overlays.is_empty() {
        lines.push(format!("in {}", record.overlays.join(", ")));
    }
    status.set_description(lines.join("\n"));
    let mut name = format!("{} {}", record.rule, record.name);
    if let Some(shown) = shown {
        name = format!("{name} at {shown}");
    }
    let mut case = TestCase::new(name, status);
    case.set_classname(place.map_or("kustomize-lint", |at| at.file.as_str()));
    case
}
