//! Sizes as a person writes them: `256MiB`, `1.5GiB`.

use common::compose::quantity;

/// Parses a size in bytes, as Compose writes it: `256MiB`, `256m`, `1g`; the units are powers of 1024.
///
/// # Errors
/// A message for clap when the number or the unit is unknown, or the size is zero.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    quantity::memory(text).ok_or_else(|| {
        format!("{text:?} is not a size of at least one byte; write it like 256MiB or 1GiB")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("384MiB"), Ok(384 << 20));
        assert_eq!(parse_size("1.5Gi"), Ok(3 << 29));
        assert_eq!(parse_size("2g"), Ok(2 << 30));
        assert_eq!(parse_size("7"), Ok(7));
        for bad in ["", "x", "1 parsec", "0", "-1", "."] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
