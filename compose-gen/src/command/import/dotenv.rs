//! A project's `.env`: the values that Compose puts in the place of `${NAME}`.

use std::path::Path;

use common::compose::dotenv;
use common::diagnostic::Report;

use super::variables::{Env, resolving};

/// The names of a file; none when it cannot be read, as Compose takes it. What `known` has counts
/// before the file's own names.
pub(super) fn read(path: &Path, known: &Env, report: &mut Report) -> Env {
    match dotenv::read(path, report) {
        Ok(file) => resolving(known, |names| dotenv::values(&file.assignments, names)),
        Err(_) => Env::new(),
    }
}
