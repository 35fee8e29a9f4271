//! Pod: Succeeded, or Running and Ready; failed at once by what no waiting mends.

use serde_json::Value;

use super::{Cause, Failure, State, World, room};
use crate::object::{because, condition, has_condition, list, number, seconds, statuses, text};

/// How long a scheduler may find no node before that is a failure. Volumes that are still being
/// made look the same at first.
const UNSCHEDULABLE: i64 = 15;

pub(super) fn state(object: &Value, world: &World) -> State {
    match text(object, "/status/phase") {
        "Succeeded" => return State::Ready,
        "Failed" => {
            let reason = text(object, "/status/reason");
            let reason = if reason.is_empty() { "its containers failed" } else { reason };
            return State::failed(format!("phase Failed: {reason}"));
        }
        _ => {}
    }
    if let Some(failure) = stuck(object, world) {
        return State::Failed(failure);
    }
    if text(object, "/status/phase") == "Running" && has_condition(object, "Ready", "True") {
        return State::Ready;
    }
    State::InProgress(waiting(object))
}

/// A fault that no waiting mends: a crash loop, an image, or no node.
pub(super) fn stuck(object: &Value, world: &World) -> Option<Failure> {
    let loops = statuses(object).find_map(|(status, init)| {
        let code = loop_exit(status, init)?;
        if world.patience.as_ref().is_some_and(|patience| patience.tolerates(object, status)) {
            return None;
        }
        let code = code.map(|code| format!(", last exit status {code}")).unwrap_or_default();
        let reason = format!("CrashLoopBackOff in container {}{code}", text(status, "/name"));
        Some(Failure::new(Cause::CrashLoop, reason))
    });
    loops.or_else(|| unstartable(object, world))
}

/// The last exit status of a container in a crash loop. A kubelet of 1.37 shows the reason for an instant
/// only: between two starts the container is "terminated", and its restarts are counted.
fn loop_exit(status: &Value, init: bool) -> Option<Option<&Value>> {
    if text(status, "/state/waiting/reason") == "CrashLoopBackOff" {
        return Some(status.pointer("/lastState/terminated/exitCode"));
    }
    let code = status.pointer("/state/terminated/exitCode")?;
    let again = status.pointer("/restartCount").and_then(Value::as_i64) >= Some(1);
    // An init container that ends well is done.
    (again && !(init && code == 0)).then_some(Some(code))
}

/// A fault that keeps a pod from ever starting: an image, or no node.
pub(super) fn unstartable(object: &Value, world: &World) -> Option<Failure> {
    for (status, _) in statuses(object) {
        let reason = text(status, "/state/waiting/reason");
        let container = text(status, "/name");
        let message = text(status, "/state/waiting/message");
        let is_final = match reason {
            "ErrImageNeverPull" | "InvalidImageName" => true,
            "ImagePullBackOff" => world.patience.is_none() || is_absent(message),
            _ => false,
        };
        if is_final {
            let image = text(status, "/image");
            let why = if message.is_empty() { String::new() } else { format!(": {message}") };
            let reason = format!("{reason} in container {container}, image {image}{why}");
            return Some(Failure::new(Cause::Image, reason));
        }
    }
    let scheduled = condition(object, "PodScheduled")?;
    let since = world.now - seconds(text(scheduled, "/lastTransitionTime"))?;
    let hopeless = world.patience.is_none() || room::is_never(object, world);
    (is_unschedulable(scheduled) && since >= UNSCHEDULABLE && hopeless)
        .then(|| format!("no node for {since} s: {}", because(scheduled)))
        .map(|reason| Failure::new(Cause::Other, reason))
}

fn is_unschedulable(scheduled: &Value) -> bool {
    text(scheduled, "/status") == "False" && text(scheduled, "/reason") == "Unschedulable"
}

/// The words of registries and of containerd for an image that asking again does not bring. The kubelet
/// has no reason for it, so only its message tells; no other place looks at it.
const ABSENT: [&str; 6] = [
    "not found",
    "manifest unknown",
    "access denied",
    "unauthorized",
    "authorization failed",
    "no match for platform",
];

fn is_absent(message: &str) -> bool {
    ABSENT.iter().any(|words| message.contains(words))
}

/// Why a pod that may still become ready is not: its container's reason, or the scheduler's.
pub(super) fn waiting(object: &Value) -> String {
    let named = statuses(object).find_map(|(status, init)| {
        let container = text(status, "/name");
        let reason = text(status, "/state/waiting/reason");
        let restarts = number(status, "/restartCount");
        if let Some(code) = loop_exit(status, init) {
            let code = code.map(|code| format!(", last exit status {code}")).unwrap_or_default();
            return Some(format!(
                "container {container} has ended again, {restarts} restarts{code}"
            ));
        }
        let known = !reason.is_empty() && reason != "PodInitializing";
        known.then(|| {
            let message = text(status, "/state/waiting/message");
            let why = if message.is_empty() { String::new() } else { format!(": {message}") };
            format!("{reason} in container {container}{why}")
        })
    });
    let scheduled = condition(object, "PodScheduled").filter(|found| is_unschedulable(found));
    let initial = statuses(object)
        .filter(|(status, init)| *init && status.pointer("/state/running").is_some())
        .find_map(|(status, _)| initial(object, status))
        .filter(|_| text(object, "/status/phase") == "Pending");
    let named = named
        .or(initial)
        .or_else(|| Some(format!("pending, no node yet: {}", because(scheduled?))));
    let phase = text(object, "/status/phase");
    match (named, phase) {
        (Some(reason), _) => reason,
        (None, "Running") => "running, not ready yet".into(),
        (None, "") => "not seen by the scheduler yet".into(),
        (None, phase) => phase.to_lowercase(),
    }
}

/// Why the next container has to wait for an init container that runs. A sidecar is one that stays: the next one
/// waits until it has started.
fn initial(pod: &Value, status: &Value) -> Option<String> {
    let container = text(status, "/name");
    let is_sidecar = list(pod, "/spec/initContainers")
        .iter()
        .any(|one| text(one, "/name") == container && text(one, "/restartPolicy") == "Always");
    match is_sidecar {
        false => Some(format!("init container {container} has not ended yet")),
        true => (status.get("started") != Some(&Value::Bool(true)))
            .then(|| format!("sidecar {container} has not started yet")),
    }
}
