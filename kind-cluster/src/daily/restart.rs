//! `restart`: new pods for workloads whose template has not changed, in the way of their updates.

use std::time::{Instant, SystemTime};

use common::exit::Status;
use common::stop::Stop;
use serde_json::{Value, json};

use super::select;
use crate::cli::{self, Shared};
use crate::cluster::{Cluster, stop};
use crate::deploy::roll_out;
use crate::object::{Key, text, typed};
use crate::report::{self, Check};
use crate::{backup, render, turn};

/// The annotation of kubectl, so that both see the other's restarts.
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// `restart`.
pub(crate) async fn run(shared: &Shared, options: &cli::Restart) -> Result<Status, Stop> {
    let deadline = Instant::now() + shared.timeout;
    let rendered = render::overlay(shared).await?;
    let turn = match shared.dry_run() {
        true => None,
        false => Some(turn::take(&shared.name, "restart", deadline).await?),
    };
    let cluster = Cluster::connect(&shared.name).await?;
    if turn.is_some() {
        backup::quiesce::resume(&cluster).await?;
    }
    let all = select::all(&cluster, &rendered).await?;
    let chosen = select::named(all, &options.workloads, "workload")?;
    if shared.dry_run() {
        let check = |o: &Value| Check::ok("restart", Key::of(o).to_string(), "to be restarted");
        let checks: Vec<Check> = chosen.iter().map(check).collect();
        return report::publish("restart", &checks, shared.format);
    }
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let patch = json!({"spec": {"template": {"metadata": {"annotations": {RESTARTED: now}}}}});
    let mut applied = Vec::new();
    for workload in &chosen {
        let patched = cluster.merge(workload, &patch).await;
        let key = Key::of(workload);
        let patched = patched.map_err(|error| stop(&format!("cannot restart {key}"), &error))?;
        applied.push(typed(patched, text(workload, "/apiVersion"), &key.kind));
    }
    let ended = roll_out::settle(&cluster, applied, deadline, "the restart").await?;
    roll_out::publish("restart", &ended, Vec::new(), shared)
}
