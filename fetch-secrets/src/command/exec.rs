//! `exec`: this process becomes the command. So signals reach it and its exit status is the
//! caller's to see, without anything in between.

use std::env;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};
use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::stop::Stop;
use secrecy::ExposeSecret;

use super::only::Only;
use super::selected::variables;
use crate::cli::{Exec, Shared};
use crate::core_dumps;

pub(crate) fn run(shared: &Shared, options: &Exec, dumps: core_dumps::Before) -> Result<Status> {
    let only = Only::new(&options.only);
    let mut variables = variables(shared, &options.selection, &options.search, &only)?;
    only.keep(&mut variables, &options.search)?;
    let (program, arguments) = options.command.split_first().expect("clap requires one");
    let mut command = Command::new(program);
    if options.pristine {
        // The caller's path finds the program, and is not passed on.
        command = Command::new(on_path(program).unwrap_or_else(|| program.into()));
        command.arg0(program).env_clear();
    }
    command.args(arguments);
    command.envs(variables.iter().map(|(name, value)| (name, value.expose_secret())));
    dumps.restore();
    let error = command.exec();
    // As `env` and a shell say it: not there, or there and not to be run.
    let status = match error.kind() {
        ErrorKind::NotFound => Status::NotFound,
        _ => Status::NotStarted,
    };
    let message = format!("cannot run {}: {error}", program.display());
    bail!(Stop::new(status, Diagnostic::error("exec", message)))
}

/// The program that a shell would find by this name.
fn on_path(name: &OsStr) -> Option<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return None;
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| {
        let metadata = file.metadata();
        metadata.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    })
}
