//! The words of faults that several tools have, so that the same fault reads the same in all of them.
//!
//! A message names the thing, then the fault; its hint is one thing to do. The caller chooses the code and the exit
//! status.

use std::fmt::Display;
use std::io;

use crate::diagnostic::{Diagnostic, did_you_mean};

/// The hint for a deadline that has passed.
pub const MORE_TIME: &str = "give more time with --timeout";

/// A file or folder that is absent, or cannot be read. `kind` is the field's word for it, such as `env file`.
pub fn unreadable(
    code: &'static str,
    kind: &str,
    path: impl Display,
    error: &io::Error,
) -> Diagnostic {
    let message = cannot_read(kind, path, error);
    Diagnostic::error(code, message).hint_if(match error.kind() {
        io::ErrorKind::NotFound => Some("check the path"),
        io::ErrorKind::PermissionDenied => Some("allow this user to read it"),
        _ => None,
    })
}

/// The sentence of [`unreadable`].
pub fn cannot_read(kind: &str, path: impl Display, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no {kind} {path}"),
        _ => format!("cannot read the {kind} {path}: {error}"),
    }
}

/// A file or folder that cannot be written.
pub fn unwritable(code: &'static str, path: impl Display, error: &io::Error) -> Diagnostic {
    let message = format!("cannot write {path}: {error}");
    Diagnostic::error(code, message).hint_if(match error.kind() {
        io::ErrorKind::PermissionDenied => Some("allow this user to write it"),
        io::ErrorKind::ReadOnlyFilesystem => Some("choose another folder"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some("make room on the disk"),
        _ => None,
    })
}

/// A file in the place of a generated one. It has other content, and may be a person's.
pub fn not_generated(path: impl Display, tool: &str) -> Diagnostic {
    let message = format!("{path} was not written by {tool} and is not changed");
    Diagnostic::error("foreign-file", message).hint("move it away, or choose another --output-dir")
}

/// A name that is not among the known ones.
pub fn unknown(kind: &str, name: impl Display) -> String {
    format!("there is no {kind} \"{name}\"")
}

/// The hint for an unknown name: the nearest known one, or all of them.
pub fn available<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    did_you_mean(name, known.clone()).unwrap_or_else(|| all(known))
}

/// The hint that lists all known names.
pub fn all<'a>(known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match known.is_empty() {
        true => "none is available".to_owned(),
        false => format!("available: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_file_is_named_with_its_kind() {
        let absent = io::ErrorKind::NotFound.into();
        let problem = unreadable("unreadable", "env file", "a.env", &absent);
        assert_eq!(problem.message(), "there is no env file a.env");
        assert_eq!(problem.hint_text(), Some("check the path"));
    }

    #[test]
    fn a_file_that_may_not_be_read_has_the_systems_reason() {
        let denied = io::ErrorKind::PermissionDenied.into();
        let problem = unreadable("unreadable", "file", "a.yaml", &denied);
        assert_eq!(problem.message(), "cannot read the file a.yaml: permission denied");
    }

    #[test]
    fn the_hint_is_the_nearest_name_or_all_names() {
        let known = ["kafka", "redis"];
        assert_eq!(available("kafk", known), "did you mean \"kafka\"?");
        assert_eq!(available("trino", known), "available: kafka, redis");
        assert_eq!(available("trino", []), "none is available");
    }
}
