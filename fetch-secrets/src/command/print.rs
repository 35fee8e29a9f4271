//! `print`: variables to stdout in the format of their reader.

use std::env;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::fault;
use common::files::{Folder, folder_of};
use common::streams::output;

use super::only::Only;
use super::selected::variables;
use crate::cli::{Print, Shared};
use crate::format;

pub(crate) fn run(shared: &Shared, options: &Print) -> Result<Status> {
    let started = Instant::now();
    let only = Only::new(&options.only);
    let mut variables = variables(shared, &options.selection, &options.search, &only)?;
    // The parts of a composed variable are masked even where --only leaves them out.
    let is_masked = env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true");
    let masks = is_masked.then(|| format::masks(&variables));
    only.keep(&mut variables, &options.search)?;
    let text = format::render(options, &variables)?;
    // The runner reads these commands from either stream; they must come first, and stdout
    // is data. This is the one place where values go to stderr, and the runner hides them.
    if let Some(masks) = masks {
        let mut stderr = std::io::stderr().lock();
        let written = stderr.write_all(masks.as_bytes()).and_then(|()| stderr.flush());
        written.context("printing nothing, because the masks cannot be written to stderr")?;
    }
    match &options.output {
        None => output(&text)?,
        Some(path) => replace(path, &text, started + options.selection.timeout)?,
    }
    Ok(Status::Done)
}

/// Writes the file whole. A shell's `>` would leave a part of it, or an empty one, where something fails, and let
/// everyone read it.
fn replace(path: &Path, text: &str, deadline: Instant) -> Result<()> {
    let failed = |error: std::io::Error| {
        let problem = fault::unwritable("not-written", path.display(), &error);
        problem.with("the file is unchanged")
    };
    // A rename would put a file in the place of a device or a pipe.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let message = format!("{} is not a file, so it cannot be replaced", path.display());
        bail!(
            Diagnostic::error("not-a-file", message).hint("leave out --output to write to stdout")
        );
    }
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| failed(ErrorKind::InvalidInput.into()))?;
    let folder = Folder::lock(folder_of(path), deadline).map_err(failed)?;
    folder.sweep(&[name]).map_err(failed)?;
    let staged = folder.stage(name, text.as_bytes(), 0o600).map_err(failed)?;
    folder.publish(vec![staged]).map_err(failed)?;
    Ok(())
}
