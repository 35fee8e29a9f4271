//! The state of an object that was applied, and the code under which its failure is reported.

use serde_json::Value;

use crate::cluster::live::Seen;
use crate::object::{Key, number, text};
use crate::readiness::{Cause, State, assess};

/// The state of an object that was applied, by the newest answer of the watches.
pub(super) fn state(applied: &Value, seen: &Seen) -> State {
    let key = Key::of(applied);
    let Some(now) = seen.world.objects.get(&key) else {
        return match seen.gone.get(&key) {
            // A Job with a time to live goes when it has ended, and that it ended badly was seen.
            Some(last) if key.kind == "Job" => match assess(last, &seen.world) {
                State::InProgress(_) if last["spec"]["ttlSecondsAfterFinished"].is_null() => {
                    State::failed("somebody has deleted it before it had ended")
                }
                State::Failed(failure) => State::Failed(failure),
                _ => State::Ready,
            },
            _ => State::InProgress("not there".into()),
        };
    };
    // An older object would show the state from before it was applied, or from before it was deleted.
    let made = |object: &Value| text(object, "/metadata/creationTimestamp").to_owned();
    if now["metadata"]["uid"] != applied["metadata"]["uid"] && made(now) <= made(applied) {
        return State::InProgress("the change has not arrived yet".into());
    }
    if number(now, "/metadata/generation") < number(applied, "/metadata/generation") {
        return State::InProgress("the change has not arrived yet".into());
    }
    assess(now, &seen.world)
}

pub(super) fn failure_code(object: &Value, cause: Cause) -> &'static str {
    match cause {
        Cause::CrashLoop => "crash-loop",
        Cause::Image => "image",
        Cause::Other if text(object, "/kind") == "Job" => "job-failed",
        Cause::Other => "failed",
    }
}
