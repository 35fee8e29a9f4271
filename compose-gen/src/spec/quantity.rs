//! Amounts as Compose writes them, and as Kubernetes does.

/// Bytes of Compose's `512m`, `1g`, `1024`; the units are powers of 1024.
pub(crate) fn memory(text: &str) -> Option<u64> {
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

/// Bytes as a Kubernetes quantity: `512Mi`, never `512m`, which would be half a byte.
pub(crate) fn bytes(bytes: u64) -> String {
    for (shift, unit) in [(30, "Gi"), (20, "Mi"), (10, "Ki")] {
        if bytes.is_multiple_of(1 << shift) && bytes > 0 {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}

/// Bytes as Compose writes them.
pub(crate) fn compose_bytes(amount: u64) -> String {
    bytes(amount).trim_end_matches('i').to_ascii_lowercase()
}

/// Thousandths of a CPU of Compose's `0.5`, rounded up.
pub(crate) fn cpus(text: &str) -> Option<u64> {
    let number: f64 = text.trim().parse().ok()?;
    (number > 0.0 && number < 1e6).then_some((number * 1000.0).ceil() as u64)
}

/// Thousandths of a CPU as a Kubernetes quantity.
pub(crate) fn millis(millis: u64) -> String {
    if millis.is_multiple_of(1000) { (millis / 1000).to_string() } else { format!("{millis}m") }
}

/// Milliseconds of Compose's `1m30s`, `1.5s`, `500ms`.
pub(crate) fn duration(text: &str) -> Option<u64> {
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
            "us" => 0.001,
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

/// Whether the text is a Kubernetes quantity of storage.
pub(crate) fn is_storage(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    digits.parse::<u64>().is_ok_and(|n| n > 0)
        && matches!(&text[digits.len()..], "" | "Ki" | "Mi" | "Gi" | "Ti" | "k" | "M" | "G" | "T")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compose_megabyte_is_a_mebibyte() {
        assert_eq!(memory("512m").map(bytes).as_deref(), Some("512Mi"));
        assert_eq!(memory("1g").map(bytes).as_deref(), Some("1Gi"));
        assert_eq!(memory("1.5gb").map(bytes).as_deref(), Some("1536Mi"));
        assert_eq!(memory("1000").map(bytes).as_deref(), Some("1000"));
        assert_eq!(memory("1152m").map(compose_bytes).as_deref(), Some("1152m"));
        for bad in ["", "m", "1x", "-1m", "0"] {
            assert_eq!(memory(bad), None, "{bad}");
        }
    }

    #[test]
    fn cpus_are_thousandths_and_durations_milliseconds() {
        assert_eq!(cpus("0.5").map(millis).as_deref(), Some("500m"));
        assert_eq!(cpus("2").map(millis).as_deref(), Some("2"));
        assert_eq!(cpus("0"), None);
        assert_eq!(duration("1m30s"), Some(90_000));
        assert_eq!(duration("500ms"), Some(500));
        assert_eq!(duration("30"), None);
    }
}
