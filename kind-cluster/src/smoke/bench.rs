//! The pods of the platform, and scripts that run in them.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cluster::Cluster;
use crate::object::{has_condition, list, meta, name, template, text};

/// How long one check may take: a Java client starts slowly, and nothing takes longer.
const LIMIT: Duration = Duration::from_secs(60);

pub(super) fn time_left(deadline: Instant, limit: Duration) -> Duration {
    limit.min(deadline.saturating_duration_since(Instant::now()))
}

pub(super) fn no_answer(limit: Duration) -> String {
    match limit.as_millis() {
        0 => "the deadline had passed; give more time with --timeout".to_owned(),
        milliseconds => format!("no answer within {:.1} s", milliseconds as f64 / 1000.0),
    }
}

/// The checks' tools.
pub(super) struct Bench<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) objects: &'a [Value],
    pub(super) namespace: &'a str,
    pub(super) deadline: Instant,
    pub(super) pods: Vec<Value>,
}

/// A pod that a check runs its commands in.
pub(super) enum Place<'a> {
    /// This one, and its container.
    In(&'a Value, &'a str),
    /// The overlay has no such service.
    Absent,
    /// It has, and no pod of it is ready.
    NotReady,
}

impl<'a> Bench<'a> {
    /// A ready pod of a service, by its `app.kubernetes.io/name`.
    pub(super) fn pod_of(&'a self, service: &str) -> Place<'a> {
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

    /// Runs a script; its output is the answer, and a status that is not 0 the failure.
    pub(super) async fn ask(
        &self,
        pod: &Value,
        container: &str,
        script: &str,
    ) -> Result<String, String> {
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
            Err(stop) => Err(stop.reason().to_owned()),
        }
    }

    /// Where a pod has a claim mounted.
    pub(super) fn claim_of(&self, pod: &'a Value) -> Option<(&'a str, &'a str)> {
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
