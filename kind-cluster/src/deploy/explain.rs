//! Why something failed: its last events, and the last lines that its containers wrote.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::cluster::live::Live;
use crate::object::{list, name, text};
use crate::readiness::pods;

const EVENTS: usize = 5;
const LINES: usize = 20;
/// A shorter value would be found in half the words of a log.
const SHORTEST_SECRET: usize = 4;

/// Events and log lines, without the values of the namespace's Secrets; empty when there are none.
pub(super) async fn details(cluster: &Cluster, object: &Value, live: &Live) -> String {
    let namespace = text(object, "/metadata/namespace");
    let pods: Vec<Value> = {
        let seen = live.seen();
        pods::of(object, &seen.world).into_iter().cloned().collect()
    };
    let mut out = String::new();
    let concerned: Vec<&str> = pods.iter().map(name).chain([name(object)]).collect();
    let mut events = cluster.list("v1", "Event", namespace).await.unwrap_or_default();
    events.retain(|event| concerned.contains(&text(event, "/involvedObject/name")));
    events.sort_by_key(|event| time(event).to_owned());
    for event in &events[events.len().saturating_sub(EVENTS)..] {
        out.push_str(&format!(
            "event {}/{}: {}: {}\n",
            text(event, "/involvedObject/kind"),
            text(event, "/involvedObject/name"),
            text(event, "/reason"),
            text(event, "/message")
        ));
    }
    for pod in &pods {
        for container in failing(pod) {
            let again = text(container, "/state/waiting/reason") == "CrashLoopBackOff";
            let container = text(container, "/name");
            let log = cluster.log(namespace, name(pod), container, again, LINES).await;
            for line in log.unwrap_or_default().lines() {
                out.push_str(&format!("log {}/{container}: {line}\n", name(pod)));
            }
        }
    }
    hide(&out, &secrets(cluster, namespace).await)
}

fn time(event: &Value) -> &str {
    let times = ["/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"];
    times.into_iter().map(|at| text(event, at)).find(|t| !t.is_empty()).unwrap_or_default()
}

/// The containers that have something to say about a failure; all, when none stands out.
fn failing(pod: &Value) -> Vec<&Value> {
    let all: Vec<&Value> = list(pod, "/status/initContainerStatuses")
        .iter()
        .chain(list(pod, "/status/containerStatuses"))
        .collect();
    let bad = |status: &&Value| {
        !text(status, "/state/waiting/reason").is_empty()
            || status.pointer("/state/terminated/exitCode").is_some_and(|code| code != 0)
            || status["restartCount"].as_i64().is_some_and(|count| count > 0)
    };
    let bad: Vec<&Value> = all.iter().copied().filter(bad).collect();
    if bad.is_empty() { all } else { bad }
}

/// The values of a namespace's Secrets, longest first: a value may hold another.
async fn secrets(cluster: &Cluster, namespace: &str) -> Vec<String> {
    let secrets = cluster.list("v1", "Secret", namespace).await.unwrap_or_default();
    let mut values: Vec<String> = secrets
        .iter()
        .filter_map(|secret| secret["data"].as_object())
        .flat_map(|data| data.values())
        .filter_map(|value| STANDARD.decode(value.as_str()?).ok())
        .filter_map(|bytes| String::from_utf8(bytes).ok())
        .flat_map(|value| value.lines().map(str::to_owned).collect::<Vec<_>>())
        // Every service account's token comes with the name of its namespace.
        .filter(|value| value.len() >= SHORTEST_SECRET && value != namespace)
        .collect();
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values.dedup();
    values
}

fn hide(text: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
}
