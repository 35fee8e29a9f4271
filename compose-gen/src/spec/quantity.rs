//! Amounts as Compose writes them, and as Kubernetes does.

use common::quantity::Quantity;

pub(crate) use common::compose::quantity::{duration, memory};

/// Bytes as a Kubernetes quantity: `512Mi`, never `512m`, which would be half a byte.
pub(crate) fn bytes(bytes: u64) -> String {
    Quantity::bytes(bytes).to_string()
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

/// Whether the text is a Kubernetes quantity of storage.
pub(crate) fn is_storage(text: &str) -> bool {
    Quantity::parse(text).is_some_and(|size| size > Quantity::ZERO && !size.is_fractional())
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
    }

    #[test]
    fn cpus_are_thousandths() {
        assert_eq!(cpus("0.5").map(millis).as_deref(), Some("500m"));
        assert_eq!(cpus("2").map(millis).as_deref(), Some("2"));
        assert_eq!(cpus("0"), None);
    }
}
