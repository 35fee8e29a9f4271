//! The overlay, checked as a whole, applied in the order of its dependencies, and waited for.

pub(crate) mod changes;
pub(crate) mod display;
mod explain;
mod immutable;
pub(crate) mod inventory;
mod owners;
mod plan;
pub(crate) mod rehearsal;
pub(crate) mod roll_out;
pub(crate) mod shrinking;
mod state;

use std::time::Instant;

use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::stop::Stop;
use serde_json::Value;

use crate::budget::Budget;
use crate::cli::{self, Shared};
use crate::cluster::Cluster;
use crate::load::{self, Lack};
use crate::object::Key;
use crate::render::{self, Rendered};
use crate::{backup, budget, create, order, places, references, turn};
pub(crate) use explain::Secrets;
use inventory::{Identity, Records};
use rehearsal::{Allowed, rehearse};
use roll_out::RollOut;

/// `deploy`.
pub(crate) async fn run(shared: &Shared, options: &cli::Deploy) -> Result<Status, Stop> {
    let deadline = Instant::now() + shared.timeout;
    let mut rendered = render::overlay(shared).await?;
    let budget = check(shared, &rendered)?;
    if shared.dry_run() {
        return plan::run(shared, options, rendered).await;
    }
    if !options.no_image_check {
        check_images(shared, options, &rendered).await?;
    }
    let _turn = turn::take(&shared.name, "deploy", deadline).await?;
    let mut cluster = Cluster::connect(&shared.name).await?;
    rendered.place(&cluster).await?;
    backup::quiesce::resume(&cluster).await?;
    let force = options.force_conflicts;
    let identity = Identity::of(shared)?;
    cluster.set_overlay(&identity.id);
    let mut records = Records::read(&cluster, &rendered, identity, &options.adopt).await?;
    let objects = records.marked(&rendered.selected);
    records.check_shared(&cluster, &objects).await?;
    let allowed = Allowed { recreate: options.recreate, retry_jobs: options.retry_jobs };
    let rehearsed = rehearse(&cluster, &objects, force, allowed).await?;
    let left = records.left(&rendered);
    let mut checks = shrinking::losses(&cluster, &objects).await?;
    for loss in &checks {
        display::line(&format!("{} {}", loss.name, loss.detail));
    }
    let beside = records.beside(&cluster, &rendered, None).await?;
    if let Err(stop) = check_beside(&rendered, beside, budget) {
        let rest = records.beside(&cluster, &rendered, Some(&left)).await?;
        if !options.prune || check_beside(&rendered, rest, budget).is_err() {
            return Err(stop);
        }
        // There is no memory for both: objects that left the overlay go first.
        checks.extend(records.prune(&cluster, &left, deadline).await?);
    }
    // Recorded before it is applied, so that the objects of an interrupted run can be pruned later.
    records.record(&cluster, &rendered).await?;
    let restarts = options.tolerate_restarts;
    let roll =
        RollOut { objects: &objects, force, deadline, name: "the overlay", rehearsed, restarts };
    let ended = roll_out::try_run(&cluster, &roll).await?;
    if ended.stop.is_none() {
        if !options.prune {
            checks.extend(records.copies(&cluster, &rendered).await?);
        }
        checks.extend(match options.prune {
            true => records.prune(&cluster, &left, deadline).await?,
            false => records.report_left(&cluster, &left).await?,
        });
    }
    roll_out::publish("deploy", &ended, checks, shared)
}

/// Refuses what cannot work, all of it at once and before the cluster is touched.
fn check(shared: &Shared, rendered: &Rendered) -> Result<Option<Budget>, Stop> {
    let mut report = Report::default();
    report.extend(references::dangling(&rendered.selected));
    if let Err(problems) = order::phases(&rendered.selected) {
        report.extend(problems);
    }
    let config = places::kind_config(shared.kind_config.as_deref())
        .and_then(|path| create::config::KindConfig::read(&path));
    let cluster = config.as_ref().map_or(shared.name.as_str(), |config| config.name());
    let budget = budget::read(shared.spec.as_deref(), cluster)?;
    if budget.is_none() {
        report.push(
            Diagnostic::warning("budget-unknown", "no memory budget is known for this cluster")
                .hint("name the specification with --spec"),
        );
    }
    report.extend(budget::check(&rendered.selected, budget));
    if report.has_errors() {
        return Err(Stop { report, status: Status::No });
    }
    common::streams::say(&report);
    Ok(budget)
}

/// The budget is for what an earlier deployment has left running, too.
fn check_beside(
    rendered: &Rendered,
    beside: Vec<Value>,
    budget: Option<Budget>,
) -> Result<(), Stop> {
    if beside.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = beside.iter().map(|object| Key::of(object).to_string()).collect();
    let together = [rendered.selected.clone(), beside].concat();
    let mut report = Report::default();
    for problem in budget::check(&together, budget) {
        if problem.is_error() {
            let hint = format!(
                "running beside it from earlier deployments: {}; delete what is not needed; \
                 --prune takes away what left the overlay",
                names.join(", ")
            );
            report.push(problem.hint(hint));
        }
    }
    Stop::check(report)
}

async fn check_images(
    shared: &Shared,
    options: &cli::Deploy,
    rendered: &Rendered,
) -> Result<(), Stop> {
    let images = load::images(&shared.name, &rendered.selected, &options.images).await?;
    let mut report = Report::default();
    for (image, found) in &images {
        const LOAD: &str = "`kind-cluster load` loads it";
        const BUILD: &str = "build it, then `kind-cluster load`";
        let (code, problem, on, more, hint) = match &found.lack {
            Some(Lack::Load(on)) if found.local => ("image-not-loaded", "is not on", on, "", LOAD),
            Some(Lack::Replace(on)) => {
                ("image-stale", "on", on, " is not the one in this machine's engine", LOAD)
            }
            Some(Lack::Nowhere(on)) => {
                ("image-missing", "is not on", on, ", nor in this machine's engine", BUILD)
            }
            // An image that is loaded again may be the same, and an image of a registry is pulled.
            None | Some(Lack::Load(_) | Lack::Again(_) | Lack::Pull(_)) => continue,
        };
        let message = format!("the image {image} {problem} {}{more}", on.join(", "));
        report.push(Diagnostic::error(code, message).hint(hint));
    }
    Stop::check(report)
}
