//! The steps from a project to the form of a specification.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::diagnostic::Report;
use common::verbose::timed;

use super::state::Import;
use super::wishes::Wishes;
use super::{
    binds, compose_only, fit, inherit, names, profiles, project, providers, secrets, sections,
    services, variables, wishes,
};

/// The project in the form of a specification, whose paths lead from the folder `out`.
pub(super) fn settled(files: &[PathBuf], out: &Path, wishes: Wishes) -> Result<Import, Report> {
    let named: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let step = format!("reading the project {}", named.join(", "));
    let project = timed(step, || project::read(files, out))?;
    let mut import = Import {
        project,
        name: String::new(),
        out: out.to_owned(),
        renamed: BTreeMap::new(),
        findings: Report::default(),
    };
    sections::settle(&mut import);
    providers::settle(&mut import);
    inherit::settle(&mut import);
    names::settle(&mut import);
    profiles::settle(&mut import);
    wishes::settle(&mut import, wishes);
    secrets::settle(&mut import);
    compose_only::settle(&mut import);
    services::settle(&mut import);
    fit::fit(&mut import);
    binds::settle(&mut import);
    let env = import.project.env.clone();
    variables::declare(&mut import.project.root, &env, &import.out);
    Ok(import)
}
