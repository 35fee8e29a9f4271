//! The cluster, brought to what its configuration says: made when there is none, made anew when an
//! earlier creation was interrupted and nothing can be lost, and otherwise what differs is said.

mod cache;
pub(crate) mod components;
pub(crate) mod config;
mod differences;
mod drift;
mod lock;
mod made;
mod ready;
mod source;
mod trust;
mod work;

use std::time::Instant;

use common::exit::Status;
use common::stop::Stop;

use crate::cli::{self, Shared};
use crate::deploy::display;
use crate::{budget, nodes, places, preflight, report, turn};
use config::KindConfig;
pub(crate) use differences::differences;
use ready::connect;
use work::Work;

/// `create`.
pub(crate) async fn run(shared: &Shared, options: &cli::Create) -> Result<Status, Stop> {
    let deadline = Instant::now() + shared.timeout;
    let config = KindConfig::read(&places::kind_config(shared.kind_config.as_deref())?)?;
    let budget = budget::read(shared.spec.as_deref(), config.name())?;
    // A lock that does not fit is found before anything is made.
    let components = match options.no_components {
        true => Vec::new(),
        false => components::read(options)?,
    };
    let authorities = trust::read(&options.ca_file)?;
    // A cluster that another run is still making looks half-made to a dry run, too.
    let _turn = match shared.dry_run() {
        true => {
            turn::look(&shared.name)?;
            None
        }
        false => Some(turn::take(&shared.name, "create", deadline).await?),
    };
    let mut work = Work::new(shared, deadline);
    let mut nodes = work.start(nodes::of(&shared.name).await?).await?;
    let half_made = match nodes.is_empty() {
        true => {
            // A second cluster of the name would take the first one's context.
            for place in nodes::refuse_unproved(&shared.name).await? {
                display::line(&format!("{place} has not said whether it has {}", shared.name));
            }
            None
        }
        false => work.half_made(&config, &nodes, options.recreate).await?,
    };
    if let Some(half_made) = &half_made {
        half_made.may_go(&shared.name, options.recreate)?;
    }
    let make = nodes.is_empty() || half_made.is_some();
    // Every obstacle to the new cluster is found before the old one goes.
    if make {
        preflight::require(shared, &components, &options.ignore).await?;
    }
    let files = components::fetch(&components, options, shared.dry_run()).await?;
    if let Some(half_made) = &half_made {
        work.delete(half_made).await?;
        nodes.clear();
    }
    if make {
        work.create(&config, budget).await?;
        if shared.dry_run() {
            work.plan_rest(&config, budget, &components, options, &authorities);
            return report::publish("create", &work.checks, shared.format);
        }
        nodes = nodes::of(&shared.name).await?;
    } else {
        work.done("cluster", &shared.name, "exists");
    }
    work.checks.extend(drift::of_nodes(&config, &shared.name, &nodes));
    work.cap(&nodes, budget).await?;
    if shared.dry_run() {
        work.plan_rest(&config, budget, &components, options, &authorities);
        return report::publish("create", &work.checks, shared.format);
    }
    work.trust(&authorities, &nodes).await?;
    work.caches(options, &authorities, &nodes).await?;
    let kubeconfig = work.kubeconfig().await?;
    // kind's own file is always whole; the user's is open to other programs.
    let cluster = connect(&shared.name, Some(&kubeconfig), deadline).await?;
    work.ready(&cluster, &nodes).await?;
    work.checks.extend(drift::of_networks(&config, &cluster).await?);
    work.checks.extend(drift::of_objects(&config, &shared.name, &cluster).await?);
    if let Some(version) = cluster.version().await? {
        work.checks.extend(components::skew(&components, version));
    }
    for (index, (component, file)) in components.iter().zip(&files).enumerate() {
        let (name, version, count) = (component.name(), component.version(), components.len());
        display::line(&format!("installing {name} {version} ({} of {count})", index + 1));
        components::install(&cluster, component, file, shared, deadline).await?;
        work.done("components", component.name(), &format!("{} is ready", component.version()));
    }
    report::publish("create", &work.checks, shared.format)
}
