//! Days and milliseconds since 1970 as ISO 8601 text.

use chrono::{DateTime, Datelike, Utc};

const DAY_MILLIS: i128 = 86_400_000;

/// `YYYY-MM-DD`, or nothing outside the years 1 to 9999, which not every reader parses.
pub(crate) fn date(days: i128) -> Option<String> {
    Some(at(days.checked_mul(DAY_MILLIS)?)?.format("%Y-%m-%d").to_string())
}

/// `YYYY-MM-DDTHH:MM:SS.mmm`, or nothing outside the years 1 to 9999.
pub(crate) fn timestamp(millis: i128) -> Option<String> {
    Some(at(millis)?.format("%Y-%m-%dT%H:%M:%S%.3f").to_string())
}

/// Now, in milliseconds since 1970.
pub(crate) fn now_millis() -> i64 {
    Utc::now().timestamp_millis()
}

fn at(millis: i128) -> Option<DateTime<Utc>> {
    let time = DateTime::from_timestamp_millis(i64::try_from(millis).ok()?)?;
    (1..=9999).contains(&time.year()).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (19_782, "2024-02-29"),
            (-719_162, "0001-01-01"),
            (2_932_896, "9999-12-31"),
        ] {
            assert_eq!(date(days).as_deref(), Some(text));
        }
        assert_eq!(date(-719_163), None);
        assert_eq!(date(2_932_897), None);
        assert_eq!(date(i128::MAX), None);
    }

    #[test]
    fn known_times() {
        assert_eq!(timestamp(-1).as_deref(), Some("1969-12-31T23:59:59.999"));
        assert_eq!(timestamp(86_400_000).as_deref(), Some("1970-01-02T00:00:00.000"));
    }
}
