//! The output folder: its present files against the expected files, and writing it.
//!
//! A generated file carries a checksum of itself in its first line, so that a change by hand is
//! told from a file that is merely old. Copies of configuration files cannot carry one; they
//! stand in `config/` folders, and `copies.txt` beside them holds their checksums.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use common::files::Folder;
use common::secrets::mask;
use serde::Serialize;
use similar::TextDiff;

use crate::render::{Content, Files, HEADER, checksum, headed, is_untouched};

/// The list of copies of a `config/` folder.
const COPIES: &str = "copies.txt";

/// How long to wait for another run that writes to the same folder.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Threads that wait for the disk.
const THREADS: usize = 16;

/// Lines that are shown of a file which is all new or all gone.
const SHOWN: usize = 12;

/// How a file differs from what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// As it should be.
    Current,
    /// Generated from another specification, or by another version.
    Stale,
    /// Not there.
    Missing,
    /// Generated once, and nothing asks for it any more.
    Orphaned,
    /// Changed by a person.
    HandEdited,
    /// Somebody else's: it has no header.
    Foreign,
}

impl State {
    /// Whether a run leaves the file alone: it is right already, or it is somebody else's.
    fn stays(self) -> bool {
        matches!(self, State::Current | State::Foreign)
    }
}

/// One file of the output.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) state: State,
    /// The content of the file on the disk.
    pub(crate) old: Option<Vec<u8>>,
}

/// The output folder.
#[derive(Debug)]
pub(crate) struct Output {
    root: PathBuf,
}

impl Output {
    pub(crate) fn new(root: &Path) -> Self {
        Output { root: root.to_owned() }
    }

    /// Adds the lists of copies to the files.
    pub(crate) fn with_lists(&self, files: &mut Files, source: &str) {
        let mut lists: BTreeMap<String, String> = BTreeMap::new();
        for (path, content) in &files.all {
            if let Some((folder, rest)) = split_copy(path) {
                let line = format!("{}  {rest}\n", checksum(&content.bytes));
                lists.entry(folder.to_owned()).or_default().push_str(&line);
            }
        }
        for (folder, body) in lists {
            let bytes = headed(source, &body).into_bytes();
            files.all.insert(format!("{folder}/{COPIES}"), Content { bytes, executable: false });
        }
    }

    /// Compares every wanted file, and every file of ours below the `scopes`, sorted by path.
    pub(crate) fn compare(&self, files: &Files, scopes: &[&str]) -> io::Result<Vec<Finding>> {
        let mut present = BTreeSet::new();
        for scope in scopes {
            walk(&self.root, Path::new(scope), &mut present)?;
        }
        let lists = Lists::read(&self.root, &present);
        let mut findings = Vec::new();
        for (path, content) in &files.all {
            let Some(old) = self.read(path)? else {
                // Somebody's folder, link or device.
                findings.push(Finding { path: path.clone(), state: State::Foreign, old: None });
                continue;
            };
            let mode = || {
                let about = fs::metadata(self.root.join(path));
                about.is_ok_and(|about| {
                    (about.permissions().mode() & 0o111 != 0) == content.executable
                })
            };
            let state = match &old {
                None => State::Missing,
                Some(old) if *old == content.bytes && mode() => State::Current,
                Some(old) => match lists.owner(path, old) {
                    Owner::Ours => State::Stale,
                    Owner::Edited => State::HandEdited,
                    Owner::Other => State::Foreign,
                },
            };
            findings.push(Finding { path: path.clone(), state, old });
        }
        for path in present.difference(&files.all.keys().cloned().collect()) {
            let Some(Some(old)) = self.read(path)? else { continue };
            let state = match lists.owner(path, &old) {
                Owner::Ours => State::Orphaned,
                Owner::Edited => State::HandEdited,
                Owner::Other => continue,
            };
            findings.push(Finding { path: path.clone(), state, old: Some(old) });
        }
        findings.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(findings)
    }

    /// A file's bytes, none where there is no file; `None` where something else stands.
    fn read(&self, path: &str) -> io::Result<Option<Option<Vec<u8>>>> {
        let full = self.root.join(path);
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{path}: {error}"));
        match fs::symlink_metadata(&full) {
            Ok(about) if about.is_file() => Ok(Some(Some(fs::read(&full).map_err(named)?))),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(None)),
            Err(error) => Err(named(error)),
        }
    }

    /// Writes what is not current and removes what is orphaned. Nothing is called for when a
    /// finding is foreign or hand-edited and `force` is not given: the caller asks first.
    pub(crate) fn write(&self, files: &Files, findings: &[Finding]) -> io::Result<()> {
        let mut by_folder: BTreeMap<PathBuf, Vec<(&str, &Content)>> = BTreeMap::new();
        for finding in findings {
            let wanted = files.all.get(&finding.path);
            if let (Some(content), false) = (wanted, finding.state.stays()) {
                let full = self.root.join(&finding.path);
                let folder = full.parent().unwrap_or(&self.root).to_owned();
                by_folder.entry(folder).or_default().push((&finding.path, content));
            }
        }
        // In the order of their paths, so that two runs do not wait for each other.
        let lock = |(path, contents): (PathBuf, _)| {
            Ok((Folder::lock(&path, Instant::now() + PATIENCE)?, contents))
        };
        let locked = by_folder.into_iter().map(lock).collect::<io::Result<Vec<_>>>()?;
        // Everything is on the disk before the first name changes, so that a full disk or a
        // folder without permission leaves the old files as they were.
        let staged = in_parallel(locked, |(folder, contents)| {
            let name =
                |path: &'_ str| path.rsplit_once('/').map_or(0, |(above, _)| above.len() + 1);
            let names: Vec<&str> = contents.iter().map(|(path, _)| &path[name(path)..]).collect();
            folder.sweep(&names)?;
            let stage = |((_, content), name): (&(&str, &Content), &str)| {
                let mode = if content.executable { 0o755 } else { 0o644 };
                folder.stage(name, &content.bytes, mode)
            };
            let staged = contents.iter().zip(names).map(stage).collect::<io::Result<Vec<_>>>()?;
            Ok((folder, staged))
        })?;
        in_parallel(staged, |(folder, staged)| folder.publish(staged))?;
        let orphans = findings.iter().filter(|f| !files.all.contains_key(&f.path));
        for orphan in orphans.clone().filter(|f| !f.state.stays()) {
            match fs::remove_file(self.root.join(&orphan.path)) {
                // Another run was here before.
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        for orphan in orphans {
            prune(&self.root, &orphan.path);
        }
        Ok(())
    }
}

/// Does the same to every item on a few threads. They wait for the disk, which takes many syncs
/// at once for little more than one.
fn in_parallel<T: Send, R: Send>(
    items: Vec<T>,
    work: impl Fn(T) -> io::Result<R> + Sync,
) -> io::Result<Vec<R>> {
    let items = Mutex::new(items.into_iter());
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || std::iter::from_fn(next).map(&work).collect::<io::Result<Vec<R>>>();
    let parts = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(run)).collect();
        let joined = threads.into_iter().map(|thread| match thread.join() {
            Ok(part) => part,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect::<io::Result<Vec<_>>>()
    })?;
    Ok(parts.into_iter().flatten().collect())
}

/// Removes the folders that a removed file leaves empty.
fn prune(root: &Path, path: &str) {
    let mut folder = Path::new(path).parent();
    while let Some(directory) = folder.filter(|directory| !directory.as_os_str().is_empty()) {
        if fs::remove_dir(root.join(directory)).is_err() {
            return;
        }
        folder = directory.parent();
    }
}

/// The difference between what stands there and what should, as `diff -u` shows it.
pub(crate) fn diff(finding: &Finding, files: &Files) -> String {
    let empty = Vec::new();
    let old = String::from_utf8_lossy(finding.old.as_ref().unwrap_or(&empty)).into_owned();
    let new = files.all.get(&finding.path).map_or(&empty, |content| &content.bytes);
    let new = String::from_utf8_lossy(new).into_owned();
    if old == new {
        return format!("{}: only its permissions differ\n", finding.path);
    }
    let (from, to) = (format!("a/{}", finding.path), format!("b/{}", finding.path));
    let whole = masked_diff(&old, &new, (&from, &to));
    // A file that is all new or all gone says little by its lines.
    let one_sided = finding.old.is_none() || !files.all.contains_key(&finding.path);
    match whole.match_indices('\n').nth(SHOWN) {
        Some((end, _)) if one_sided => {
            let rest = whole[end + 1..].lines().count();
            format!("{}\n… {rest} more lines\n", &whole[..end])
        }
        _ => whole,
    }
}

/// The lines that differ, with secrets masked. The lines are compared as they are, so that a secret
/// that has changed is seen to differ.
fn masked_diff(old: &str, new: &str, names: (&str, &str)) -> String {
    let (shown_old, shown_new) = (masked_lines(old), masked_lines(new));
    let mut text = format!("--- {}\n+++ {}\n", names.0, names.1);
    for hunk in TextDiff::from_lines(old, new).unified_diff().iter_hunks() {
        text.push_str(&format!("{}\n", hunk.header()));
        for change in hunk.iter_changes() {
            let line = match change.old_index() {
                Some(at) => shown_old.get(at),
                None => change.new_index().and_then(|at| shown_new.get(at)),
            };
            let line = line.map_or("", String::as_str);
            text.push_str(&format!("{}{line}\n", change.tag()));
            if change.missing_newline() {
                text.push_str("\\ No newline at end of file\n");
            }
        }
    }
    text
}

/// A file's lines with secrets masked, each in its place.
fn masked_lines(text: &str) -> Vec<String> {
    mask(text).lines().map(str::to_owned).collect()
}

enum Owner {
    Ours,
    Edited,
    Other,
}

/// The checksums of copies: path → checksum.
struct Lists {
    copies: BTreeMap<String, String>,
}

impl Lists {
    fn read(root: &Path, present: &BTreeSet<String>) -> Self {
        let mut copies = BTreeMap::new();
        let suffix = format!("config/{COPIES}");
        for path in present.iter().filter(|path| path.ends_with(&suffix)) {
            let Ok(text) = fs::read_to_string(root.join(path)) else { continue };
            if !text.starts_with(HEADER) {
                continue;
            }
            let folder = path.trim_end_matches(COPIES);
            for line in text.lines().skip(1) {
                if let Some((sum, rest)) = line.split_once("  ") {
                    copies.insert(format!("{folder}{rest}"), sum.to_owned());
                }
            }
        }
        Lists { copies }
    }

    fn owner(&self, path: &str, content: &[u8]) -> Owner {
        if let Some(sum) = self.copies.get(path) {
            return if *sum == checksum(content) { Owner::Ours } else { Owner::Edited };
        }
        match std::str::from_utf8(content) {
            Ok(text) if is_untouched(text) => Owner::Ours,
            Ok(text) if text.starts_with(HEADER) => Owner::Edited,
            _ => Owner::Other,
        }
    }
}

/// The `config` folder of a copy and the copy's path below it.
fn split_copy(path: &str) -> Option<(&str, &str)> {
    let at = path.find("/config/")? + "/config".len();
    let rest = &path[at + 1..];
    (rest != COPIES).then_some((&path[..at], rest))
}

fn walk(root: &Path, below: &Path, found: &mut BTreeSet<String>) -> io::Result<()> {
    let full = root.join(below);
    if full.is_file() {
        found.insert(below.display().to_string());
        return Ok(());
    }
    let entries = match fs::read_dir(&full) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            walk(root, &path, found)?;
        } else {
            found.insert(path.display().to_string());
        }
    }
    Ok(())
}
