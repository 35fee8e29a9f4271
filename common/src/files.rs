//! Files replaced whole: another process, or the next run after a power cut, sees the old
//! content or the new, never a part.

use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::{Builder, NamedTempFile};

const SUFFIX: &str = ".partial";
/// Random characters in a temporary name.
const RANDOM: usize = 8;

/// A folder that this process alone writes to for as long as the value lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    handle: File,
}

/// New content, written and synced beside its target, waiting to be published.
#[derive(Debug)]
pub struct Staged {
    temporary: NamedTempFile,
    target: PathBuf,
}

/// Replaces one file whole, keeping its mode; a new one gets `0644`. Waits up to ten seconds for
/// another process that writes to the same folder.
///
/// # Errors
/// As those of [`Folder`].
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let name =
        path.file_name().and_then(|name| name.to_str()).ok_or(io::ErrorKind::InvalidInput)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mode = fs::metadata(path).map_or(0o644, |metadata| metadata.permissions().mode() & 0o7777);
    let deadline = Instant::now() + Duration::from_secs(10);
    let folder = Folder::lock(folder.unwrap_or(Path::new(".")), deadline)?;
    let staged = folder.stage(name, content, mode)?;
    folder.publish(vec![staged])
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The text of a file; none when there is no such file.
///
/// # Errors
/// It is there and cannot be read.
pub fn read_or_empty(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        text => text,
    }
}

impl Staged {
    /// Gives the file to another user, or group, before it is seen.
    ///
    /// # Errors
    /// The process may not do so.
    pub fn belong_to(&self, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
        std::os::unix::fs::fchown(self.temporary.as_file(), user, group)
    }
}

impl Folder {
    /// Opens and locks `path`, creating it when it does not exist. Waits for another process
    /// that holds it, until `deadline`.
    ///
    /// # Errors
    /// The folder cannot be created, opened or locked; [`io::ErrorKind::TimedOut`] when
    /// somebody else still held it at the deadline.
    pub fn lock(path: &Path, deadline: Instant) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        let handle = File::open(path)?;
        loop {
            match handle.try_lock() {
                Ok(()) => return Ok(Folder { path: path.to_owned(), handle }),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Removes what a killed run left of the files `names`. Safe because of the lock.
    ///
    /// # Errors
    /// The folder cannot be read, or a file of it not removed.
    pub fn sweep(&self, names: &[&str]) -> io::Result<()> {
        let left = |file: &str| {
            let (name, random) = file.strip_prefix('.')?.strip_suffix(SUFFIX)?.rsplit_once('.')?;
            (random.len() == RANDOM && names.contains(&name)).then_some(())
        };
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let ours = entry.file_name().to_str().and_then(left).is_some();
            if ours && entry.file_type()?.is_file() {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Writes `content` to a temporary file of the folder and syncs it. The permission bits
    /// are `mode` from the first byte on. Dropped without [`Folder::publish`], it disappears.
    ///
    /// # Errors
    /// Anything that keeps the bytes from reaching the disk.
    pub fn stage(&self, name: &str, content: &[u8], mode: u32) -> io::Result<Staged> {
        let mut temporary = Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(SUFFIX)
            .rand_bytes(RANDOM)
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(&self.path)
            .map_err(bare)?;
        temporary.write_all(content).map_err(bare)?;
        // Set apart from creation: the process's umask must not narrow what was asked for.
        temporary.as_file().set_permissions(Permissions::from_mode(mode))?;
        temporary.as_file().sync_all()?;
        Ok(Staged { temporary, target: self.path.join(name) })
    }

    /// Renames every staged file onto its target, then syncs the folder.
    ///
    /// # Errors
    /// A rename or the sync failed; each target is still whole, old or new.
    pub fn publish(&self, staged: Vec<Staged>) -> io::Result<()> {
        for file in staged {
            file.temporary.persist(&file.target).map_err(|failed| failed.error)?;
        }
        self.handle.sync_all()
    }
}

/// The error without the temporary file's random name, which says nothing to a reader.
fn bare(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::Other => error,
        kind => kind.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_visible_before_publish_and_mode_is_exact() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::lock(dir.path(), Instant::now()).unwrap();
        let staged = folder.stage("a.env", b"new", 0o640).unwrap();
        assert!(!dir.path().join("a.env").exists());
        folder.publish(vec![staged]).unwrap();
        assert_eq!(fs::read(dir.path().join("a.env")).unwrap(), b"new");
        let mode = fs::metadata(dir.path().join("a.env")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o640);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn sweeping_removes_what_a_killed_run_left_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let others = [".a.env.x.partial", ".b.env.12345678.partial", "notes.partial", ".partial"];
        for name in others.iter().chain(&[".a.env.12345678.partial"]) {
            fs::write(dir.path().join(name), "half").unwrap();
        }
        Folder::lock(dir.path(), Instant::now()).unwrap().sweep(&["a.env"]).unwrap();
        assert!(!dir.path().join(".a.env.12345678.partial").exists());
        assert!(others.iter().all(|name| dir.path().join(name).exists()));
    }

    #[test]
    fn a_folder_in_use_is_given_up_at_the_deadline() {
        let dir = tempfile::tempdir().unwrap();
        let _held = Folder::lock(dir.path(), Instant::now()).unwrap();
        let second = Folder::lock(dir.path(), Instant::now() + Duration::from_millis(50));
        assert_eq!(second.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
