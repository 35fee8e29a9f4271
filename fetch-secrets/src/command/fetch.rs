//! `fetch`: the env files, all or nothing.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use common::catalogue::{Catalogue, EnvFile};
use common::cli::Format;
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::files::Folder;
use common::stop::Stop;
use common::streams::{self, say};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::catalogue;
use crate::cli::{Fetch, Shared};
use crate::envfile::{self, Difference, HEADER};
use crate::source;
use crate::variables::Variables;

/// A file as it should be, beside the one on the disk; and its part of the report.
#[derive(Serialize)]
struct Target {
    #[serde(skip)]
    name: String,
    path: PathBuf,
    #[serde(skip)]
    text: SecretString,
    variables: usize,
    /// As found, before anything was written.
    #[serde(rename = "found")]
    state: State,
    #[serde(flatten)]
    difference: Difference,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Missing,
    Changed,
    /// The content is right, the permission bits are not.
    Mode,
    Unchanged,
}

pub(crate) fn run(shared: &Shared, options: &Fetch) -> Result<Status> {
    let started = Instant::now();
    let catalogue = catalogue(shared)?;
    let files = catalogue.select(&options.selection.profile)?;
    let (variables, warnings) =
        source::variables(&catalogue, &files, |_| true, &options.selection)?;
    say(&warnings);
    if options.check {
        let targets = targets(&catalogue, &files, &variables, options)?;
        let drift = targets.iter().any(|target| target.state != State::Unchanged);
        report(&targets, options)?;
        return Ok(if drift { Status::No } else { Status::Done });
    }
    // Held from the comparison to the last rename, so that two runs do not mix their files.
    let folder = lock(options, started)?;
    let targets = targets(&catalogue, &files, &variables, options)?;
    let what = format!("writing to {}", options.output_dir.display());
    common::verbose::timed(what, || write(&folder, &targets, options))?;
    report(&targets, options)?;
    Ok(Status::Done)
}

fn lock(options: &Fetch, started: Instant) -> Result<Folder> {
    let path = &options.output_dir;
    Folder::lock(path, started + options.selection.timeout).map_err(|error| {
        if error.kind() != ErrorKind::TimedOut {
            return failed(path, &error).into();
        }
        let message = format!("{} is in use by another process", path.display());
        let diagnostic = Diagnostic::error("folder-in-use", message);
        let hint = "fuser -v on the folder shows which";
        Stop::new(Status::Unfinished, diagnostic.hint(hint)).into()
    })
}

/// Renders every file and compares it with the disk. Files that somebody else wrote are
/// errors, all at once.
fn targets(
    catalogue: &Catalogue,
    files: &[&EnvFile],
    variables: &Variables,
    options: &Fetch,
) -> Result<Vec<Target>> {
    let mut report = Report::default();
    let mut targets = Vec::new();
    for file in files {
        let own: Variables = file
            .secrets
            .iter()
            .flat_map(|&index| &catalogue.secrets[index].keys)
            .filter_map(|key| variables.get_key_value(&key.variable))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let text = envfile::render(&own);
        let path = options.output_dir.join(format!("{}.env", file.name));
        let (state, difference) = match on_disk(&path, &text, options.mode) {
            Ok(found) => found,
            Err(diagnostic) => {
                report.push(*diagnostic);
                continue;
            }
        };
        let (name, text) = (file.name.clone(), text.into());
        targets.push(Target { name, path, text, variables: own.len(), state, difference });
    }
    if report.has_errors() { Err(report.into()) } else { Ok(targets) }
}

fn on_disk(path: &Path, text: &str, mode: u32) -> Result<(State, Difference), Box<Diagnostic>> {
    let failed = |error| Box::new(failed(path, &error));
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok((State::Missing, envfile::difference("", text)));
        }
        Err(error) => return Err(failed(error)),
    };
    // Reading a pipe could take for ever.
    let old = if metadata.is_file() { fs::read(path).map_err(failed)? } else { Vec::new() };
    if !old.starts_with(HEADER.as_bytes()) {
        let message =
            format!("{} was not written by fetch-secrets and stays as it is", path.display());
        let diagnostic = Diagnostic::error("foreign-file", message);
        return Err(Box::new(diagnostic.hint("move it away, or choose another --output-dir")));
    }
    let state = if old != text.as_bytes() {
        State::Changed
    } else if metadata.permissions().mode() & 0o7777 != mode {
        State::Mode
    } else {
        State::Unchanged
    };
    Ok((state, envfile::difference(&String::from_utf8_lossy(&old), text)))
}

/// Stages every file before the first is renamed; unchanged ones are not touched.
fn write(folder: &Folder, targets: &[Target], options: &Fetch) -> Result<()> {
    let mut staged = Vec::new();
    for target in targets {
        let name = format!("{}.env", target.name);
        folder.sweep(&[&name]).map_err(|error| failed(&options.output_dir, &error))?;
        if target.state == State::Missing || target.state == State::Changed || is_foreign(target) {
            let file = folder.stage(&name, target.text.expose_secret().as_bytes(), options.mode);
            staged.push(file.map_err(|error| failed(&target.path, &error))?);
        }
    }
    folder.publish(staged).map_err(|error| {
        let folder = options.output_dir.display();
        let message = format!("{folder}: {error}; each file is whole, old or new");
        Diagnostic::error("not-written", message)
    })?;
    for target in targets {
        if target.state == State::Mode && !is_foreign(target) {
            fs::set_permissions(&target.path, Permissions::from_mode(options.mode)).map_err(
                |error| {
                    let message =
                        format!("{}: {error}; the files are up to date", target.path.display());
                    Diagnostic::error("not-written", message)
                },
            )?;
        }
    }
    Ok(())
}

/// Whether the permission bits are to change of a file that belongs to another user: only a new file can have them.
fn is_foreign(target: &Target) -> bool {
    let user = rustix::process::geteuid();
    let owner = fs::metadata(&target.path).map_or(user.as_raw(), |metadata| metadata.uid());
    target.state == State::Mode && !user.is_root() && owner != user.as_raw()
}

fn report(targets: &[Target], options: &Fetch) -> Result<()> {
    if options.format == Format::Json {
        let report = JsonReport { version: 1, check: options.check, files: targets };
        return Ok(streams::json(&report)?);
    }
    let rows: Vec<Vec<String>> = targets
        .iter()
        .map(|target| {
            let path = target.path.display().to_string();
            vec![path, target.variables.to_string(), words(target.state, options).to_owned()]
        })
        .collect();
    let mut text = common::table::render(&["file", "variables", "state"], &rows, &[1]);
    if options.check {
        for target in targets {
            let Difference { added, changed, removed } = &target.difference;
            for (what, names) in
                [("missing", added), ("differs", changed), ("not in the catalogue", removed)]
            {
                for name in names {
                    text.push_str(&format!("{}: {name} {what}\n", target.path.display()));
                }
            }
        }
    }
    Ok(streams::output(&text)?)
}

fn words(state: State, options: &Fetch) -> &'static str {
    match (state, options.check) {
        (State::Unchanged, _) => "unchanged",
        (State::Missing, false) => "created",
        (State::Changed, false) => "updated",
        (State::Mode, false) => "permissions set",
        (State::Missing, true) => "missing",
        (State::Changed, true) => "out of date",
        (State::Mode, true) => "other permissions",
    }
}

#[derive(Serialize)]
struct JsonReport<'a> {
    version: u8,
    check: bool,
    files: &'a [Target],
}

fn failed(path: &Path, error: &std::io::Error) -> Diagnostic {
    let message = format!("{}: {error}; no file has been changed", path.display());
    let diagnostic = Diagnostic::error("not-written", message);
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            diagnostic.hint("choose a folder that can be written to with --output-dir")
        }
        _ => diagnostic,
    }
}
