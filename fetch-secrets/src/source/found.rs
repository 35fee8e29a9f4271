//! Secrets that are searched for by their names or tags, without a catalogue.
//!
//! The names of variables come from the secrets: the keys of a JSON object, or the end of a name.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use common::catalogue::variable_problem;
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;

use super::aws::{self, Wanted};
use crate::cli::{Search, Selection, Source};
use crate::value;
use crate::variables::Variables;

/// The variables of the secrets that `search` names, and warnings to pass on.
///
/// # Errors
/// Nothing is found; everything that cannot be read or has no name of its own, all at once; or the endpoint.
pub(crate) fn found(
    search: &Search,
    wanted: impl Fn(&str) -> bool,
    selection: &Selection,
) -> Result<(Variables, Report)> {
    if selection.source == Source::Dev {
        let message = "--prefix and --tag search Secrets Manager, which --source dev does not use";
        let hint = "leave them out to have the catalogue's development values";
        bail!(Diagnostic::error("nothing-to-search", message).hint(hint));
    }
    let fetched = aws::fetch(&Wanted::Search(search.clone()), selection)?;
    let mut report = fetched.report;
    let mut status = fetched.status;
    let mut variables = Variables::new();
    let mut homes: BTreeMap<String, String> = BTreeMap::new();
    for (secret, payload) in &fetched.payloads {
        let values =
            match value::all(payload) {
                Ok(values) => values,
                Err(problems) => {
                    status = status.max(Status::No);
                    report.extend(problems.into_iter().map(|problem| {
                        Diagnostic::error("bad-secret", format!("{secret} {problem}"))
                    }));
                    continue;
                }
            };
        for (key, value) in values {
            let variable = match &key {
                Some(key) => valid(key),
                None => of_name(secret),
            };
            if !wanted(&variable) {
                continue;
            }
            let from = match key {
                Some(key) => format!("{} of {secret}", key.escape_debug()),
                None => secret.clone(),
            };
            if let Some(problem) = variable_problem(&variable) {
                status = status.max(Status::No);
                let message = format!("{from} cannot become the variable {variable}: {problem}");
                let hint = "give it another name in a catalogue, or leave it out with --only";
                report.push(Diagnostic::error("bad-name", message).hint(hint));
            } else if let Some(other) = homes.get(&variable) {
                status = status.max(Status::No);
                let message = format!("{other} and {from} both become the variable {variable}");
                let hint = "take fewer secrets, or name the variables in a catalogue";
                report.push(Diagnostic::error("collision", message).hint(hint));
            } else {
                homes.insert(variable.clone(), from);
                variables.insert(variable, value);
            }
        }
    }
    if report.has_errors() { bail!(Stop { status, report }) } else { Ok((variables, report)) }
}

/// The name of a variable that is most like a key.
fn valid(key: &str) -> String {
    let valid = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = key.chars().map(valid).collect();
    match name.starts_with(|c: char| c.is_ascii_digit()) || name.is_empty() {
        true => format!("_{name}"),
        false => name,
    }
}

/// The variable of a secret that is one value: `shop/database-url` becomes DATABASE_URL.
fn of_name(secret: &str) -> String {
    let end = secret.trim_end_matches('/').rsplit('/').next().unwrap_or(secret);
    valid(end).to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_variables() {
        assert_eq!(valid("DB_password1"), "DB_password1");
        assert_eq!(valid("db-password.é"), "db_password__");
        assert_eq!(valid("2fa"), "_2fa");
        assert_eq!(valid(""), "_");
        assert_eq!(of_name("shop/prod/database-url"), "DATABASE_URL");
        assert_eq!(of_name("rds!db-1"), "RDS_DB_1");
        assert_eq!(of_name("shop/"), "SHOP");
    }
}
