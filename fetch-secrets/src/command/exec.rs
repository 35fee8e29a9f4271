//! `exec`: this process becomes the command. So signals reach it and its exit status is the
//! caller's to see, without anything in between.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Result, bail};
use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::streams::say;
use secrecy::ExposeSecret;
use wildmatch::WildMatch;

use super::catalogue;
use crate::cli::{Exec, Shared};
use crate::source;

pub(crate) fn run(shared: &Shared, options: &Exec) -> Result<Status> {
    let catalogue = catalogue(shared)?;
    let files = catalogue.select(&options.selection.profile)?;
    let patterns: Vec<WildMatch> =
        options.only.iter().map(|pattern| WildMatch::new(pattern)).collect();
    let wanted =
        |name: &str| patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(name));
    let (mut variables, warnings) =
        source::variables(&catalogue, &files, wanted, &options.selection)?;
    say(&warnings);
    variables.retain(|name, _| wanted(name));
    for (pattern, text) in patterns.iter().zip(&options.only) {
        if !variables.keys().any(|name| pattern.matches(name)) {
            let message = format!("--only '{text}' matches no variable of the selected profiles");
            let hint = "fetch-secrets list shows the variables";
            bail!(Diagnostic::error("no-match", message).hint(hint));
        }
    }
    let (program, arguments) = options.command.split_first().expect("clap requires one");
    let error = Command::new(program)
        .args(arguments)
        .envs(variables.iter().map(|(name, value)| (name, value.expose_secret())))
        .exec();
    bail!(Diagnostic::error("exec", format!("cannot run {}: {error}", program.display())))
}
