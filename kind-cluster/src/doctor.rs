//! Everything at once, without changing anything: this machine, drift, what an interrupted run
//! has left, and the cluster's own state.

use common::exit::Status;
use common::stop::Stop;

use crate::cli::{self, Shared};
use crate::cluster::Cluster;
use crate::report;
use crate::{backup, create, preflight, status};

/// `doctor`.
pub(crate) async fn run(shared: &Shared, options: &cli::Doctor) -> Result<Status, Stop> {
    let mut checks = preflight::checks(shared, None, &options.ignore).await;
    // One part that cannot answer must not hide what the others say.
    match create::differences(shared).await {
        Ok(more) => checks.extend(more),
        Err(stop) => {
            let mut more = report::stopped("drift", &stop);
            // A cause that stops preflight stops drift, too, and is reported once.
            more.retain(|check| !checks.iter().any(|said| said.code == check.code));
            checks.extend(more);
        }
    }
    if let Some(folder) = &options.backup_dir {
        checks.extend(backup::leftovers(folder, &shared.name));
    }
    match Cluster::connect(&shared.name).await {
        Ok(cluster) => {
            checks.extend(status::checks(shared, &cluster).await);
            match backup::bind::leftovers(&cluster).await {
                Ok(more) => checks.extend(more),
                Err(stop) => checks.extend(report::stopped("cluster", &stop)),
            }
        }
        Err(stop) => checks.extend(report::stopped("cluster", &stop)),
    }
    report::publish("doctor", &checks, shared.format)
}
