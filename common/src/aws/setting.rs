//! One setting of an AWS client.

use std::env;

use crate::diagnostic::{Diagnostic, Report};

/// Where requests go when nothing names a region.
pub(super) const DEFAULT_REGION: &str = "us-east-1";

/// A variable that is set to nothing is not set.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A setting that cannot be used. Its text is not repeated: a person may have pasted a secret into it.
pub(super) fn unusable(setting: &str, problem: &str) -> Report {
    Diagnostic::error("aws-setting", format!("{setting} {problem}")).into()
}
