//! Is this machine ready? Everything is looked at, at the same time, and nothing is changed.

mod machine;
mod ports;
mod programs;

use common::exit::Status;
use common::stop::Stop;

use crate::cli::Shared;
use crate::create::config::KindConfig;
use crate::places;
use crate::report::{self, Check, Outcome};
use crate::{budget, nodes};

/// `preflight`.
pub(crate) async fn run(shared: &Shared) -> Result<Status, Stop> {
    let checks = checks(shared).await?;
    report::publish("preflight", &checks, shared.format)
}

/// Every check, in a fixed order.
///
/// # Errors
/// The Kind configuration or the specification cannot be read.
pub(crate) async fn checks(shared: &Shared) -> Result<Vec<Check>, Stop> {
    let config = KindConfig::read(&places::kind_config(shared.kind_config.as_deref())?)?;
    let budget = budget::read(shared.spec.as_deref(), config.name())?;
    let (engine, kind, kubectl, helm) = tokio::join!(
        programs::docker(budget.map(|budget| budget.total)),
        programs::version("kind"),
        programs::version("kubectl"),
        programs::version("helm"),
    );
    let engine_answers =
        engine.iter().all(|check| check.code != "docker-missing" && check.code != "docker-stopped");
    // Ports that the cluster's own nodes hold are not in anybody's way.
    let own = match engine_answers {
        true => nodes::of(&shared.name).await.unwrap_or_default(),
        false => Vec::new(),
    };
    let mut checks = engine;
    checks.extend([kind, kubectl, helm]);
    checks.extend(machine::checks());
    checks.extend(ports::checks(&config, &own));
    Ok(checks)
}

/// Fails with every check that has failed.
pub(crate) async fn require(shared: &Shared) -> Result<(), Stop> {
    let checks = checks(shared).await?;
    let mut report = common::diagnostic::Report::default();
    for check in checks.iter().filter(|check| check.outcome == Outcome::Failed) {
        let diagnostic = common::diagnostic::Diagnostic::error(
            check.code,
            format!("{}: {}", check.name, check.detail),
        );
        report.push(match &check.hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        });
    }
    if report.has_errors() { Err(Stop { status: Status::No, report }) } else { Ok(()) }
}
