//! `print`: variables to stdout in the format of their reader.

use std::env;
use std::io::Write;

use anyhow::{Context, Result};
use common::exit::Status;
use common::streams::{output, say};

use super::catalogue;
use crate::cli::{Print, Shared};
use crate::{format, source};

pub(crate) fn run(shared: &Shared, options: &Print) -> Result<Status> {
    let catalogue = catalogue(shared)?;
    let files = catalogue.select(&options.selection.profile)?;
    let (variables, warnings) =
        source::variables(&catalogue, &files, |_| true, &options.selection)?;
    say(&warnings);
    let text = format::render(options.format, &variables)?;
    // The runner reads these commands from either stream; they must come first, and stdout
    // is data. This is the one place where values go to stderr, and the runner hides them.
    if env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true") {
        let masks = format::masks(&variables);
        let mut stderr = std::io::stderr().lock();
        let written = stderr.write_all(masks.as_bytes()).and_then(|()| stderr.flush());
        written.context("nothing printed: the masks could not be written to stderr")?;
    }
    output(&text)?;
    Ok(Status::Done)
}
