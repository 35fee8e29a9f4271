//! Other versions than the current ones.

use std::collections::BTreeMap;

use common::diagnostic::{Diagnostic, Report, did_you_mean};

use crate::cli::{Selection, VersionId};

/// The versions that a run asks for; by default the current ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Versions {
    /// The label of all versions.
    stage: Option<String>,
    /// Secret → the id of its version, which wins over the label.
    ids: BTreeMap<String, String>,
}

impl Versions {
    /// # Errors
    /// Every secret with two ids.
    pub(super) fn of(selection: &Selection) -> Result<Self, Report> {
        let stage = selection.version_stage.clone().filter(|stage| !stage.is_empty());
        let mut ids = BTreeMap::new();
        let mut report = Report::default();
        for VersionId { secret, id } in &selection.version_id {
            if ids.insert(secret.clone(), id.clone()).is_some() {
                let message = format!("--version-id names {secret} twice");
                let hint = "take each secret in one version";
                report.push(Diagnostic::error("two-versions", message).hint(hint));
            }
        }
        if report.has_errors() { Err(report) } else { Ok(Versions { stage, ids }) }
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
