//! `$` in a file: resolved as far as the project itself says what it stands for.

use common::compose::OPAQUE;
use common::compose::variables::{Names, Problem, resolve};
use common::diagnostic::{Diagnostic, Place, Report};

use super::Env;

/// What names stand for in a part of the project.
pub(super) struct Scope {
    pub(super) env: Env,
    /// Tells it from other scopes of the project.
    pub(super) id: usize,
}

impl Scope {
    /// The text as Compose reads it, with [`OPAQUE`] for what is unknown.
    pub(super) fn resolve(&self, text: &str, place: &Place, report: &mut Report) -> String {
        if !text.contains('$') {
            return text.to_owned();
        }
        let value = |name: &str| self.env.get(name).cloned();
        let resolved = with(&value, |names| resolve(text, names));
        resolved.unwrap_or_else(|problems| {
            let (message, hint) = match problems.contains(&Problem::TooLong) {
                true => (
                    "with its variables this is longer than 128 KiB",
                    "no variable of a process can have more",
                ),
                // Not the text in the braces: a default may be a secret.
                false => (
                    "what stands behind a $ here is no variable",
                    "${NAME}, ${NAME:-default}, or $$ for a dollar sign",
                ),
            };
            let diagnostic = Diagnostic::error("interpolation", message).at(place.clone(), "");
            report.push(diagnostic.hint(hint));
            OPAQUE.to_string()
        })
    }
}

/// Names of which those without a value are unknown.
pub(super) fn with<T>(
    value: &dyn Fn(&str) -> Option<String>,
    then: impl FnOnce(&Names<'_>) -> T,
) -> T {
    then(&Names { value, missing: &|_| Some(OPAQUE.to_string()) })
}
