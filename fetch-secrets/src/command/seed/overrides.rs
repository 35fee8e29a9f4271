//! Other values than the catalogue's: `--set KEY=VALUE` and `OVERRIDE_<KEY>`.

use std::collections::BTreeSet;
use std::env;

use common::catalogue::Catalogue;
use common::diagnostic::{Diagnostic, Report, nearest};

use crate::variables::Variables;

const PREFIX: &str = "OVERRIDE_";

/// The value of every variable, with the overrides of the environment and, over them, those of
/// the command line. The second part holds warnings: a variable of the environment that is
/// called OVERRIDE_ and fits nothing may be somebody else's.
///
/// # Errors
/// Every `--set` that has no `=`, names no variable, or names a key of several secrets.
pub(super) fn apply(catalogue: &Catalogue, set: &[String]) -> Result<(Variables, Report), Report> {
    let mut values: Variables = catalogue
        .secrets
        .iter()
        .flat_map(|secret| &secret.keys)
        .map(|key| (key.variable.clone(), key.dev.clone()))
        .collect();
    let mut warnings = Report::default();
    for (name, value) in env::vars_os() {
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
            continue;
        };
        let problem = match (variable(catalogue, name), value.into_string()) {
            (Ok(variable), Ok(value)) => {
                values.insert(variable, value.into());
                continue;
            }
            (Ok(_), Err(_)) => "its value is not UTF-8".to_owned(),
            (Err(problem), _) => problem.0,
        };
        warnings.push(Diagnostic::warning(
            "unused-override",
            format!("{PREFIX}{name} changes nothing: {problem}"),
        ));
    }
    let mut report = Report::default();
    for pair in set {
        // What stands there without a "=" may be a value: it is not repeated.
        let Some((name, value)) = pair.split_once('=') else {
            report.push(
                Diagnostic::error("bad-set", "an argument of --set has no =")
                    .hint("write --set KEY=VALUE"),
            );
            continue;
        };
        match variable(catalogue, name) {
            Ok(variable) => {
                values.insert(variable, value.into());
            }
            Err((problem, hint)) => {
                let diagnostic =
                    Diagnostic::error("unknown-variable", format!("--set {name}: {problem}"));
                report.push(match hint {
                    Some(hint) => diagnostic.hint(hint),
                    None => diagnostic,
                });
            }
        }
    }
    if report.has_errors() { Err(report) } else { Ok((values, warnings)) }
}

/// The variable that `name` means: itself, or the one that the only key of this name becomes.
fn variable(catalogue: &Catalogue, name: &str) -> Result<String, (String, Option<String>)> {
    let keys = || catalogue.secrets.iter().flat_map(|secret| &secret.keys);
    if keys().any(|key| key.variable == name) {
        return Ok(name.to_owned());
    }
    let named: BTreeSet<&str> = keys()
        .filter(|key| key.name.as_deref() == Some(name))
        .map(|key| key.variable.as_str())
        .collect();
    let named: Vec<&str> = named.into_iter().collect();
    match named.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => {
            let near = nearest(name, keys().map(|key| key.variable.as_str()));
            let hint = near.map(|near| format!("did you mean {near}?"));
            Err(("no variable or key of this name".into(), hint))
        }
        several => Err((
            "several secrets have a key of this name".into(),
            Some(format!("name the variable: {}", several.join(", "))),
        )),
    }
}
