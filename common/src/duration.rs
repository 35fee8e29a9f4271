//! Durations as options take them and messages show them: `90s`, `15m`, `1h 30m`, `7d`.

use std::fmt::Display;
use std::time::Duration;

/// The name of a duration's value in a help text.
pub const METAVAR: &str = "DURATION";

/// Reads a duration: numbers with units from `ns` to `y`, one after another.
///
/// # Errors
/// A message for the command line.
pub fn parse(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write it like 90s, 15m or 1h 30m"))
}

/// Reads how long a run may take, which is more than zero.
///
/// # Errors
/// A message for the command line.
pub fn timeout(text: &str) -> Result<Duration, String> {
    match parse(text)? {
        Duration::ZERO => Err("must be more than zero".into()),
        time => Ok(time),
    }
}

/// A duration for a message: `1m 30s`.
pub fn show(duration: Duration) -> impl Display {
    humantime::format_duration(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up() {
        assert_eq!(parse("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse("7d"), Ok(Duration::from_secs(7 * 86_400)));
        assert_eq!(parse("1.5s"), Ok(Duration::from_millis(1500)));
    }

    #[test]
    fn a_number_without_unit_is_refused() {
        let message = parse("90").unwrap_err();
        assert!(message.ends_with("; write it like 90s, 15m or 1h 30m"), "{message}");
    }

    #[test]
    fn a_timeout_is_more_than_zero() {
        assert_eq!(timeout("0s"), Err("must be more than zero".into()));
    }

    #[test]
    fn a_duration_is_shown_as_it_is_read() {
        assert_eq!(show(Duration::from_secs(90)).to_string(), "1m 30s");
    }
}
