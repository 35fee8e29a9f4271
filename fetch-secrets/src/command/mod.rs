//! One file for each command, and what they share.

pub(crate) mod exec;
pub(crate) mod fetch;
pub(crate) mod list;
mod only;
pub(crate) mod print;
pub(crate) mod seed;
mod selected;

use std::io::IsTerminal;

use anyhow::Result;
use common::catalogue::Catalogue;
use common::spec;
use common::verbose::step;

use crate::cli::Shared;

/// Reads the catalogue of `--spec`, or of the nearest specification folder.
fn catalogue(shared: &Shared) -> Result<Catalogue> {
    let hint = "name the folder that holds the secret catalogue with --spec";
    let folder = spec::locate(shared.spec.as_deref(), hint)?;
    let _step = step(format!("reading the catalogue in {}", folder.display()));
    Ok(Catalogue::load(&folder)?)
}

/// Says on a terminal what takes time.
pub(crate) fn progress(message: &str) {
    if std::io::stderr().is_terminal() {
        common::streams::line(message);
    }
}
