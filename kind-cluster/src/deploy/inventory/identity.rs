//! The overlay of a deployment: an identity that stays when its namespace or prefix changes.
//!
//! All worktrees of one Git repository have one identity for one folder, because they are states of
//! the same overlay. Elsewhere the folder's path is the identity: Kind's clusters are on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use common::stop::Stop;
use sha2::{Digest, Sha256};

use crate::cli::Shared;
use crate::digest::hex;
use crate::places;

/// Characters of the folder's name and of the checksum in an identity.
const NAME: usize = 30;
const SUM: usize = 10;

/// The identity of an overlay.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// The name in the cluster.
    pub(crate) id: String,
    /// Its folder, for people.
    pub(crate) folder: String,
    /// Whether somebody gave it, instead of the folder.
    pub(super) is_given: bool,
}

impl Identity {
    /// The identity of the command line's overlay.
    pub(crate) fn of(shared: &Shared) -> Result<Self, Stop> {
        let overlay = places::overlay(shared.overlay.as_deref())?;
        let path = fs::canonicalize(&overlay).unwrap_or(overlay);
        let id = match &shared.inventory {
            Some(given) => given.clone(),
            None => derived(&path),
        };
        let is_given = shared.inventory.is_some();
        Ok(Identity { id, folder: path.display().to_string(), is_given })
    }
}

/// Whether an identity looks like a folder's: records of earlier versions do not say whether somebody gave it.
pub(super) fn is_derived(id: &str) -> bool {
    let sum = id.rsplit('-').next().unwrap_or_default();
    sum.len() == SUM && sum.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn derived(path: &Path) -> String {
    let (root, rest) = match repository(path) {
        Some((repository, rest)) => (repository, rest),
        None => (path.to_owned(), PathBuf::new()),
    };
    let mut sum = Sha256::new();
    for part in [&root, &rest] {
        sum.update(part.as_os_str().as_encoded_bytes());
        sum.update([0]);
    }
    let sum = hex(&sum.finalize());
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = name.chars().map(plain).take(NAME).collect();
    match name.trim_matches('-') {
        "" => sum[..SUM].to_owned(),
        name => format!("{name}-{}", &sum[..SUM]),
    }
}

/// The repository that a folder is in, as the folder that all its worktrees share, and the
/// folder's path in the worktree.
fn repository(path: &Path) -> Option<(PathBuf, PathBuf)> {
    let root = path.ancestors().find(|folder| folder.join(".git").exists())?;
    let rest = path.strip_prefix(root).ok()?.to_owned();
    let git = root.join(".git");
    if git.is_dir() {
        return Some((fs::canonicalize(git).ok()?, rest));
    }
    // A worktree's file leads to its folder, and a file there to the shared folder.
    let text = fs::read_to_string(git).ok()?;
    let git_folder = root.join(text.trim().strip_prefix("gitdir:")?.trim());
    let shared = match fs::read_to_string(git_folder.join("commondir")) {
        Ok(text) => git_folder.join(text.trim()),
        // A submodule has none.
        Err(_) => git_folder,
    };
    Some((fs::canonicalize(shared).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(root: &Path, name: &str) -> PathBuf {
        let path = root.join(name);
        fs::create_dir_all(&path).unwrap();
        fs::canonicalize(path).unwrap()
    }

    #[test]
    fn folders_differ_although_their_names_are_the_same() {
        let root = tempfile::tempdir().unwrap();
        let (a, b) = (folder(root.path(), "a/Local_1"), folder(root.path(), "b/Local_1"));
        assert!(derived(&a).starts_with("local-1-"), "{}", derived(&a));
        assert_ne!(derived(&a), derived(&b));
        assert!(is_derived(&derived(&a)) && !is_derived("local-1"));
        assert_eq!(derived(&a), derived(&a));
    }

    #[test]
    fn worktrees_of_a_repository_have_the_same_overlay() {
        let root = tempfile::tempdir().unwrap();
        let main = folder(root.path(), "main/overlays/local");
        let other = folder(root.path(), "other/overlays/local");
        let clone = folder(root.path(), "clone/overlays/local");
        let of_worktree = folder(root.path(), "main/.git/worktrees/other");
        fs::write(of_worktree.join("commondir"), "../..\n").unwrap();
        let link = format!("gitdir: {}\n", of_worktree.display());
        fs::write(root.path().join("other/.git"), link).unwrap();
        folder(root.path(), "clone/.git");
        assert_eq!(derived(&main), derived(&other));
        assert_ne!(derived(&main), derived(&clone));
        assert_ne!(derived(&main), derived(&folder(root.path(), "main/overlays/more")));
    }
}
