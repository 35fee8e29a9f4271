//! Warnings and deadlines of a copy.

use common::diagnostic::Diagnostic;
use common::fault;
use common::stop::Stop;

/// A warning; the work continues.
pub(super) fn warn(code: &'static str, message: String) {
    common::streams::say(&Diagnostic::warning(code, message).into());
}

pub(super) fn late(item: &str) -> Stop {
    let message = format!("{item} was not copied before the deadline");
    Stop::unfinished("timeout", message).hint(fault::MORE_TIME)
}
