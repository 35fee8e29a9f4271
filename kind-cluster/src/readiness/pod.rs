//! Pod: Succeeded, or Running and Ready; failed at once by what no waiting mends.

use serde_json::Value;

use super::{Cause, Failure, State};
use crate::object::{because, condition, has_condition, seconds, statuses, text};

/// How long a scheduler may find no node before that is a failure. Volumes that are still being
/// made look the same at first.
const UNSCHEDULABLE: i64 = 15;

pub(super) fn state(object: &Value, now: i64) -> State {
    match text(object, "/status/phase") {
        "Succeeded" => return State::Ready,
        "Failed" => {
            let reason = text(object, "/status/reason");
            let reason = if reason.is_empty() { "its containers failed" } else { reason };
            return State::failed(format!("phase Failed: {reason}"));
        }
        _ => {}
    }
    if let Some(failure) = stuck(object, now) {
        return State::Failed(failure);
    }
    if text(object, "/status/phase") == "Running" && has_condition(object, "Ready", "True") {
        return State::Ready;
    }
    State::InProgress(waiting(object))
}

/// Failures that waiting does not mend: a crash loop, an image, or no node.
pub(super) fn stuck(object: &Value, now: i64) -> Option<Failure> {
    let loops = statuses(object).find_map(|(status, init)| {
        let code = loop_exit(status, init)?;
        let code = code.map(|code| format!(", last exit status {code}")).unwrap_or_default();
        let reason = format!("CrashLoopBackOff in container {}{code}", text(status, "/name"));
        Some(Failure::new(Cause::CrashLoop, reason))
    });
    loops.or_else(|| unstartable(object, now))
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

/// Causes that keep a pod from ever starting: an image, or no node.
pub(super) fn unstartable(object: &Value, now: i64) -> Option<Failure> {
    for (status, _) in statuses(object) {
        let reason = text(status, "/state/waiting/reason");
        let container = text(status, "/name");
        let message = text(status, "/state/waiting/message");
        if ["ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"].contains(&reason) {
            let image = text(status, "/image");
            let why = if message.is_empty() { String::new() } else { format!(": {message}") };
            let reason = format!("{reason} in container {container}, image {image}{why}");
            return Some(Failure::new(Cause::Image, reason));
        }
    }
    let scheduled = condition(object, "PodScheduled")?;
    let since = seconds(text(scheduled, "/lastTransitionTime"))?;
    let unschedulable =
        text(scheduled, "/status") == "False" && text(scheduled, "/reason") == "Unschedulable";
    (unschedulable && now - since >= UNSCHEDULABLE)
        .then(|| format!("no node for {} s: {}", now - since, because(scheduled)))
        .map(|reason| Failure::new(Cause::Other, reason))
}

fn waiting(object: &Value) -> String {
    let named = statuses(object).find_map(|(status, _)| {
        let reason = text(status, "/state/waiting/reason");
        let known = !reason.is_empty() && reason != "PodInitializing";
        known.then(|| format!("{reason} in container {}", text(status, "/name")))
    });
    let phase = text(object, "/status/phase");
    match (named, phase) {
        (Some(reason), _) => reason,
        (None, "Running") => "running, not ready yet".into(),
        (None, "") => "not seen by the scheduler yet".into(),
        (None, phase) => phase.to_lowercase(),
    }
}
