//! Sizes as a person writes them: `256MiB`, `1.5GB`.

/// Parses a size in bytes: a number and one of `B`, `KB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`
/// (any case; a bare `K`, `M` or `G` is binary).
///
/// # Errors
/// A message for clap when the number or the unit is unknown, or the size is zero.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return Err(format!("unknown unit {unit:?}; write for example 256MiB or 1GB")),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| format!("{text:?} is not a size; write for example 256MiB or 1GB"))?;
    let bytes = number * factor as f64;
    if !(bytes.is_finite() && bytes >= 1.0) {
        return Err(format!("{text:?} is not a size of at least one byte"));
    }
    Ok(bytes as u64)
}

/// A size for a person: binary units, one decimal.
pub fn show_size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    (&text[..at], text[at..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("384MiB"), Ok(384 << 20));
        assert_eq!(parse_size("1.5 GB"), Ok(1_500_000_000));
        assert_eq!(parse_size("2g"), Ok(2 << 30));
        assert_eq!(parse_size("7"), Ok(7));
        for bad in ["", "x", "1 parsec", "0", "-1", "."] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn shown() {
        assert_eq!(show_size(512), "512 B");
        assert_eq!(show_size(1536), "1.5 KiB");
        assert_eq!(show_size(256 << 20), "256.0 MiB");
    }
}
