//! One run at a time changes a cluster.
//!
//! A backup relies on workloads staying at 0, and what another run starts again would write under
//! its copy. Whose turn it is, a locked file says: Kind's clusters are on this machine, and the
//! kernel gives the lock back however a process ends.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Instant;

use common::retry::poll;
use common::stop::Stop;

use crate::deploy::display;
use crate::started;

/// Nobody else changes the cluster as long as this lives.
#[derive(Debug)]
pub(crate) struct Turn {
    lock: File,
}

/// Waits until nobody else changes the cluster `name`; other runs that wait are told `command` meanwhile.
pub(crate) async fn take(name: &str, command: &str, deadline: Instant) -> Result<Turn, Stop> {
    let path = folder().join(format!("{name}.lock"));
    let failed = |error: io::Error| {
        let message = format!("cannot lock {}: {error}", path.display());
        Stop::bad("cluster-lock", message).hint("set XDG_STATE_HOME to a writable folder")
    };
    let open = || {
        let parent = path.parent().unwrap_or(&path);
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
    };
    let mut lock = open().map_err(failed)?;
    let mut said = false;
    let is_held = |answer: &io::Result<Option<String>>| matches!(answer, Ok(Some(_)));
    let answer = poll(deadline, is_held, async || {
        let answer = try_lock(&mut lock);
        if let Ok(Some(holder)) = &answer
            && !said
            && Instant::now() < deadline
        {
            display::line(&format!("waiting: {holder} the cluster {name}"));
            said = true;
        }
        answer
    });
    if let Some(holder) = answer.await.map_err(failed)? {
        return Err(busy(&holder, name, &path));
    }
    let mut write = || {
        lock.set_len(0)?;
        lock.seek(SeekFrom::Start(0))?;
        writeln!(lock, "{command} (process {})", std::process::id())
    };
    write().map_err(failed)?;
    started::note_in(Some(lock.try_clone().map_err(failed)?));
    Ok(Turn { lock })
}

/// Whether somebody changes the cluster, without making or holding anything.
pub(crate) fn look(name: &str) -> Result<(), Stop> {
    let path = folder().join(format!("{name}.lock"));
    let Ok(mut lock) = File::open(&path) else { return Ok(()) };
    match try_lock(&mut lock) {
        Ok(Some(holder)) => Err(busy(&holder, name, &path)),
        _ => Ok(()),
    }
}

fn busy(holder: &str, name: &str, path: &Path) -> Stop {
    let message = format!("{holder} the cluster {name}");
    let hint = format!(
        "nothing was changed; run it again when that has ended; `cat {}` names the processes",
        path.display()
    );
    Stop::unfinished("cluster-busy", message).hint(hint)
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Numbers of processes come again. A program that was told to end may take a moment.
        if running(&read(&mut self.lock)).is_empty() {
            let _ = self.lock.set_len(0);
        }
        started::note_in(None);
    }
}

/// Takes the lock, or says who changes the cluster: another run, or a program of a run that was killed.
fn try_lock(lock: &mut File) -> io::Result<Option<String>> {
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(error)) => return Err(error),
        Err(TryLockError::WouldBlock) => {
            let text = read(lock);
            let holder = text.lines().next().unwrap_or("another kind-cluster");
            return Ok(Some(format!("{holder} is changing")));
        }
    }
    let text = read(lock);
    let groups = running(&text);
    if groups.is_empty() {
        return Ok(None);
    }
    lock.unlock()?;
    let command = text.split(' ').next().unwrap_or_default();
    let groups = groups.join(", ");
    Ok(Some(format!(
        "a program that a killed {command} has started (process group {groups}) is still at work on"
    )))
}

/// The process groups of programs of the run that had the turn last that still run.
fn running(text: &str) -> Vec<&str> {
    text.lines().skip(1).filter_map(started::running).collect()
}

fn read(lock: &mut File) -> String {
    let mut text = String::new();
    // A file that cannot be read names no program.
    let _ = lock.seek(SeekFrom::Start(0)).and_then(|_| lock.read_to_string(&mut text));
    text
}

/// The same for every run of a user, from a terminal or not: a folder that only some sessions
/// have, such as the one for run-time files, would keep them apart.
pub(crate) fn folder() -> PathBuf {
    let absolute = |name: &str| {
        std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute())
    };
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    let user = rustix::process::getuid().as_raw();
    match state {
        Some(state) => state.join("kind-cluster"),
        None => std::env::temp_dir().join(format!("kind-cluster-{user}")),
    }
}
