//! Is this machine ready? Everything is looked at, at the same time, and nothing is changed.

mod engine;
mod machine;
mod ports;
mod programs;

use std::path::Path;
use std::time::Duration;

use common::exit::Status;
use common::stop::Stop;

use crate::cli::{self, Ignore, Shared};
use crate::create::components::{self, Component};
use crate::create::config::KindConfig;
use crate::engine::facts::Site;
use crate::places;
use crate::report::{self, Check, Outcome};
use crate::{budget, nodes};

/// The time for all questions together, because a person waits for the answer.
const QUICK: Duration = Duration::from_millis(1700);
/// Before a cluster is made there is more time: a machine that is busy is no reason against it.
const PATIENT: Duration = Duration::from_secs(30);

/// `preflight`.
pub(crate) async fn run(shared: &Shared, options: &cli::Preflight) -> Result<Status, Stop> {
    let checks = checks(shared, options.components.as_deref(), &options.ignore).await;
    report::publish("preflight", &checks, shared.format)
}

/// Every check, in a fixed order, in less than two seconds.
pub(crate) async fn checks(
    shared: &Shared,
    components: Option<&Path>,
    ignore: &Ignore,
) -> Vec<Check> {
    // The installation reports a file of components that cannot be read.
    let components = places::components(components).and_then(|path| components::from_file(&path));
    let helm = components.map_or(true, |components| needs_helm(&components));
    checks_within(shared, helm, QUICK, ignore).await
}

/// Whether Helm is used: only charts are rendered by it.
fn needs_helm(components: &[Component]) -> bool {
    components.iter().any(Component::has_chart)
}

/// Failed checks that somebody has chosen to ignore are warnings.
fn ignoring(mut checks: Vec<Check>, ignore: &Ignore) -> Vec<Check> {
    for check in &mut checks {
        let names = [check.code, check.name.as_str(), check.group];
        let ignored = ignore.ignore.iter().any(|word| names.contains(&word.as_str()));
        if check.outcome == Outcome::Failed && ignored {
            check.outcome = Outcome::Warning;
            check.detail.push_str("; ignored");
        }
    }
    checks
}

async fn checks_within(
    shared: &Shared,
    helm: bool,
    limit: Duration,
    ignore: &Ignore,
) -> Vec<Check> {
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
        engine::look(budget.map(|budget| budget.total), limit),
        programs::version(&programs::KIND, limit),
        programs::version(&programs::KUBECTL, limit),
        async {
            match helm {
                true => programs::version(&programs::HELM, limit).await.check,
                false => Check::skipped("programs", "helm", "no component is a chart"),
            }
        },
        tokio::time::timeout(limit, nodes::of(&shared.name)),
        tokio::task::spawn_blocking(move || ports::look(&ports)),
    );
    let engine::Engine { facts, site, group, mut checks } = engine;
    let answers = facts.is_some();
    match &nodes {
        Err(_) if answers => {
            let detail = programs::late(&format!("{group} ps"), limit);
            let check = Check::failed(group, "nodes", programs::NO_ANSWER, detail);
            let hint = format!("the engine is busy or hangs; see when `{group} ps` answers again");
            checks.push(check.hint(hint));
        }
        Ok(Err(stop)) if answers => checks.extend(report::stopped(group, stop)),
        _ => {}
    }
    let skew = config.as_ref().and_then(KindConfig::kubernetes);
    let skew = skew.and_then(|cluster| programs::skew(&kubectl, cluster));
    checks.extend([kind.check, kubectl.check, helm]);
    checks.extend(skew);
    checks.extend(unread);
    checks.extend(machine::checks(facts.as_ref(), &site));
    // An engine that is not there holds no ports, one that does not answer may hold every one.
    let nodes = nodes.ok().map(Result::unwrap_or_default);
    let place = match (&site, facts) {
        (Site::Remote(_), _) => ports::Place::Remote,
        (_, Some(facts)) if facts.rootless => ports::Place::Rootless,
        _ => ports::Place::Root,
    };
    checks.extend(ports::judge(looked.unwrap_or_default(), nodes.as_deref(), place));
    ignoring(checks, ignore)
}

/// Whether kubectl fits a cluster that runs.
pub(crate) async fn kubectl_skew(cluster: (u64, u64)) -> Option<Check> {
    programs::skew(&programs::version(&programs::KUBECTL, QUICK).await, cluster)
}

/// Fails with every check that has failed.
pub(crate) async fn require(
    shared: &Shared,
    components: &[Component],
    ignore: &Ignore,
) -> Result<(), Stop> {
    let checks = checks_within(shared, needs_helm(components), PATIENT, ignore).await;
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
