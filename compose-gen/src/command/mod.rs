//! One file for each command, and what they share.

pub(crate) mod contract;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod graph;
pub(crate) mod import;

use std::env;
use std::path::PathBuf;

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;

use crate::cli::Shared;
use crate::model::Platform;
use crate::spec::{self, Spec};
use common::stop::Stop;
use common::verbose::timed;

/// A specification that has been read and checked.
pub(crate) struct Loaded {
    /// The folder or file.
    pub(crate) path: PathBuf,
    pub(crate) spec: Spec,
    /// With every name resolved.
    pub(crate) platform: Platform,
    /// With the names that `docker compose up` may change.
    pub(crate) compose: Platform,
    /// What is worth a look.
    pub(crate) warnings: Report,
}

/// Reads and checks the specification of `--spec`, or the nearest one.
fn load(shared: &Shared) -> Result<Loaded, Stop> {
    let path = match &shared.spec {
        Some(path) => path.clone(),
        None => {
            let here = env::current_dir().ok();
            here.and_then(|here| common::spec::find(&here)).ok_or_else(|| {
                let message = format!("no {} here or in a parent folder", common::spec::FOLDER);
                let diagnostic = Diagnostic::error("no-specification", message);
                Stop::new(
                    Status::Bad,
                    diagnostic.hint("name a folder or a Compose file with --spec"),
                )
            })?
        }
    };
    let mut report = Report::default();
    let what = format!("reading the specification {}", path.display());
    let Some(spec) = timed(what, || spec::read(&path, &mut report)) else {
        report.sort();
        return Err(report.into());
    };
    let what = "checking the specification";
    let (platform, compose) = timed(what, || Platform::build(&spec, &mut report));
    report.sort();
    if report.has_errors() {
        return Err(report.into());
    }
    Ok(Loaded { path, spec, platform, compose, warnings: report })
}

fn json(value: &impl serde::Serialize) -> Result<String, Stop> {
    Ok(serde_json::to_string_pretty(value).map_err(std::io::Error::from)? + "\n")
}

/// `schema`: the JSON Schema that editors read.
pub(crate) fn schema() -> Result<Status, Stop> {
    common::streams::output(&json(&spec::schema())?)?;
    Ok(Status::Done)
}
