//! `docker run --env-file`: `NAME=value` to the end of the line, with no quoting at all.

use anyhow::Result;

use super::lines::lines;
use crate::variables::Variables;

/// The reader's line buffer in bytes, less one for the newline.
const LONGEST: usize = (64 << 10) - 1;

pub(super) fn render(variables: &Variables) -> Result<String> {
    lines(variables, "not-for-docker", |name, value| {
        // The reader drops a carriage return at the end of a line.
        if value.contains('\n') || value.ends_with('\r') {
            return Err("has a line break, which docker cannot read");
        }
        let line = format!("{name}={value}");
        if line.len() > LONGEST {
            return Err("is longer than 64 KiB with its name, which docker cannot read");
        }
        Ok(line)
    })
}
