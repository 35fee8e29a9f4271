//! The names that the platform may give, and their form in Kubernetes.

use crate::checksum::checksum;

/// The folder of an overlay's own objects, which stands beside those of the profiles.
pub(crate) const CLUSTER: &str = "cluster";

/// The length of a DNS label.
pub(crate) const LABEL: usize = 63;

/// Names of volumes that a Pod may have for other reasons.
pub(crate) const RESERVED: [&str; 3] = ["shm", "wait-for", "api-access"];

/// The length of a StatefulSet's name: its Pods carry a label of the name and ten letters of a hash.
pub(crate) const STATEFUL_SET: usize = 52;

/// A name of Compose as a DNS label: `_` and `.` become `-`, letters lower-case, and a name that is too
/// long ends with a checksum.
pub(crate) fn label(name: &str) -> String {
    let good = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let text: String = name.chars().map(good).collect();
    let text = text.trim_matches('-');
    if text.is_empty() { marked("x", name, LABEL) } else { fit(text, LABEL) }
}

/// A name of at most so many bytes: one that is longer ends with a checksum of the whole.
pub(crate) fn fit(name: &str, most: usize) -> String {
    if name.len() <= most { name.to_owned() } else { marked(name, name, most) }
}

/// The beginning of a label, and a checksum of `whole` that tells it from others.
pub(crate) fn marked(label: &str, whole: &str, most: usize) -> String {
    let checksum = checksum(whole.as_bytes());
    let start = &label[..label.len().min(most - 9)];
    format!("{}-{}", start.trim_end_matches('-'), &checksum[..8])
}

/// The nearest value of a label: at most 63 letters, digits, -, _ and . between letters or digits.
pub(crate) fn label_value(text: &str) -> String {
    let good = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let value: String = text.chars().map(good).take(LABEL).collect();
    value.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

/// Whether `key` can be an annotation's: `[domain/]name`, at most 63 letters, digits, -, _ and .
/// with a letter or digit at both ends.
pub(crate) fn is_annotation(key: &str) -> bool {
    let (prefix, name) = match key.rsplit_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    is_label_value(name) && prefix.is_none_or(is_subdomain)
}

/// Whether a text can be a label's value, and is not empty.
pub(crate) fn is_label_value(text: &str) -> bool {
    !text.is_empty() && label_value(text) == text
}

/// Whether `name` is a DNS label, which names of Kubernetes objects and hosts must be.
pub(crate) fn is_label(name: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty()
        && name.len() <= LABEL
        && name.chars().all(good)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
}

/// Whether `name` is DNS labels with dots between them.
pub(crate) fn is_subdomain(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_has_a_label() {
        assert_eq!(label("My_Web.1"), "my-web-1");
        assert_eq!(label("-data_"), "data");
        for name in ["", "___", "ü", &"x-".repeat(40), &"y".repeat(64)] {
            assert!(is_label(&label(name)), "{name}: {}", label(name));
        }
        assert_ne!(label(&"y".repeat(64)), label(&"y".repeat(65)));
        assert_eq!(label_value("demo-"), "demo");
        assert!(is_label_value("My_Profile.2") && !is_label_value("a/b") && !is_label_value(""));
    }
}
