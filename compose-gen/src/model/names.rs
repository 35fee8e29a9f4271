//! Which names the platform may give, and what Kubernetes makes of them.

/// The folder of an overlay's own objects, which stands beside those of the profiles.
pub(crate) const CLUSTER: &str = "cluster";

/// A name of Compose as a DNS label: `_` and `.` become `-`, and letters lower-case.
pub(crate) fn label(name: &str) -> String {
    let good = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(good).collect()
}

/// Whether `key` can be an annotation's: `[domain/]name`, at most 63 letters, digits, -, _ and .
/// with a letter or digit at both ends.
pub(crate) fn is_annotation(key: &str) -> bool {
    let (prefix, name) = match key.rsplit_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let ends = |c: char| c.is_ascii_alphanumeric();
    !name.is_empty()
        && name.len() <= 63
        && name.chars().all(good)
        && name.starts_with(ends)
        && name.ends_with(ends)
        && prefix.is_none_or(|domain| domain.split('.').all(is_label))
}

/// Whether `name` is a DNS label, which names of Kubernetes objects and hosts must be.
pub(crate) fn is_label(name: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty()
        && name.len() <= 63
        && name.chars().all(good)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
}
