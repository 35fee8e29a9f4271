//! One file for each command, and what they share.

pub(crate) mod exec;
pub(crate) mod fetch;
pub(crate) mod list;
pub(crate) mod print;
pub(crate) mod seed;

use std::env;
use std::io::IsTerminal;

use common::catalogue::Catalogue;
use common::spec;
use common::verbose::step;

use crate::cli::Shared;
use common::stop::Stop;

/// Reads the catalogue of `--spec`, or of the nearest specification folder.
fn catalogue(shared: &Shared) -> Result<Catalogue, Stop> {
    let folder = match &shared.spec {
        Some(folder) => folder.clone(),
        None => env::current_dir().ok().and_then(|here| spec::find(&here)).ok_or_else(|| {
            let message = format!("no {} here or in a parent folder", spec::FOLDER);
            let diagnostic = common::diagnostic::Diagnostic::error("no-specification", message);
            Stop::new(
                common::exit::Status::Bad,
                diagnostic.hint("name the folder that holds the secret catalogue with --spec"),
            )
        })?,
    };
    let _step = step(format!("reading the catalogue in {}", folder.display()));
    Ok(Catalogue::load(&folder)?)
}

/// Says on a terminal what takes time.
pub(crate) fn progress(what: &str) {
    if std::io::stderr().is_terminal() {
        common::streams::line(what);
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, Stop> {
    Ok(serde_json::to_string_pretty(value).map_err(std::io::Error::from)? + "\n")
}
