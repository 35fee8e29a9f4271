//! Waiting, and what is said meanwhile.

use common::diagnostic::Diagnostic;
use common::stop::Stop;

/// Something to know that does not keep the work from going on.
pub(super) fn warn(code: &'static str, message: String) {
    common::streams::say(&Diagnostic::warning(code, message).into());
}

pub(super) fn late(item: &str) -> Stop {
    let message = format!("{item} was not copied in time");
    Stop::unfinished("timeout", message).hint("give more time with --timeout")
}
