//! Everything at once, without changing anything: this machine, drift, what an interrupted run
//! has left, and the cluster's own state.

use common::exit::Status;
use common::stop::Stop;

use crate::cli::{self, Shared};
use crate::cluster::Cluster;
use crate::report::{self, Check};
use crate::{backup, create, preflight, status};

/// `doctor`.
pub(crate) async fn run(shared: &Shared, options: &cli::Doctor) -> Result<Status, Stop> {
    let mut checks = preflight::checks(shared).await?;
    // One part that cannot answer must not hide what the others say.
    match create::differences(shared).await {
        Ok(more) => checks.extend(more),
        Err(stop) => checks.extend(said("drift", &stop)),
    }
    if let Some(folder) = &options.backup_dir {
        checks.extend(backup::leftovers(folder, &shared.name));
    }
    match Cluster::connect(&shared.name).await {
        Ok(cluster) => {
            for part in [status::checks(&cluster).await, backup::bind::leftovers(&cluster).await] {
                match part {
                    Ok(more) => checks.extend(more),
                    Err(stop) => checks.extend(said("cluster", &stop)),
                }
            }
        }
        Err(stop) => checks.extend(said("cluster", &stop)),
    }
    report::publish("doctor", &checks, shared.format)
}

/// What kept a part from answering, as checks that have failed.
fn said(group: &'static str, stop: &Stop) -> Vec<Check> {
    let check = |diagnostic: &common::diagnostic::Diagnostic| {
        let check = Check::failed(group, group, diagnostic.code(), diagnostic.message());
        match diagnostic.hint_text() {
            Some(hint) => check.hint(hint),
            None => check,
        }
    };
    stop.report.diagnostics().iter().map(check).collect()
}
