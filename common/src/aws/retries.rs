//! How often a request is tried: `AWS_MAX_ATTEMPTS`, `AWS_RETRY_MODE` and their keys in a profile.

use std::time::Duration;

use aws_config::retry::{RetryConfig, RetryMode};

use super::profile::Profiles;
use super::setting::{unusable, variable};
use crate::diagnostic::Report;

/// Tries for one call when nothing says how many, with growing, random pauses between them.
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The modes of the AWS tools, with their attempts when only the mode is set. Clients of the kind
/// `legacy` differ in details of their pauses; here its pauses are those of `standard`.
const MODES: [(&str, RetryMode, u32); 3] = [
    ("standard", RetryMode::Standard, 3),
    ("adaptive", RetryMode::Adaptive, 3),
    ("legacy", RetryMode::Standard, 5),
];

pub(super) struct Retries {
    pub(super) config: RetryConfig,
    /// Whether the user has limited the attempts.
    pub(super) are_set: bool,
}

/// # Errors
/// A number that is none, or a mode that does not exist.
pub(super) fn of(profiles: &Profiles) -> Result<Retries, Report> {
    let attempts = match setting(profiles, "AWS_MAX_ATTEMPTS", "max_attempts") {
        None => None,
        Some((name, value)) => match value.parse::<u32>() {
            Ok(attempts) if attempts > 0 => Some(attempts),
            _ => return Err(unusable(&name, "is not a number of attempts, such as 5")),
        },
    };
    let mode = match setting(profiles, "AWS_RETRY_MODE", "retry_mode") {
        None => None,
        Some((name, value)) => {
            let mode = MODES.iter().find(|(mode, ..)| value.eq_ignore_ascii_case(mode));
            let known = "is not one of standard, adaptive and legacy";
            Some(mode.ok_or_else(|| unusable(&name, known))?)
        }
    };
    let default = mode.map_or(ATTEMPTS, |(.., attempts)| *attempts);
    let config = RetryConfig::standard()
        .with_retry_mode(mode.map_or(RetryMode::Standard, |(_, mode, _)| *mode))
        .with_max_attempts(attempts.unwrap_or(default))
        .with_initial_backoff(FIRST_PAUSE);
    Ok(Retries { config, are_set: attempts.is_some() })
}

/// A setting of a variable or else of the selected profile, with its name for messages.
fn setting(profiles: &Profiles, name: &str, key: &str) -> Option<(String, String)> {
    if let Some(value) = variable(name) {
        return Some((name.to_owned(), value));
    }
    let value = profiles.get(key)?;
    Some((format!("{key} of the profile \"{}\"", profiles.selected()), value.to_owned()))
}
