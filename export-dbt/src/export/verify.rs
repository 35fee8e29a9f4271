//! `--verify`: whether data files have the bytes that were uploaded.

use common::diagnostic::Diagnostic;
use futures::{StreamExt, TryStreamExt};

use super::error::ExportError;
use super::run::Run;
use crate::digest::Digest;
use crate::log::newest::BrokenFile;
use crate::log::{LogError, TableLog};

/// Files that are read at the same time.
const READ_TOGETHER: usize = 4;

/// Reads files of the store, and returns those that are missing or whose digest is another one.
pub(super) async fn damaged(
    run: &Run,
    log: &TableLog,
    files: Vec<(String, Digest)>,
) -> Result<Vec<BrokenFile>, ExportError> {
    let checks = futures::stream::iter(files).map(|(path, digest)| async move {
        let _step = common::verbose::step(format!("verifying {path}"));
        let fault = match log.digest(&path).await? {
            Some(found) if found == digest => None,
            Some(_) => Some(BrokenFile::altered(path)),
            None => Some(BrokenFile::missing(path)),
        };
        Ok::<_, LogError>(fault)
    });
    let found = checks.buffered(READ_TOGETHER).try_filter_map(|fault| async { Ok(fault) });
    Ok(run.unless_stopped(found.try_collect::<Vec<_>>()).await??)
}

/// Says that files could not be verified.
pub(super) fn unverified(files: usize) -> Option<Diagnostic> {
    let message =
        format!("data files without a digest in the log, verified by their size alone: {files}");
    let hint = "run once with --force, which writes every file with its digest";
    (files > 0).then(|| Diagnostic::warning("no-digest", message).hint(hint))
}
