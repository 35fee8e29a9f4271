//! `--require-tests`: which models dbt's last run lets through.
//!
//! Source: dbt's `run_results.json`. A test that only warns has passed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use common::diagnostic::Diagnostic;
use common::fault;
use serde::Deserialize;

use crate::manifest::{Manifest, place_of};
use crate::problem::{Advice, Problem};

/// The results of dbt's last command.
#[derive(Debug)]
pub(crate) struct Gate {
    results: HashMap<String, Status>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Success,
    Pass,
    /// The test's `severity` is `warn`, or it is below its `error_if`.
    Warn,
    Fail,
    Error,
    Skipped,
    #[serde(rename = "runtime error")]
    RuntimeError,
    #[serde(rename = "partial success")]
    PartialSuccess,
    #[serde(rename = "no-op")]
    NoOp,
    /// A status of a newer dbt: never taken for a pass.
    #[serde(other)]
    Unknown,
}

impl Status {
    fn is_good(self) -> bool {
        matches!(self, Self::Success | Self::Pass | Self::Warn | Self::NoOp)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Success | Self::Pass | Self::NoOp => "passed",
            Self::Warn => "warned",
            Self::Fail => "failed",
            Self::Error | Self::RuntimeError => "ended with an error",
            Self::Skipped => "was skipped",
            Self::PartialSuccess => "succeeded in part only",
            Self::Unknown => "ended with an unknown status",
        }
    }
}

#[derive(Debug, Deserialize)]
struct File {
    results: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    unique_id: String,
    status: Status,
}

/// Why the results cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GateError {
    #[error("{}", fault::cannot_read("results of dbt", path, error))]
    Read { path: String, error: std::io::Error },
    #[error("{path}:{line}:{column}: not dbt's run_results.json: {problem}")]
    Parse { path: String, line: usize, column: usize, problem: String },
}

impl Problem for GateError {
    fn advice(&self) -> Advice {
        let hint =
            "`dbt build` writes target/run_results.json; name another place with --run-results";
        match self {
            Self::Read { .. } => ("no-run-results", hint),
            Self::Parse { .. } => ("bad-run-results", hint),
        }
    }
}

/// dbt writes the results beside the manifest.
pub(crate) fn beside(manifest: &Path) -> PathBuf {
    manifest.with_file_name("run_results.json")
}

impl Gate {
    /// Reads dbt's results.
    pub(crate) fn read(path: &Path) -> Result<Self, GateError> {
        let shown = path.display().to_string();
        let bytes =
            std::fs::read(path).map_err(|error| GateError::Read { path: shown.clone(), error })?;
        let file: File = serde_json::from_slice(&bytes).map_err(|error| {
            let (line, column, problem) = place_of(&error);
            GateError::Parse { path: shown, line, column, problem }
        })?;
        Ok(Self::of(file))
    }

    fn of(file: File) -> Self {
        let results = file.results.into_iter().map(|entry| (entry.unique_id, entry.status));
        Self { results: results.collect() }
    }

    /// Why a node may not be published, if so: it was not built, or a test of it has not passed.
    pub(crate) fn objection(&self, manifest: &Manifest, id: &str) -> Option<Diagnostic> {
        if let Some(status) = self.results.get(id).filter(|status| !status.is_good()) {
            let message = format!("dbt's last run did not build the model: it {}", status.word());
            let problem = Diagnostic::error("not-built", message);
            return Some(problem.hint("fix the model, run `dbt build`, and export again"));
        }
        let mut failed = Vec::new();
        let mut missing = Vec::new();
        for (test, node) in manifest.tests(id) {
            match self.results.get(test) {
                Some(status) if status.is_good() => {}
                // A skipped test says nothing of the rows.
                Some(Status::Skipped) | None => missing.push(node.name.as_str()),
                Some(status) => failed.push(format!("{} {}", node.name, status.word())),
            }
        }
        if !failed.is_empty() {
            let problem = Diagnostic::error(
                "test-failed",
                format!("the test {}", failed.join(", the test ")),
            );
            return Some(
                problem.hint("fix the data or the test, run `dbt build`, and export again"),
            );
        }
        if !missing.is_empty() {
            let message =
                format!("dbt's last run did not run the test {}", missing.join(", the test "));
            let problem = Diagnostic::error("test-not-run", message);
            return Some(problem.hint("run `dbt build` or `dbt test`, and export again"));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The code of the objection to `model.p.m`, which has the tests `a` and `b`.
    fn objection(results: &[(&str, &str)]) -> Option<&'static str> {
        let test = |name: &str| json!({"resource_type": "test", "name": name, "attached_node": "model.p.m"});
        let manifest = Manifest::for_test(json!({"nodes": {
            "model.p.m": {"resource_type": "model", "name": "m"}, "test.p.a": test("a"), "test.p.b": test("b"),
        }}));
        let results: Vec<_> =
            results.iter().map(|(id, status)| json!({"unique_id": id, "status": status})).collect();
        let gate = Gate::of(serde_json::from_value(json!({"results": results})).unwrap());
        gate.objection(&manifest, "model.p.m").map(|why| why.code())
    }

    /// One test for each run of dbt.
    macro_rules! runs {
        ($($test:ident: $results:expr => $code:expr;)*) => {
            $(
                #[test]
                fn $test() {
                    assert_eq!(objection(&$results), $code);
                }
            )*
        };
    }

    runs! {
        all_passed: [("model.p.m", "success"), ("test.p.a", "pass"), ("test.p.b", "pass")] => None;
        tests_alone: [("test.p.a", "pass"), ("test.p.b", "pass")] => None;
        a_warning: [("test.p.a", "pass"), ("test.p.b", "warn")] => None;
        a_failure: [("test.p.a", "pass"), ("test.p.b", "fail")] => Some("test-failed");
        an_error: [("test.p.a", "error"), ("test.p.b", "pass")] => Some("test-failed");
        a_failure_beside_a_missing_one: [("test.p.a", "fail")] => Some("test-failed");
        a_skipped_test: [("test.p.a", "pass"), ("test.p.b", "skipped")] => Some("test-not-run");
        a_missing_test: [("test.p.a", "pass")] => Some("test-not-run");
        no_test_at_all: [("model.p.m", "success")] => Some("test-not-run");
        a_model_that_failed: [("model.p.m", "error"), ("test.p.a", "pass"), ("test.p.b", "pass")] => Some("not-built");
        a_model_that_was_skipped: [("model.p.m", "skipped")] => Some("not-built");
        a_status_of_a_newer_dbt: [("test.p.a", "pass"), ("test.p.b", "sideways")] => Some("test-failed");
    }
}
