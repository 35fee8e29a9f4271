//! Amounts of memory, as Kubernetes and Compose write them.

/// Bytes of a Kubernetes quantity (`512Mi`, `1G`, `1e9`, `1.5Gi`); `None` when it is not one.
pub(crate) fn kubernetes(text: &str) -> Option<u64> {
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-' || c == '+'));
    let (number, suffix) = text.split_at(split.unwrap_or(text.len()));
    let factor = match suffix {
        "" => 1.0,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        "Ti" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return bytes(text.parse().ok()?),
    };
    bytes(number.parse::<f64>().ok()? * factor)
}

/// Bytes of a Compose size (`10g`, `512m`, `64kb`), whose units are powers of 1024.
pub(crate) fn compose(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.strip_suffix('b').unwrap_or(&text);
    let (number, factor) = match text.strip_suffix(['k', 'm', 'g', 't']) {
        Some(number) => {
            let power = "kmgt".find(text.chars().last()?)? + 1;
            (number, 1024f64.powi(i32::try_from(power).ok()?))
        }
        None => (text, 1.0),
    };
    bytes(number.parse::<f64>().ok()? * factor)
}

fn bytes(number: f64) -> Option<u64> {
    // The cast saturates; what is no number of bytes has been refused before.
    (number.is_finite() && number >= 0.0).then_some(number.ceil() as u64)
}

/// For people: whole MiB, or GiB with one decimal.
pub(crate) fn shown(bytes: u64) -> String {
    const GIB: u64 = 1 << 30;
    if bytes >= GIB {
        format!("{:.1} GiB", bytes as f64 / GIB as f64)
    } else {
        format!("{} MiB", bytes >> 20)
    }
}

/// Major and minor version of `1.33`, `v1.33.7` and the like.
pub(crate) fn minor(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubernetes_quantities() {
        for (text, bytes) in [
            ("320Mi", 320 << 20),
            ("1Gi", 1 << 30),
            ("1.5Gi", 3 << 29),
            ("1e3", 1000),
            ("64", 64),
            ("500M", 500_000_000),
            ("1500m", 2),
        ] {
            assert_eq!(kubernetes(text), Some(bytes), "{text}");
        }
        for text in ["", "Mi", "1Xi", "-1", "1 Gi", "1e999"] {
            assert_eq!(kubernetes(text), None, "{text}");
        }
    }

    #[test]
    fn compose_sizes() {
        for (text, bytes) in
            [("10g", 10 << 30), ("512m", 512 << 20), ("64kb", 64 << 10), ("7", 7), ("1GB", 1 << 30)]
        {
            assert_eq!(compose(text), Some(bytes), "{text}");
        }
        assert_eq!(compose("much"), None);
    }
}
