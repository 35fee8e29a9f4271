//! `.env` files as python-dotenv, Node, dotenv and dotenvx of npm, Ruby's dotenv and direnv all read them.
//!
//! Each of them has its own escapes, so a value is written in one of the two forms that mean the same to all:
//!
//! 1. `NAME='value'`, byte for byte: no `'`, no line break, no two backslashes together or one at the end
//!    (python-dotenv reads an escape), no `${` (python-dotenv expands it in every quote);
//! 2. `NAME="value"` with `\n` for a line break: no `"`, backslash or `$`, which some of them expand, and Ruby's
//!    and dotenvx even run.
//!
//! No other value has such a form. A carriage return has none because Node leaves it out.

use anyhow::Result;

use super::lines::lines;
use crate::envfile::HEADER;
use crate::variables::Variables;

/// A value that dotenvx would try to decrypt.
const ENCRYPTED: &str = "encrypted:";

pub(super) fn render(variables: &Variables) -> Result<String> {
    let lines = lines(variables, "not-for-dotenv", |name, value| match quoted(value) {
        Some(quoted) => Ok(format!("{name}={quoted}")),
        None => Err("cannot be written so that all dotenv readers read the same"),
    })?;
    Ok(HEADER.to_owned() + &lines)
}

fn quoted(value: &str) -> Option<String> {
    let has = |part: &str| value.contains(part);
    if has("\r") || value.starts_with(ENCRYPTED) {
        None
    } else if !(has("'") || has("\n") || has("\\\\") || value.ends_with('\\') || has("${")) {
        Some(format!("'{value}'"))
    } else if !(has("\"") || has("\\") || has("$")) {
        Some(format!("\"{}\"", value.replace('\n', "\\n")))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_for_its_values() {
        for (value, form) in [
            ("", Some("''")),
            ("$(id) \"x\" # \\n", Some("'$(id) \"x\" # \\n'")),
            ("it's\n", Some("\"it's\\n\"")),
            ("it's $5", None),
            ("a\\\\b", None),
            ("a\\", None),
            ("${HOME}", None),
            ("a\r\nb", None),
            ("encrypted:x", None),
        ] {
            assert_eq!(quoted(value).as_deref(), form, "{value}");
        }
    }
}
