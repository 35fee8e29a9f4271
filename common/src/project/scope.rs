//! The values of variables: `.env`, the env files of an include, and the caller's variables.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::compose::OPAQUE;
use crate::compose::dotenv;
use crate::compose::variables::{Names, Problem, resolve};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::fault;

/// Name → value of variables.
pub type Env = BTreeMap<String, String>;

/// The message about a `$` with no variable behind it. It does not quote the text, which may be a
/// part of a secret.
pub const NO_VARIABLE: &str = "the text after this $ is not a variable";
/// The hint of [`NO_VARIABLE`].
pub const NO_VARIABLE_HINT: &str = "${NAME}, ${NAME:-default}, or $$ for a dollar sign";

/// The values of variables in a part of the project.
pub struct Scope {
    /// The values.
    pub env: Env,
}

impl Scope {
    /// The text as Compose reads it, with [`OPAQUE`] for a variable without a value.
    ///
    /// # Errors
    /// The text has no meaning; Compose refuses it.
    pub(super) fn resolve(&self, text: &str) -> Result<String, Box<Diagnostic>> {
        if !text.contains('$') {
            return Ok(text.to_owned());
        }
        let value = |name: &str| self.env.get(name).cloned();
        with(&value, |names| resolve(text, names)).map_err(|problems| {
            let (message, hint) = match problems.contains(&Problem::TooLong) {
                true => (
                    "with its variables this is longer than 128 KiB",
                    "no variable of a process can have more",
                ),
                false => (NO_VARIABLE, NO_VARIABLE_HINT),
            };
            Box::new(Diagnostic::error("interpolation", message).hint(hint))
        })
    }
}

/// Names of which those without a value are unknown.
pub fn with<T>(value: &dyn Fn(&str) -> Option<String>, then: impl FnOnce(&Names<'_>) -> T) -> T {
    then(&Names { value, missing: &|_| Some(OPAQUE.to_string()) })
}

/// The variables of `outer`, then those of the files, of which the last wins. A file is named at
/// a place, or found beside the Compose file.
pub(super) fn variables(
    files: &[(PathBuf, Option<Place>)],
    outer: &Env,
    report: &mut Report,
) -> Env {
    let mut env = Env::new();
    for (path, from) in files {
        match dotenv::read(path, report) {
            Ok(file) => {
                let value = |name: &str| outer.get(name).or_else(|| env.get(name)).cloned();
                let values = with(&value, |names| dotenv::values(&file.assignments, names));
                env.extend(values);
            }
            Err(error) => {
                let diagnostic =
                    fault::unreadable("unreadable", "env file", path.display(), &error);
                report.push(diagnostic.at(from.clone(), "named here"));
            }
        }
    }
    env.extend(outer.clone());
    env
}
