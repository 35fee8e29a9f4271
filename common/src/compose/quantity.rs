//! Amounts as Compose writes them.

/// Bytes of `512m`, `1g`, `1024`; the units are powers of 1024.
pub fn memory(text: &str) -> Option<u64> {
    size(text).filter(|bytes| *bytes > 0)
}

/// The same, where nothing is an amount, too.
pub fn size(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match &text[digits.len()..] {
        "" | "b" => 0,
        "k" | "kb" | "kib" | "ki" => 10,
        "m" | "mb" | "mib" | "mi" => 20,
        "g" | "gb" | "gib" | "gi" => 30,
        "t" | "tb" | "tib" | "ti" => 40,
        "p" | "pb" | "pib" | "pi" => 50,
        _ => return None,
    };
    let digits = digits.trim();
    // Neither Compose nor a budget knows exponents.
    if !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let number: f64 = digits.parse().ok()?;
    let bytes = number * (1_u64 << shift) as f64;
    // Beyond 2^53 the number would not be exact.
    (bytes >= 0.0 && bytes < (1_u64 << 53) as f64).then_some(bytes as u64)
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
        assert_eq!(memory("1t"), Some(1 << 40));
        assert_eq!(memory("10Gi"), Some(10 << 30));
    }

    #[test]
    fn no_amount_is_refused() {
        for bad in ["", "m", "1x", "-1m", "+1m", "0", "inf", "nan", "1e9", "1E9", "9e99", "1.2.3g"]
        {
            assert_eq!(memory(bad), None, "{bad}");
        }
    }

    #[test]
    fn nothing_is_a_size() {
        assert_eq!(size("0"), Some(0));
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
