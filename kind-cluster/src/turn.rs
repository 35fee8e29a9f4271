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
    let is_held =
        |answer: &Result<(), TryLockError>| matches!(answer, Err(TryLockError::WouldBlock));
    let answer = poll(deadline, is_held, async || {
        let answer = lock.try_lock();
        if is_held(&answer) && !said && Instant::now() < deadline {
            let holder = holder(&mut lock);
            display::line(&format!("waiting for {holder}, which is changing the cluster {name}"));
            said = true;
        }
        answer
    });
    match answer.await {
        Ok(()) => {}
        Err(TryLockError::Error(error)) => return Err(failed(error)),
        Err(TryLockError::WouldBlock) => return Err(busy(&holder(&mut lock), name, &path)),
    }
    let mut write = || {
        lock.set_len(0)?;
        lock.seek(SeekFrom::Start(0))?;
        write!(lock, "{command} (process {})", std::process::id())
    };
    write().map_err(failed)?;
    Ok(Turn { lock })
}

/// Whether somebody changes the cluster, without making or holding anything.
pub(crate) fn look(name: &str) -> Result<(), Stop> {
    let path = folder().join(format!("{name}.lock"));
    let Ok(mut lock) = File::open(&path) else { return Ok(()) };
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => Err(busy(&holder(&mut lock), name, &path)),
        _ => Ok(()),
    }
}

fn busy(holder: &str, name: &str, path: &Path) -> Stop {
    let message = format!("{holder} is changing the cluster {name}");
    let hint = format!(
        "nothing was changed; run it again when that has ended; `fuser {}` names who holds the lock",
        path.display()
    );
    Stop::unfinished("cluster-busy", message).hint(hint)
}

impl Turn {
    /// Lets the programs that are started from here on hold the lock, too, or no longer: a kind that
    /// outlives a tool which was killed is still making its cluster, and keeps others away until it
    /// ends.
    pub(crate) fn share(&self, shared: bool) {
        let flags = match shared {
            true => rustix::io::FdFlags::empty(),
            false => rustix::io::FdFlags::CLOEXEC,
        };
        // It fails only for a file that is not open.
        let _ = rustix::io::fcntl_setfd(&self.lock, flags);
    }
}

/// The holder of the lock, in its own words.
fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    let read = lock.seek(SeekFrom::Start(0)).and_then(|_| lock.read_to_string(&mut text));
    match read {
        Ok(_) if !text.is_empty() => text,
        _ => "another kind-cluster".to_owned(),
    }
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
