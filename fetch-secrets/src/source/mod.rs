//! Where values come from: Secrets Manager, or the catalogue itself.

pub(crate) mod aws;
mod dev;
mod found;

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use common::catalogue::{Catalogue, EnvFile, Format, Secret};
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use secrecy::{ExposeSecret, SecretString};

use crate::cli::{Selection, Source};
use crate::value;
use crate::variables::Variables;
use aws::Wanted;
pub(crate) use found::found;

/// The variables of the secrets of `files`, and warnings to pass on.
///
/// # Errors
/// Everything that is missing or malformed, all at once; or the endpoint.
pub(crate) fn variables(
    catalogue: &Catalogue,
    files: &[&EnvFile],
    wanted: impl Fn(&str) -> bool,
    selection: &Selection,
) -> Result<(Variables, Report)> {
    let indexes: BTreeSet<usize> = files
        .iter()
        .flat_map(|file| &file.secrets)
        .copied()
        .filter(|&index| catalogue.secrets[index].variables().any(&wanted))
        .collect();
    if selection.source == Source::Dev {
        let secrets = indexes.into_iter().map(|index| &catalogue.secrets[index]);
        return Ok((dev::variables(secrets), Report::default()));
    }
    let names: Vec<String> =
        indexes.iter().map(|&index| catalogue.secrets[index].name.clone()).collect();
    let fetched = aws::fetch(&Wanted::Names(names), selection)?;
    let mut report = fetched.report;
    let mut status = fetched.status;
    let mut variables = Variables::new();
    for index in indexes {
        let secret = &catalogue.secrets[index];
        let Some(payload) = fetched.payloads.get(&secret.name) else { continue };
        match value::variables(secret, payload) {
            Ok((more, extra)) => {
                report.extend(json_as_text(secret, &more));
                variables.extend(more);
                if !extra.is_empty() {
                    let extra: Vec<String> =
                        extra.iter().map(|name| name.escape_debug().to_string()).collect();
                    let message = format!(
                        "{} also has {}, which the catalogue does not name",
                        secret.name,
                        extra.join(", ")
                    );
                    report.push(Diagnostic::warning("unknown-key-in-secret", message));
                }
            }
            Err(problems) => {
                status = status.max(Status::No);
                report.extend(problems.into_iter().map(|problem| {
                    let hint = problem.hint();
                    let message = format!("{} {problem}", secret.name);
                    Diagnostic::error("bad-secret", message).hint_if(hint)
                }));
            }
        }
    }
    if report.has_errors() { bail!(Stop { status, report }) } else { Ok((variables, report)) }
}

/// A JSON object that becomes one variable is often one whose keys are missing in the catalogue. Not where the
/// development value is such an object, too.
fn json_as_text(secret: &Secret, variables: &Variables) -> Option<Diagnostic> {
    let is_object = |text: &SecretString| value::is_object(text.expose_secret());
    let found = secret.format == Format::Text
        && secret.keys.iter().filter_map(|key| variables.get(&key.variable)).any(is_object)
        && !secret.keys.iter().any(|key| is_object(&key.dev));
    found.then(|| {
        let message =
            format!("{} is a JSON object, and becomes one variable as a whole", secret.name);
        Diagnostic::warning("json-as-text", message)
            .hint("name its keys under keys: in the catalogue")
    })
}
