//! One assignment that a POSIX shell and Docker Compose read the same, whatever the value.
//!
//! The two parsers disagree in their details, so the form depends on the value. Compose ends a
//! statement at the closing quote, so the shell's `'\''` is an error there; inside double
//! quotes it keeps the backslash of `` \` ``, which the shell needs. Hence three forms:
//!
//! 1. no `'` and not an odd number of backslashes at the end: `NAME='value'`, byte for byte;
//! 2. otherwise, without a backtick: `NAME="value"`, a backslash before each `\`, `"` and `$`;
//! 3. otherwise as 2, each backtick written as a reference to [`BACKTICK`], a variable that
//!    holds one and that the file defines before its first use.
//!
//! Needs Docker Compose 2.20 or later. Tested against dash, bash, `bash --posix`, busybox and
//! Docker Compose in `tests/it/round_trip.rs`.

/// The variable that stands for a backtick in form 3.
pub(crate) const BACKTICK: &str = "FETCH_SECRETS_BACKTICK";

/// One assignment, without a newline at its end.
pub(crate) struct Assignment {
    /// `NAME=…`
    pub(crate) text: String,
    /// Whether the text refers to [`BACKTICK`].
    pub(crate) needs_backtick: bool,
}

/// Writes `NAME=value` for a shell and for Compose. `value` holds no NUL.
pub(crate) fn assignment(name: &str, value: &str) -> Assignment {
    if fits_single_quotes(value) {
        return Assignment { text: format!("{name}='{value}'"), needs_backtick: false };
    }
    let reference = format!("${{{BACKTICK}}}");
    let quoted = double(value, |c| (c == '`').then_some(reference.as_str()));
    Assignment { text: format!("{name}=\"{quoted}\""), needs_backtick: value.contains('`') }
}

/// Writes `NAME=value` for systemd's `EnvironmentFile=`, where `` \` `` is a backtick.
pub(crate) fn systemd(name: &str, value: &str) -> String {
    if fits_single_quotes(value) {
        return format!("{name}='{value}'");
    }
    let quoted = double(value, |c| (c == '`').then_some("\\`"));
    format!("{name}=\"{quoted}\"")
}

fn fits_single_quotes(value: &str) -> bool {
    let backslashes = value.len() - value.trim_end_matches('\\').len();
    !value.contains('\'') && backslashes.is_multiple_of(2)
}

fn double<'a>(value: &str, special: impl Fn(char) -> Option<&'a str>) -> String {
    let mut quoted = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        if let Some(replacement) = special(c) {
            quoted.push_str(replacement);
            continue;
        }
        if matches!(c, '\\' | '"' | '$') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_for_its_values() {
        let text = |value| assignment("A", value).text;
        assert_eq!(text(""), "A=''");
        assert_eq!(text("$(x) `y` \"z\" \\\\\n#"), "A='$(x) `y` \"z\" \\\\\n#'");
        assert_eq!(text("it's $5 \\"), "A=\"it's \\$5 \\\\\"");
        assert_eq!(text("x\\"), "A=\"x\\\\\"");
        assert_eq!(text("`'"), "A=\"${FETCH_SECRETS_BACKTICK}'\"");
        assert!(assignment("A", "`'").needs_backtick);
        assert!(!assignment("A", "`").needs_backtick);
        assert_eq!(systemd("A", "`'"), "A=\"\\`'\"");
    }
}
