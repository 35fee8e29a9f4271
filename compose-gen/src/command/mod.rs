//! One file for each command, and what they share.

pub(crate) mod contract;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod graph;
pub(crate) mod import;

use std::path::PathBuf;

use anyhow::Result;
use common::diagnostic::Report;
use common::exit::Status;
use common::streams;
use common::verbose::timed;

use crate::cli::Shared;
use crate::model::Platform;
use crate::spec::{self, Spec};

/// A specification that has been read and checked.
pub(crate) struct Loaded {
    /// The folder or file.
    pub(crate) path: PathBuf,
    pub(crate) spec: Spec,
    /// With every name resolved.
    pub(crate) platform: Platform,
    /// With the names that `docker compose up` may change.
    pub(crate) compose: Platform,
    pub(crate) warnings: Report,
}

/// Reads and checks the specification of `--spec`, or the nearest one.
fn load(shared: &Shared) -> Result<Loaded> {
    let hint = "name a folder or a Compose file with --spec";
    let path = common::spec::locate(shared.spec.as_deref(), hint)?;
    if path.is_file() {
        let import::Plain { spec, platform, compose, warnings } =
            import::plain(std::slice::from_ref(&path))?;
        return Ok(Loaded { path, spec, platform, compose, warnings });
    }
    let mut report = Report::default();
    let step = format!("reading the specification {}", path.display());
    let Some(spec) = timed(step, || spec::read(&path, &mut report)) else {
        report.sort();
        return Err(report.into());
    };
    let step = "checking the specification";
    let (platform, compose) = timed(step, || Platform::build(&spec, &mut report));
    report.sort();
    if report.has_errors() {
        return Err(report.into());
    }
    Ok(Loaded { path, spec, platform, compose, warnings: report })
}

/// `schema`: the JSON Schema that editors read.
pub(crate) fn schema() -> Result<Status> {
    streams::json(&spec::schema())?;
    Ok(Status::Done)
}
