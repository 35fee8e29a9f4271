//! `fetch`: the env files, all or nothing.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;
use common::catalogue::{Catalogue, EnvFile};
use common::cli::Format;
use common::diagnostic::{Diagnostic, Report};
use common::exit::Status;
use common::fault;
use common::files::Folder;
use common::stop::Stop;
use common::streams::{self, say};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::catalogue;
use crate::cli::{Fetch, Owner, Shared};
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
    /// The content is right, and the file belongs to another user.
    Owner,
    /// The content is right, the permission bits are not.
    Mode,
    Unchanged,
}

pub(crate) fn run(shared: &Shared, options: &Fetch) -> Result<Status> {
    let Some(interval) = options.watch else { return Ok(once(shared, options, Said::All)?.status) };
    // A start that cannot work is a failure; later ones are told, and tried again.
    once(shared, options, Said::All)?;
    loop {
        std::thread::sleep(with_jitter(interval));
        match once(shared, options, Said::Changes) {
            Ok(outcome) if !outcome.changed.is_empty() => on_change(options, &outcome.changed),
            Ok(_) => {}
            Err(error) => say(&Stop::from(error).report),
        }
    }
}

/// A tenth more or less, so that many watchers do not ask at the same time.
fn with_jitter(interval: Duration) -> Duration {
    let chance = f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX);
    interval.mul_f64(0.9 + chance / 5.0)
}

/// Tells the consumer of the files.
fn on_change(options: &Fetch, changed: &[PathBuf]) {
    let Some(command) = &options.on_change else { return };
    let ended = Command::new("sh").args(["-c", command, "sh"]).args(changed).status();
    let problem = match ended {
        Ok(status) if status.success() => return,
        Ok(status) => format!("the command of --on-change ended with {status}"),
        Err(error) => format!("the command of --on-change cannot be run: {error}"),
    };
    say(&Diagnostic::warning("on-change", problem).into());
}

/// The result of one look at the secrets.
struct Outcome {
    status: Status,
    changed: Vec<PathBuf>,
}

/// The extent of a look's report.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    All,
    /// Nothing as long as nothing has changed.
    Changes,
}

fn once(shared: &Shared, options: &Fetch, said: Said) -> Result<Outcome> {
    let started = Instant::now();
    let catalogue = catalogue(shared)?;
    let files = catalogue.select(&options.selection.profile)?;
    let (variables, warnings) =
        source::variables(&catalogue, &files, |_| true, &options.selection)?;
    if said == Said::All {
        say(&warnings);
    }
    if options.check {
        let targets = targets(&catalogue, &files, &variables, options)?;
        let stale = stale(&catalogue, options)?;
        let mut left = Report::default();
        left.extend(stale.iter().map(|path| left_over(path)));
        say(&left);
        let drift = targets.iter().any(|target| target.state != State::Unchanged);
        report(&targets, options)?;
        let status = if drift || !stale.is_empty() { Status::No } else { Status::Done };
        return Ok(Outcome { status, changed: Vec::new() });
    }
    // Held from the comparison to the last rename, so that two runs do not mix their files.
    let folder = lock(options, started)?;
    let targets = targets(&catalogue, &files, &variables, options)?;
    let step = format!("writing to {}", options.output_dir.display());
    common::verbose::timed(step, || write(&folder, &targets, options))?;
    let mut changed: Vec<PathBuf> = targets
        .iter()
        .filter(|target| target.state != State::Unchanged)
        .map(|target| target.path.clone())
        .collect();
    for path in stale(&catalogue, options)? {
        if options.prune {
            fs::remove_file(&path).map_err(|error| {
                let message =
                    format!("{}: {error}; the other files are up to date", path.display());
                Diagnostic::error("not-removed", message)
            })?;
            changed.push(path);
        } else if said == Said::All {
            say(&left_over(&path).into());
        }
    }
    if said == Said::All || !changed.is_empty() {
        report(&targets, options)?;
    }
    Ok(Outcome { status: Status::Done, changed })
}

fn left_over(path: &Path) -> Diagnostic {
    let message =
        format!("{} was written by fetch-secrets and has left the catalogue", path.display());
    Diagnostic::warning("stale-file", message).hint("--prune removes it")
}

/// Env files of this tool in the folder that the catalogue does not name.
fn stale(catalogue: &Catalogue, options: &Fetch) -> Result<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(&options.output_dir) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(name) = name.strip_suffix(".env").filter(|name| !name.starts_with('.')) else {
            continue;
        };
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_file || catalogue.env_files.iter().any(|file| file.name == name) {
            continue;
        }
        // A file that cannot be read is not known to be of this tool.
        if fs::read(&path).is_ok_and(|text| text.starts_with(HEADER.as_bytes())) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
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
        let file_variables: Variables = file
            .secrets
            .iter()
            .flat_map(|&index| catalogue.secrets[index].variables())
            .filter_map(|variable| variables.get_key_value(variable))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let text = envfile::render(&file_variables);
        let path = options.output_dir.join(format!("{}.env", file.name));
        let (state, difference) = match on_disk(&path, &text, options) {
            Ok(found) => found,
            Err(diagnostic) => {
                report.push(*diagnostic);
                continue;
            }
        };
        let (name, text) = (file.name.clone(), text.into());
        targets.push(Target {
            name,
            path,
            text,
            variables: file_variables.len(),
            state,
            difference,
        });
    }
    if report.has_errors() { Err(report.into()) } else { Ok(targets) }
}

fn has_owner(metadata: &fs::Metadata, owner: Owner) -> bool {
    metadata.uid() == owner.user && owner.group.is_none_or(|group| metadata.gid() == group)
}

fn on_disk(
    path: &Path,
    text: &str,
    options: &Fetch,
) -> Result<(State, Difference), Box<Diagnostic>> {
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
        return Err(Box::new(fault::not_generated(path.display(), "fetch-secrets")));
    }
    let state = if old != text.as_bytes() {
        State::Changed
    } else if options.owner.is_some_and(|owner| !has_owner(&metadata, owner)) {
        State::Owner
    } else if metadata.permissions().mode() & 0o7777 != options.mode {
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
        let new = matches!(target.state, State::Missing | State::Changed | State::Owner);
        if new || is_foreign(target) {
            let file = folder.stage(&name, target.text.expose_secret().as_bytes(), options.mode);
            let file = file.map_err(|error| failed(&target.path, &error))?;
            if let Some(owner) = options.owner {
                let given = file.belong_to(Some(owner.user), owner.group);
                given.map_err(|error| failed(&target.path, &error))?;
            }
            staged.push(file);
        }
    }
    folder.publish(staged).map_err(|error| {
        let folder = options.output_dir.display();
        let problem = fault::unwritable("not-written", folder, &error);
        problem.with("each file is complete, old or new")
    })?;
    for target in targets {
        if target.state == State::Mode && !is_foreign(target) {
            fs::set_permissions(&target.path, Permissions::from_mode(options.mode)).map_err(
                |error| {
                    let path = target.path.display();
                    let message = format!("cannot set the mode of {path}: {error}");
                    Diagnostic::error("not-written", message).with("the files are up to date")
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
            for (state, names) in
                [("missing", added), ("differs", changed), ("not in the catalogue", removed)]
            {
                for name in names {
                    text.push_str(&format!("{}: {name} {state}\n", target.path.display()));
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
        (State::Owner, false) => "owner set",
        (State::Mode, false) => "permissions set",
        (State::Missing, true) => "missing",
        (State::Changed, true) => "out of date",
        (State::Owner, true) => "other owner",
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
    let diagnostic = fault::unwritable("not-written", path.display(), error);
    let diagnostic = diagnostic.with("no file has been changed");
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            diagnostic.hint("choose a writable folder with --output-dir")
        }
        _ => diagnostic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watchers_of_one_interval_ask_at_different_times_around_it() {
        let interval = Duration::from_secs(100);
        let pauses: Vec<Duration> = (0..1000).map(|_| with_jitter(interval)).collect();
        let (least, most) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
        assert!(*least >= Duration::from_secs(90) && *most <= Duration::from_secs(110));
        // The chance that a thousand of them leave out a tenth of the range at either end is below 10^-45.
        assert!(*least < Duration::from_secs(92) && *most > Duration::from_secs(108));
    }
}
