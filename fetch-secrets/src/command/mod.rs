//! One file for each command, and what they share.

pub(crate) mod exec;
pub(crate) mod fetch;
pub(crate) mod list;
mod only;
pub(crate) mod print;
pub(crate) mod seed;

use std::io::IsTerminal;

use anyhow::Result;
use common::catalogue::Catalogue;
use common::spec;
use common::streams::say;
use common::verbose::step;

use crate::cli::{Search, Selection, Shared};
use crate::source;
use crate::variables::Variables;
use only::Only;

/// Reads the catalogue of `--spec`, or of the nearest specification folder.
fn catalogue(shared: &Shared) -> Result<Catalogue> {
    let hint = "name the folder that holds the secret catalogue with --spec";
    let folder = spec::locate(shared.spec.as_deref(), hint)?;
    let _step = step(format!("reading the catalogue in {}", folder.display()));
    Ok(Catalogue::load(&folder)?)
}

/// The variables that `print` and `exec` pass on: of the catalogue, or of the secrets that are searched for.
fn variables(
    shared: &Shared,
    selection: &Selection,
    search: &Search,
    only: &Only<'_>,
) -> Result<Variables> {
    let wanted = |name: &str| only.wants(name);
    let (mut variables, warnings) = if search.prefix.is_some() || !search.tag.is_empty() {
        source::found(search, wanted, selection)?
    } else {
        let catalogue = catalogue(shared)?;
        let files = catalogue.select(&selection.profile)?;
        source::variables(&catalogue, &files, wanted, selection)?
    };
    say(&warnings);
    only.keep(&mut variables)?;
    Ok(variables)
}

/// Says on a terminal what takes time.
pub(crate) fn progress(what: &str) {
    if std::io::stderr().is_terminal() {
        common::streams::line(what);
    }
}
