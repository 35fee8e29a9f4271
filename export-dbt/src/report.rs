//! Problems and warnings on stderr.

use std::io::Write;

use crate::summary::{Outcome, Summary};

/// Prints problems that kept a run from starting.
pub fn problems(problems: &[String]) {
    for problem in problems {
        line("error", problem);
    }
}

/// Prints what went wrong with tables, after the run.
pub fn tables(summary: &Summary) {
    for table in &summary.tables {
        let label = format!("{}.{}", table.layer, table.table);
        for warning in &table.warnings {
            line("warning", &format!("{label}: {warning}"));
        }
        let reason = table.reason.as_deref().unwrap_or_default();
        match table.outcome {
            Outcome::Failed => line("error", &format!("{label}: {reason}")),
            Outcome::Gone => line("warning", &format!("{label}: {reason}")),
            _ => {}
        }
    }
}

fn line(kind: &str, text: &str) {
    // Nobody is told when stderr itself is gone.
    let _ = writeln!(std::io::stderr().lock(), "{kind}: {text}");
}
