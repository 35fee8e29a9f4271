//! The platform, used: what is ready may still not work.

mod inside;
mod routes;

use std::time::{Duration, Instant};

use common::exit::Status;
use common::stop::Stop;
use serde_json::Value;

use crate::cli::{self, Shared};
use crate::cluster::Cluster;
use crate::object::{has_condition, list, meta, name, template, text};
use crate::render;
use crate::report::{self, Check, Outcome};

/// `smoke`.
pub(crate) async fn run(shared: &Shared, options: &cli::Smoke) -> Result<Status, Stop> {
    let rendered = render::overlay(shared).await?;
    if shared.dry_run {
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
                .hint("is it the right overlay, and are --profile's services in it?"),
        );
    }
    report::publish("smoke", &checks, shared.format)
}

/// How long one check may take: a Java client starts slowly, and nothing takes longer.
const LIMIT: Duration = Duration::from_secs(60);

/// Every check, one after the other, each whatever the others have said. The ones that the
/// deadline leaves no time for have failed.
///
/// # Errors
/// The cluster does not answer.
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

fn time_left(deadline: Instant, limit: Duration) -> Duration {
    limit.min(deadline.saturating_duration_since(Instant::now()))
}

fn no_answer(limit: Duration) -> String {
    match limit.as_millis() {
        0 => "no time was left for it; --timeout gives more".to_owned(),
        milliseconds => format!("no answer within {:.1} s", milliseconds as f64 / 1000.0),
    }
}

/// What the checks work with.
struct Bench<'a> {
    cluster: &'a Cluster,
    objects: &'a [Value],
    namespace: &'a str,
    deadline: Instant,
    pods: Vec<Value>,
}

/// A pod that a check runs its commands in.
enum Place<'a> {
    /// This one, and its container.
    In(&'a Value, &'a str),
    /// The overlay has no such service.
    Absent,
    /// It has, and no pod of it is ready.
    NotReady,
}

impl<'a> Bench<'a> {
    /// A ready pod of a service, by its `app.kubernetes.io/name`.
    fn pod_of(&'a self, service: &str) -> Place<'a> {
        const LABEL: &str = "app.kubernetes.io/name";
        let labelled = |object: &&Value| meta(object, "labels", LABEL) == Some(service);
        let known = self.objects.iter().filter(|o| template(*o).is_some()).any(|o| labelled(&o));
        if !known {
            return Place::Absent;
        }
        let ready = |pod: &&Value| {
            text(pod, "/metadata/deletionTimestamp").is_empty()
                && text(pod, "/status/phase") == "Running"
                && has_condition(pod, "Ready", "True")
        };
        let pod = self.pods.iter().filter(labelled).find(ready);
        pod.map_or(Place::NotReady, |pod| Place::In(pod, text(pod, "/spec/containers/0/name")))
    }

    /// Runs a script; what it prints is the answer, and a status that is not 0 the failure.
    async fn ask(&self, pod: &Value, container: &str, script: &str) -> Result<String, String> {
        let limit = time_left(self.deadline, LIMIT);
        let answer = self.cluster.shell(self.namespace, name(pod), container, script);
        let Ok(answer) = tokio::time::timeout(limit, answer).await else {
            return Err(no_answer(limit));
        };
        match answer {
            Ok((executed, out)) if executed.status == 0 => Ok(out.trim().to_owned()),
            Ok((executed, out)) => {
                let said = crate::process::tail(&format!("{out}\n{}", executed.stderr));
                Err(format!("exit status {}: {said}", executed.status))
            }
            Err(stop) => {
                let first = stop.report.diagnostics().first().map(|d| d.message().to_owned());
                Err(first.unwrap_or_default())
            }
        }
    }

    /// Where a pod has a claim mounted.
    fn claim_of(&self, pod: &'a Value) -> Option<(&'a str, &'a str)> {
        let volumes = list(pod, "/spec/volumes").iter();
        let claims: Vec<(&str, &str)> = volumes
            .map(|v| (text(v, "/name"), text(v, "/persistentVolumeClaim/claimName")))
            .filter(|(_, claim)| !claim.is_empty())
            .collect();
        list(pod, "/spec/containers/0/volumeMounts").iter().find_map(|mount| {
            let (_, claim) = claims.iter().find(|(volume, _)| text(mount, "/name") == *volume)?;
            Some((text(mount, "/mountPath"), *claim))
        })
    }
}
