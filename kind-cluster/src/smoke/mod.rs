//! The platform, used: a service that is ready may still not work.

mod bench;
mod inside;
mod routes;

use std::time::Instant;

use common::exit::Status;
use common::stop::Stop;
use serde_json::Value;

use crate::cli::{self, Shared};
use crate::cluster::Cluster;
use crate::object::{template, text};
use crate::render;
use crate::report::{self, Check, Outcome};
use bench::Bench;

/// `smoke`.
pub(crate) async fn run(shared: &Shared, options: &cli::Smoke) -> Result<Status, Stop> {
    let rendered = render::overlay(shared).await?;
    if shared.dry_run() {
        let checks: Vec<Check> = inside::NAMES
            .iter()
            .map(|name| Check::ok("smoke", *name, "to be run"))
            .chain(routes::paths(&rendered.selected).into_iter().map(|(route, path)| {
                Check::ok("routes", route, format!("GET {}{path}", options.gateway))
            }))
            .collect();
        return report::publish("smoke", &checks, shared.format);
    }
    let deadline = Instant::now() + shared.timeout;
    let cluster = Cluster::connect(&shared.name).await?;
    let mut checks = checks(&cluster, &rendered.selected, options, deadline).await?;
    // Nothing that was asked is nothing that works.
    if checks.iter().all(|check| check.outcome == Outcome::Skipped) {
        checks.push(
            Check::failed("smoke", "all", "nothing-checked", "every check was skipped")
                .hint("check --overlay and --profile"),
        );
    }
    report::publish("smoke", &checks, shared.format)
}

/// Every check, one after the other, each whatever the others have said. Checks that the deadline leaves no
/// time for have failed.
pub(crate) async fn checks(
    cluster: &Cluster,
    objects: &[Value],
    options: &cli::Smoke,
    deadline: Instant,
) -> Result<Vec<Check>, Stop> {
    let namespace = objects
        .iter()
        .find(|object| template(*object).is_some())
        .map_or("default", |object| text(object, "/metadata/namespace"));
    let bench = Bench {
        cluster,
        objects,
        namespace,
        deadline,
        pods: cluster.list("v1", "Pod", namespace).await?,
    };
    let mut checks = vec![
        inside::kafka(&bench).await,
        inside::redis(&bench).await,
        inside::minio(&bench).await,
        inside::dns(&bench).await,
        inside::volume(&bench).await,
    ];
    checks.extend(routes::checks(objects, &options.gateway, deadline).await);
    Ok(checks)
}
