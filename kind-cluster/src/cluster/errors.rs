//! What an answer that is an error says, and what it means for this tool.

use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::stop::Stop;

use super::managers::{MANAGER, RESTORER};

/// The HTTP status that the API server answered with.
pub(crate) fn code(error: &kube::Error) -> Option<u16> {
    match error {
        kube::Error::Api(status) => Some(status.code),
        _ => None,
    }
}

/// Manager and field of each conflict that an apply was refused for.
pub(crate) fn conflicts(error: &kube::Error) -> Vec<(&str, &str)> {
    let kube::Error::Api(status) = error else { return Vec::new() };
    let causes = status.details.iter().flat_map(|details| &details.causes);
    causes
        .filter(|cause| cause.reason == "FieldManagerConflict")
        .map(|cause| (cause.message.as_str(), cause.field.as_str()))
        .collect()
}

pub(super) fn only_ours(error: &kube::Error) -> bool {
    let conflicts = conflicts(error);
    let ours = [MANAGER, RESTORER].map(|manager| format!("\"{manager}\""));
    !conflicts.is_empty()
        && conflicts.iter().all(|(said, _)| ours.iter().any(|manager| said.contains(manager)))
}

/// Whether a kind was asked for that nobody serves yet.
pub(crate) fn is_not_served(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.reason == NOT_SERVED)
}

const NOT_SERVED: &str = "KindNotServed";

pub(super) fn not_served(api_version: &str, kind: &str) -> kube::Error {
    let mut status = kube::core::Status::failure(
        &format!("the API server does not serve {kind} of {api_version}"),
        NOT_SERVED,
    );
    status.code = 404;
    kube::Error::Api(Box::new(status))
}

/// What an error says, with its causes: the outermost one alone says little.
pub(crate) fn said(error: &kube::Error) -> String {
    if let kube::Error::Api(status) = error {
        return if status.message.is_empty() {
            status.reason.clone()
        } else {
            status.message.clone()
        };
    }
    chain(error)
}

/// An error with its causes, of which the innermost says most.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}

/// A request that failed: unanswered is unfinished, refused is no.
pub(crate) fn stop(what: &str, error: &kube::Error) -> Stop {
    let (status, code) = match code(error) {
        Some(429 | 500..) | None => (Status::Unfinished, "api-failed"),
        Some(_) => (Status::No, "api-refused"),
    };
    Stop::new(status, Diagnostic::error(code, format!("{what}: {}", said(error))))
}
