//! Env files that a specification names: read now, so that both sides have the same values.

use std::io;
use std::path::Path;

use common::compose::dotenv::{self, Value};
use common::compose::variables::{Part, parts};
use common::diagnostic::{Diagnostic, Report};

/// The assignments of a file. A line that is none goes to the report, and so does one whose
/// value depends on who reads it.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn read(path: &Path, report: &mut Report) -> io::Result<Vec<(String, String)>> {
    let file = dotenv::read(path, report)?;
    let mut pairs = Vec::new();
    for assignment in &file.assignments {
        match literal(&assignment.value) {
            Ok(value) => pairs.push((assignment.name.clone(), value)),
            Err(why) => {
                let place = file.place(assignment);
                report.push(Diagnostic::error("bad-env-file", why).at(place, ""));
            }
        }
    }
    Ok(pairs)
}

/// The value, or why it is none by itself.
fn literal(value: &Value) -> Result<String, &'static str> {
    match value {
        Value::Outside => Err("a line is NAME=value"),
        Value::Literal(text) => Ok(text.clone()),
        Value::Text(text) => {
            let literal = |part| match part {
                Part::Literal(text) => Ok(text),
                Part::Lone(_) => Ok("$"),
                Part::Reference(_) | Part::Bad(_) => Err("a $ is only kept in single quotes"),
            };
            parts(text).into_iter().map(literal).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_for_itself_or_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.env");
        std::fs::write(&path, "A='x $y'\nB=\"\\$z\"\nC=$A-hunter2\nD\nE=\n").unwrap();
        let mut report = Report::default();
        let pairs = read(&path, &mut report).unwrap();
        let shown: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(shown, [("A", "x $y"), ("B", "$z"), ("E", "")]);
        let lines = report.diagnostics().iter().map(|own| own.place().unwrap().to_string());
        let lines: Vec<String> =
            lines.map(|place| place.rsplit_once("own.env").unwrap().1.into()).collect();
        assert_eq!(lines, [":3:1", ":4:1"]);
        assert!(!report.render().contains("hunter2"));
    }
}
