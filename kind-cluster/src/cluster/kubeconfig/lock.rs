//! The lock that kubectl and kind put on a kubeconfig: a file `NAME.lock` beside it.
//!
//! kubectl leaves it behind when it is killed, and this tool would, too. So the lock says whose it is,
//! and a lock of a kind-cluster that does not run any more is taken away.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::files::folder_of;

/// How long somebody else may hold the lock: kubectl takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(5);
const MARK: &str = "kind-cluster ";

/// A kubeconfig that nobody else edits for as long as the value lives.
#[derive(Debug)]
pub(super) struct Lock(PathBuf);

impl Lock {
    /// Waits for the lock of `path`.
    pub(super) fn take(path: &Path) -> io::Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let lock = PathBuf::from(name);
        fs::create_dir_all(folder_of(path))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&lock);
            match made {
                Ok(mut file) => {
                    let held = Lock(lock);
                    write!(file, "{MARK}{}", std::process::id())?;
                    return Ok(held);
                }
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                Err(_) if is_left(&lock) => {
                    let _ = fs::remove_file(&lock);
                }
                Err(_) if Instant::now() >= deadline => {
                    let message = format!(
                        "{} exists; if no kubectl or kind runs, a killed one has left it: delete it",
                        lock.display()
                    );
                    return Err(io::Error::new(io::ErrorKind::TimedOut, message));
                }
                Err(_) => std::thread::sleep(PAUSE),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Whether a lock is of a kind-cluster that has ended.
fn is_left(lock: &Path) -> bool {
    let text = fs::read_to_string(lock).unwrap_or_default();
    let holder = text.strip_prefix(MARK).and_then(|id| id.trim().parse::<i32>().ok());
    let holder = holder.and_then(rustix::process::Pid::from_raw);
    holder.is_some_and(|id| rustix::process::test_kill_process(id) == Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_of_a_process_that_has_ended_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let id = child.id();
        child.wait().unwrap();
        fs::write(dir.path().join("config.lock"), format!("{MARK}{id}")).unwrap();
        drop(Lock::take(&path).unwrap());
        assert!(!dir.path().join("config.lock").exists());
    }
}
