//! Is this machine ready? Everything is looked at, at the same time, and nothing is changed.

mod machine;
mod ports;
mod programs;

use std::time::Duration;

use common::exit::Status;
use common::stop::Stop;

use crate::cli::Shared;
use crate::create::config::KindConfig;
use crate::places;
use crate::report::{self, Check, Outcome};
use crate::{budget, nodes};

/// How long all questions together may take: whoever waits for the answer is a person.
const QUICK: Duration = Duration::from_millis(1700);
/// Before a cluster is made there is more time: a machine that is busy is no reason against it.
const PATIENT: Duration = Duration::from_secs(30);

/// `preflight`.
pub(crate) async fn run(shared: &Shared) -> Result<Status, Stop> {
    report::publish("preflight", &checks(shared).await, shared.format)
}

/// Every check, in a fixed order, in less than two seconds.
pub(crate) async fn checks(shared: &Shared) -> Vec<Check> {
    checks_within(shared, QUICK).await
}

async fn checks_within(shared: &Shared, limit: Duration) -> Vec<Check> {
    let mut unread = Vec::new();
    let mut read = |group, stop: Stop| unread.extend(report::stopped(group, &stop));
    let config = places::kind_config(shared.kind_config.as_deref())
        .and_then(|path| KindConfig::read(&path))
        .map_err(|stop| read("configuration", stop))
        .ok();
    let cluster = config.as_ref().map_or(shared.name.as_str(), |config| config.name());
    let budget = budget::read(shared.spec.as_deref(), cluster)
        .map_err(|stop| read("configuration", stop))
        .ok()
        .flatten();
    let ports = config.as_ref().map(KindConfig::host_ports).unwrap_or_default();
    let (engine, kind, kubectl, helm, nodes, looked) = tokio::join!(
        programs::docker(budget.map(|budget| budget.total), limit),
        programs::version(&programs::KIND, limit),
        programs::version(&programs::KUBECTL, limit),
        programs::version(&programs::HELM, limit),
        tokio::time::timeout(limit, nodes::of(&shared.name)),
        tokio::task::spawn_blocking(move || ports::look(&ports)),
    );
    let programs::Engine { answers, mut checks } = engine;
    match &nodes {
        Err(_) if answers => {
            let detail = programs::late("docker ps", limit);
            let check = Check::failed("docker", "nodes", programs::NO_ANSWER, detail);
            let hint = "the engine is busy or hangs; see when `docker ps` answers again";
            checks.push(check.hint(hint));
        }
        Ok(Err(stop)) if answers => checks.extend(report::stopped("docker", stop)),
        _ => {}
    }
    let skew = config.as_ref().and_then(KindConfig::kubernetes);
    let skew = skew.and_then(|cluster| programs::skew(&kubectl, cluster));
    checks.extend([kind, kubectl, helm].map(|found| found.check));
    checks.extend(skew);
    checks.extend(unread);
    checks.extend(machine::checks());
    // An engine that is not there holds no ports, one that does not answer may hold every one.
    let nodes = nodes.ok().map(Result::unwrap_or_default);
    checks.extend(ports::judge(looked.unwrap_or_default(), nodes.as_deref()));
    checks
}

/// Whether kubectl fits a cluster that runs.
pub(crate) async fn kubectl_skew(cluster: (u64, u64)) -> Option<Check> {
    programs::skew(&programs::version(&programs::KUBECTL, QUICK).await, cluster)
}

/// Fails with every check that has failed.
pub(crate) async fn require(shared: &Shared) -> Result<(), Stop> {
    let checks = checks_within(shared, PATIENT).await;
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
    Stop::check(report)
}
