//! Files replaced whole: another process, or the next run after a power cut, sees the old
//! content or the new, never a part.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

const SUFFIX: &str = ".partial";

/// A folder that this process alone writes to for as long as the value lives.
///
/// The lock also makes it safe to remove what a killed run left behind.
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

impl Folder {
    /// Opens and locks `path`, creating it when it does not exist, and removes the partial
    /// files of runs that were killed. Waits while another process holds the folder.
    ///
    /// # Errors
    /// The folder cannot be created, opened or locked.
    pub fn lock(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        let handle = File::open(path)?;
        handle.lock()?;
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') && name.ends_with(SUFFIX) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Folder { path: path.to_owned(), handle })
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
        let folder = Folder::lock(dir.path()).unwrap();
        let staged = folder.stage("a.env", b"new", 0o640).unwrap();
        assert!(!dir.path().join("a.env").exists());
        folder.publish(vec![staged]).unwrap();
        assert_eq!(fs::read(dir.path().join("a.env")).unwrap(), b"new");
        let mode = fs::metadata(dir.path().join("a.env")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o640);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn locking_removes_what_a_killed_run_left_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".a.env.x1.partial"), "half").unwrap();
        fs::write(dir.path().join("notes.partial"), "mine").unwrap();
        let _folder = Folder::lock(dir.path()).unwrap();
        assert!(!dir.path().join(".a.env.x1.partial").exists());
        assert!(dir.path().join("notes.partial").exists());
    }
}
