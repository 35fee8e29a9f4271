//! Unquoted dates and times, which kustomize's reader takes for points in time and prints again
//! in the form of RFC 3339.

/// The text that kustomize prints for `text`, if it is a date or a time. Source: the YAML 1.1
/// timestamp type, in the four forms that Go's YAML library reads.
pub(super) fn canonical(text: &str) -> Option<String> {
    if text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    let (date, rest) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at..])),
        None => (text, None),
    };
    let parts: Vec<u32> = numbers(date, '-', &[4, 2, 2])?;
    let [year, month, day] = parts[..] else { return None };
    if !(1..=12).contains(&month) || !(1..=days(year, month)).contains(&day) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    let Some(rest) = rest else { return Some(format!("{date}T00:00:00Z")) };
    let (time, zone) = match (rest.as_bytes()[0], rest[1..].find(['Z', '+', '-'])) {
        (b' ', None) => (&rest[1..], "Z"),
        (b'T' | b't', Some(at)) => (&rest[1..=at], &rest[at + 1..]),
        _ => return None,
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let parts = numbers(time, ':', &[2, 2, 2])?;
    let [hour, minute, second] = parts[..] else { return None };
    let offset = zone == "Z"
        || zone.len() == 6 && numbers(&zone[1..], ':', &[2, 2]).is_some_and(|p| p.len() == 2);
    if hour > 23 || minute > 59 || second > 59 || !offset {
        return None;
    }
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || fraction.len() > 9 {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let fraction = if fraction.is_empty() { String::new() } else { format!(".{fraction}") };
    let zone = if matches!(zone, "+00:00" | "-00:00") { "Z" } else { zone };
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

fn numbers(text: &str, separator: char, widths: &[usize]) -> Option<Vec<u32>> {
    let parts: Vec<&str> = text.split(separator).collect();
    let valid = |(part, width): (&&str, &usize)| {
        !part.is_empty() && part.len() <= *width && part.bytes().all(|b| b.is_ascii_digit())
    };
    if parts.len() != widths.len() || !parts.iter().zip(widths).all(valid) {
        return None;
    }
    parts.iter().map(|part| part.parse().ok()).collect()
}

fn days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn dates_and_times_are_completed_and_nothing_else_is() {
        for (text, expected) in [
            ("2001-01-01", Some("2001-01-01T00:00:00Z")),
            ("2001-1-2", Some("2001-01-02T00:00:00Z")),
            ("2001-12-14T21:59:43.10-05:00", Some("2001-12-14T21:59:43.1-05:00")),
            ("2001-12-14 21:59:43", Some("2001-12-14T21:59:43Z")),
            ("2001-02-30", None),
            ("2001-01-01x", None),
            ("1234-5678", None),
        ] {
            assert_eq!(canonical(text).as_deref(), expected, "{text}");
        }
    }
}
