//! Time zones. Source: the names of the IANA database.

use std::collections::HashSet;
use std::sync::LazyLock;

static ZONES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("zones.txt").lines().collect());

/// Whether the server can load a zone. It is careful about case.
pub(super) fn is_known(name: &str) -> bool {
    ZONES.contains(name)
}

#[cfg(test)]
mod tests {
    use super::is_known;

    #[test]
    fn zones_are_those_of_the_database() {
        assert!(is_known("Europe/Berlin") && is_known("UTC") && is_known("Etc/GMT+1"));
        assert!(!is_known("europe/berlin") && !is_known("GMT+1") && !is_known("Foo/Bar"));
    }
}
