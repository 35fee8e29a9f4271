//! Other values than the catalogue's: `--set KEY=VALUE` and `OVERRIDE_<KEY>`.

use std::env;

use common::catalogue::Catalogue;
use common::diagnostic::{Diagnostic, Report, did_you_mean};
use secrecy::{ExposeSecret, SecretString};

use crate::variables::Variables;

const PREFIX: &str = "OVERRIDE_";

/// The value of every variable, with the overrides of the environment and, over them, those of
/// the command line. The second part holds warnings: a variable of the environment that is
/// called OVERRIDE_ and fits nothing may be somebody else's.
///
/// # Errors
/// Every `--set` that has no `=` or names no variable, and every name that several secrets
/// have as a key.
pub(super) fn apply(
    catalogue: &Catalogue,
    set: &[SecretString],
) -> Result<(Variables, Report), Report> {
    let mut values: Variables = catalogue
        .secrets
        .iter()
        .flat_map(|secret| &secret.keys)
        .map(|key| (key.variable.clone(), key.dev.clone()))
        .collect();
    let mut report = Report::default();
    let mut warnings = Report::default();
    // An empty variable counts as unset, as for every other one; `--set KEY=` sets nothing at all.
    for (name, value) in env::vars_os().filter(|(_, value)| !value.is_empty()) {
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
            continue;
        };
        let shown = format!("{PREFIX}{name}");
        match (Meaning::of(catalogue, name), value.into_string()) {
            (Meaning::Variable(variable), Ok(value)) => {
                values.insert(variable, value.into());
            }
            (Meaning::Variable(_), Err(_)) => report
                .push(Diagnostic::error("not-utf8", format!("the value of {shown} is not UTF-8"))),
            (Meaning::Several(variables), _) => report.push(ambiguous(&shown, &variables)),
            (Meaning::Composed(parts), _) => report.push(is_composed(&shown, &parts)),
            (Meaning::Nothing, _) => {
                let message = format!("{shown} changes nothing: no variable or key of this name");
                warnings.push(Diagnostic::warning("unused-override", message));
            }
        }
    }
    // A text before or without a "=" may be a value: only known names are repeated.
    for pair in set {
        let Some((name, value)) = pair.expose_secret().split_once('=') else {
            let diagnostic = Diagnostic::error("bad-set", "an argument of --set has no =");
            report.push(diagnostic.hint("write --set KEY=VALUE"));
            continue;
        };
        match Meaning::of(catalogue, name) {
            Meaning::Variable(variable) => {
                values.insert(variable, value.into());
            }
            Meaning::Several(variables) => {
                report.push(ambiguous(&format!("--set {name}"), &variables));
            }
            Meaning::Composed(parts) => {
                report.push(is_composed(&format!("--set {name}"), &parts));
            }
            Meaning::Nothing => {
                let message = "an argument of --set names no variable and no key";
                let known = catalogue.secrets.iter().flat_map(|secret| &secret.keys);
                let hint = did_you_mean(name, known.map(|key| key.variable.as_str()))
                    .unwrap_or_else(|| "fetch-secrets list shows the variables".into());
                report.push(Diagnostic::error("unknown-variable", message).hint(hint));
            }
        }
    }
    if report.has_errors() { Err(report) } else { Ok((values, warnings)) }
}

fn ambiguous(setting: &str, variables: &[String]) -> Diagnostic {
    Diagnostic::error("ambiguous", format!("{setting}: several secrets have a key of this name"))
        .hint(format!("name the variable: {}", variables.join(", ")))
}

fn is_composed(setting: &str, parts: &[String]) -> Diagnostic {
    Diagnostic::error("composed", format!("{setting}: the variable is put together from others"))
        .hint(format!("set its parts: {}", parts.join(", ")))
}

/// The meaning of an override's name.
enum Meaning {
    /// A variable of this name, or the variable of the only key of this name.
    Variable(String),
    /// A key of several secrets, which becomes these.
    Several(Vec<String>),
    /// A variable that is put together from these.
    Composed(Vec<String>),
    Nothing,
}

impl Meaning {
    fn of(catalogue: &Catalogue, name: &str) -> Self {
        let keys = || catalogue.secrets.iter().flat_map(|secret| &secret.keys);
        if keys().any(|key| key.variable == name) {
            return Meaning::Variable(name.to_owned());
        }
        let mut composed = catalogue.secrets.iter().flat_map(|secret| &secret.composed);
        if let Some(composed) = composed.find(|composed| composed.variable == name) {
            let parts = composed.template.variables().map(str::to_owned).collect();
            return Meaning::Composed(parts);
        }
        let mut named: Vec<String> = keys()
            .filter(|key| key.name.as_deref() == Some(name))
            .map(|key| key.variable.clone())
            .collect();
        match named.len() {
            0 => Meaning::Nothing,
            1 => Meaning::Variable(named.remove(0)),
            _ => Meaning::Several(named),
        }
    }
}
