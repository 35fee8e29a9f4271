//! Amounts as Compose writes them.

/// Bytes of `512m`, `1g`, `1024`; the units are powers of 1024.
pub fn memory(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor: u64 = match &text[digits.len()..] {
        "" | "b" => 1,
        "k" | "kb" | "kib" | "ki" => 1 << 10,
        "m" | "mb" | "mib" | "mi" => 1 << 20,
        "g" | "gb" | "gib" | "gi" => 1 << 30,
        _ => return None,
    };
    let number: f64 = digits.trim().parse().ok()?;
    let bytes = number * factor as f64;
    (bytes >= 1.0 && bytes < (1u64 << 53) as f64).then_some(bytes as u64)
}

/// Milliseconds of `1m30s`, `1.5s`, `500ms`, rounded up.
pub fn duration(text: &str) -> Option<u64> {
    let mut total = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let factor = match &rest[..end] {
            "ns" => 0.000_001,
            "us" | "µs" => 0.001,
            "ms" => 1.0,
            "s" => 1000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            _ => return None,
        };
        total += number * factor;
        rest = &rest[end..];
    }
    Some(total.ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_megabyte_is_a_mebibyte() {
        assert_eq!(memory("512m"), Some(512 << 20));
        assert_eq!(memory("1.5gb"), Some(1536 << 20));
        assert_eq!(memory("1000"), Some(1000));
        for bad in ["", "m", "1x", "-1m", "0"] {
            assert_eq!(memory(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_are_milliseconds() {
        assert_eq!(duration("1m30s"), Some(90_000));
        assert_eq!(duration("1.5s"), Some(1_500));
        assert_eq!(duration("5us"), Some(1));
        for bad in ["30", "", "1d", "s"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
