//! The state that the steps of an import hand on.

use std::collections::BTreeMap;
use std::path::PathBuf;

use common::diagnostic::Report;

use super::project::Project;

/// An import under way.
pub(super) struct Import {
    pub(super) project: Project,
    /// The project's name.
    pub(super) name: String,
    /// The specification's folder.
    pub(super) out: PathBuf,
    /// The services that have another name now: old → new.
    pub(super) renamed: BTreeMap<String, String>,
    /// The work that is left to a person.
    pub(super) findings: Report,
}
