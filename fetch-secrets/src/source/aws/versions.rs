//! Other versions than the current ones.

use std::collections::BTreeMap;

use common::diagnostic::{Diagnostic, Report, did_you_mean};

use crate::cli::Selection;

/// The versions that a run asks for; by default the current ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Versions {
    /// The label of all versions.
    stage: Option<String>,
    /// Secret → the id of its version, which wins over the label.
    ids: BTreeMap<String, String>,
}

impl Versions {
    pub(super) fn of(selection: &Selection) -> Self {
        let ids = selection.version_id.iter();
        Versions {
            stage: selection.version_stage.clone().filter(|stage| !stage.is_empty()),
            ids: ids.map(|version| (version.secret.clone(), version.id.clone())).collect(),
        }
    }

    /// # Errors
    /// Every id of a secret that is not among `names`: a typing mistake would take the current version.
    pub(super) fn check(&self, names: &[String]) -> Result<(), Report> {
        let mut report = Report::default();
        for secret in self.ids.keys().filter(|secret| !names.contains(secret)) {
            let message = format!("--version-id names {secret}, which is not among the secrets");
            let hint = did_you_mean(secret, names.iter().map(String::as_str))
                .unwrap_or_else(|| "write --version-id SECRET=ID".into());
            report.push(Diagnostic::error("unknown-secret", message).hint(hint));
        }
        if report.has_errors() { Err(report) } else { Ok(()) }
    }

    /// The secrets whose current versions are wanted, and the others.
    pub(super) fn split(&self, names: Vec<String>) -> (Vec<String>, Vec<String>) {
        let current = |name: &String| self.stage.is_none() && !self.ids.contains_key(name);
        names.into_iter().partition(current)
    }

    /// Label and id of the version of a secret, for its request.
    pub(super) fn of_secret(&self, name: &str) -> (Option<String>, Option<String>) {
        match self.ids.get(name) {
            Some(id) => (None, Some(id.clone())),
            None => (self.stage.clone(), None),
        }
    }
}
