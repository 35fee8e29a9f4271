//! Why something failed: its last events, and the last lines that its containers wrote.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::secrets::{MASK, mask};
use common::url;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::cluster::live::Live;
use crate::object::{list, name, statuses, text};
use crate::readiness::pods;

const EVENTS: usize = 5;
const LINES: usize = 20;
/// A shorter value would be found in half the words of a log.
const SHORTEST_SECRET: usize = 4;

/// Events and log lines, without the values of the namespace's Secrets and without what looks like
/// a secret; empty when there are none.
pub(super) async fn details(
    cluster: &Cluster,
    object: &Value,
    live: &Live,
    secrets: &Secrets,
) -> String {
    // If the Secrets cannot be read, their values cannot be masked.
    if secrets.unknown {
        return "no events and log lines: the Secrets to be hidden in them cannot be read\n".into();
    }
    let namespace = text(object, "/metadata/namespace");
    let pods: Vec<Value> = {
        let seen = live.seen();
        pods::of(object, &seen.world).into_iter().cloned().collect()
    };
    let mut out = String::new();
    // The events of refused pods are those of the ReplicaSet, those of volumes the claim's.
    let made: Vec<Value> = {
        let seen = live.seen();
        let is_of = |set: &&Value| owners(set).any(|owner| owner == name(object));
        seen.world.all("ReplicaSet", namespace).filter(is_of).cloned().collect()
    };
    let around = pods.iter().chain(&made).map(name);
    let concerned: Vec<&str> = around.chain([name(object)]).collect();
    let mut events = cluster.list("v1", "Event", namespace).await.unwrap_or_default();
    events.retain(|event| concerned.contains(&text(event, "/involvedObject/name")));
    events.sort_by_key(|event| time(event).to_owned());
    for event in &events[events.len().saturating_sub(EVENTS)..] {
        out.push_str(&format!(
            "event {}/{}: {}: {}\n",
            text(event, "/involvedObject/kind"),
            text(event, "/involvedObject/name"),
            text(event, "/reason"),
            mask(text(event, "/message"))
        ));
    }
    for pod in &pods {
        for container in failing(pod) {
            let again = text(container, "/state/waiting/reason") == "CrashLoopBackOff";
            let container = text(container, "/name");
            let log = cluster.log(namespace, name(pod), container, again, LINES).await;
            for line in mask(&log.unwrap_or_default()).lines() {
                out.push_str(&format!("log {}/{container}: {line}\n", name(pod)));
            }
        }
    }
    secrets.hide(&out)
}

fn owners(object: &Value) -> impl Iterator<Item = &str> {
    list(object, "/metadata/ownerReferences").iter().map(|owner| text(owner, "/name"))
}

fn time(event: &Value) -> &str {
    let times = ["/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"];
    times.into_iter().map(|at| text(event, at)).find(|t| !t.is_empty()).unwrap_or_default()
}

/// The containers that have something to say about a failure; all, when none stands out.
fn failing(pod: &Value) -> Vec<&Value> {
    let all: Vec<&Value> = statuses(pod).map(|(status, _)| status).collect();
    // A container that waits for the others has nothing to say, and hides the log of the one that it waits for.
    let starts = ["", "PodInitializing", "ContainerCreating"];
    let bad = |status: &&Value| {
        !starts.contains(&text(status, "/state/waiting/reason"))
            || status.pointer("/state/terminated/exitCode").is_some_and(|code| code != 0)
            || status["restartCount"].as_i64().is_some_and(|count| count > 0)
    };
    let bad: Vec<&Value> = all.iter().copied().filter(bad).collect();
    if bad.is_empty() { all } else { bad }
}

/// The part of a namespace that may not be shown: its Secrets' values, as they are and encoded.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    /// Longest first: a value may hold another.
    values: Vec<String>,
    /// They could not be read.
    unknown: bool,
}

impl Secrets {
    /// The Secrets of a namespace.
    pub(crate) async fn of(cluster: &Cluster, namespace: &str) -> Self {
        let Ok(secrets) = cluster.list("v1", "Secret", namespace).await else {
            return Secrets { values: Vec::new(), unknown: true };
        };
        let data = secrets.iter().filter_map(|secret| secret["data"].as_object());
        let encoded = data.flat_map(|data| data.values()).filter_map(Value::as_str);
        // Every service account's token comes with the name of its namespace.
        let secret = |value: &String| value.len() >= SHORTEST_SECRET && value != namespace;
        let values: Vec<String> = encoded
            .filter_map(|value| Some((value.to_owned(), STANDARD.decode(value).ok()?)))
            .filter_map(|(encoded, bytes)| Some((encoded, String::from_utf8(bytes).ok()?)))
            .filter(|(_, value)| secret(value))
            .flat_map(|(encoded, value)| {
                let lines: Vec<String> = value.lines().map(str::to_owned).collect();
                let escaped = url::encode(&value);
                lines.into_iter().chain([encoded, escaped])
            })
            .filter(secret)
            .collect();
        let mut secrets = Secrets { values, unknown: false };
        secrets.sort();
        secrets
    }

    /// Whether they could not be read, so that nothing can be masked.
    pub(crate) fn are_unknown(&self) -> bool {
        self.unknown
    }

    /// Adds values that have come since.
    pub(crate) fn extend(&mut self, newer: Secrets) {
        self.values.extend(newer.values);
        self.sort();
    }

    fn sort(&mut self) {
        self.values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.values.dedup();
    }

    /// A text with [`MASK`] for each of them.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
    }
}
