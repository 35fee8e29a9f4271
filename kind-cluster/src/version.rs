//! Versions, as programs, image tags and servers write them.

/// The first `MAJOR.MINOR` in a text, behind a `v` or not.
pub(crate) fn version(text: &str) -> Option<(u64, u64)> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let mut versions = words.filter_map(|word| {
        let mut parts = word.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    });
    versions.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_print() {
        assert_eq!(version("kind v0.27.0 go1.24.1 linux/amd64"), Some((0, 27)));
        assert_eq!(version("kind version 0.27.0"), Some((0, 27)));
        assert_eq!(version("{\"clientVersion\": {\"gitVersion\": \"v1.32.3\"}}"), Some((1, 32)));
        assert_eq!(version("v3.17.0"), Some((3, 17)));
        assert_eq!(version("no such command"), None);
    }
}
