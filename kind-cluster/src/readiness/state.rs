//! The states of an object.

/// What an object's state is, with the reason where it is not simply ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing is left to wait for.
    Ready,
    /// It may still become ready.
    InProgress(String),
    /// It will not become ready by waiting.
    Failed(String),
    /// There is nothing that could make it ready, and that is no failure.
    Skipped(String),
}

impl State {
    /// Ready, or nothing to wait for.
    pub(crate) fn is_settled(&self) -> bool {
        matches!(self, State::Ready | State::Skipped(_))
    }

    /// One word for a table.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            State::Ready => "ready",
            State::InProgress(_) => "waiting",
            State::Failed(_) => "failed",
            State::Skipped(_) => "skipped",
        }
    }

    /// Why, or nothing.
    pub(crate) fn reason(&self) -> &str {
        match self {
            State::Ready => "",
            State::InProgress(reason) | State::Failed(reason) | State::Skipped(reason) => reason,
        }
    }
}

/// `3 of 5 ready`, when fewer are there than wanted.
pub(super) fn short_of(have: i64, want: i64, what: &str) -> Option<State> {
    (have < want).then(|| State::InProgress(format!("{have} of {want} {what}")))
}
