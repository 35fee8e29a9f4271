//! The text of an error response, and its meaning for this tool.

use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::secrets::mask;
use common::stop::Stop;

use super::managers::is_ours;

/// The HTTP status that the API server answered with.
pub(crate) fn code(error: &kube::Error) -> Option<u16> {
    match error {
        kube::Error::Api(status) => Some(status.code),
        _ => None,
    }
}

/// Why the API server has not done something, as far as this tool acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nobody serves the kind, or serves it yet.
    NotServed,
    /// A webhook does not answer.
    Webhook,
    /// Nobody has answered, the server is busy, or the object was just changed.
    Busy,
    /// The namespace is being deleted.
    Terminating,
    /// The object is not what its kind's schema describes.
    WrongType,
    /// The field can never change.
    Immutable,
    /// Any other reason.
    Other,
}

/// Beginnings of server-side apply's messages on an object that its kind's schema does not allow.
const NOT_OF_ITS_TYPE: [&str; 3] = [
    "failed to create typed patch object",
    "field not declared in schema",
    "duplicate entries for key",
];

impl Refusal {
    /// The reason of an error. Where the status code says too little, only the server's message
    /// tells more; no other place looks at it.
    pub(crate) fn of(error: &kube::Error) -> Self {
        let message = said(error);
        let says = |words: &str| message.contains(words);
        if is_not_served(error) {
            return Refusal::NotServed;
        }
        // The server reports a field that the kind lacks as an internal error of its own.
        if NOT_OF_ITS_TYPE.iter().any(|words| says(words)) {
            return Refusal::WrongType;
        }
        match code(error) {
            Some(404) if says("could not find the requested resource") => Refusal::NotServed,
            Some(403) if says("being terminated") => Refusal::Terminating,
            Some(409) if conflicts(error).is_empty() => Refusal::Busy,
            None | Some(429 | 500..) if says("webhook") => Refusal::Webhook,
            None | Some(429 | 500..) => Refusal::Busy,
            Some(_) if says("immutable") => Refusal::Immutable,
            Some(_) => Refusal::Other,
        }
    }

    /// Whether trying again may help.
    pub(crate) fn passes(self) -> bool {
        match self {
            Refusal::NotServed | Refusal::Webhook | Refusal::Busy | Refusal::Terminating => true,
            Refusal::WrongType | Refusal::Immutable | Refusal::Other => false,
        }
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
    // The message is `conflict with "MANAGER"`, and perhaps a subresource, a version and a time.
    let is_by_us = |said: &str| said.split('"').nth(1).is_some_and(is_ours);
    !conflicts.is_empty() && conflicts.iter().all(|(said, _)| is_by_us(said))
}

/// Whether a kind was asked for that nobody serves yet.
fn is_not_served(error: &kube::Error) -> bool {
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

/// The text of an error with its causes: the outermost one alone says little.
pub(crate) fn said(error: &kube::Error) -> String {
    if let kube::Error::Api(status) = error {
        // A refused field is quoted with its value.
        let said = if status.message.is_empty() { &status.reason } else { &status.message };
        return mask(said).into_owned();
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
pub(crate) fn stop(failure: &str, error: &kube::Error) -> Stop {
    let (status, code) = match code(error) {
        Some(429 | 500..) | None => (Status::Unfinished, "api-failed"),
        Some(_) => (Status::No, "api-refused"),
    };
    Stop::new(status, Diagnostic::error(code, format!("{failure}: {}", said(error))))
}
