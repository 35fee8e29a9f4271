//! The files that git keeps: a secret in a file that it ignores is not published with the others.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The ignore files that were read.
#[derive(Default)]
pub(crate) struct Tracked {
    answers: RefCell<HashMap<PathBuf, bool>>,
    by_folder: RefCell<HashMap<PathBuf, Option<Gitignore>>>,
}

impl Tracked {
    /// Whether git would ignore the file. Outside of a repository nothing is ignored.
    pub(crate) fn ignores(&self, path: &Path) -> bool {
        if let Some(known) = self.answers.borrow().get(path) {
            return *known;
        }
        let answer = self.ask(path);
        self.answers.borrow_mut().insert(path.to_owned(), answer);
        answer
    }

    fn ask(&self, path: &Path) -> bool {
        let Ok(path) = fs::canonicalize(path) else { return false };
        let mut folders: Vec<&Path> = Vec::new();
        for folder in path.ancestors().skip(1) {
            folders.push(folder);
            if folder.join(".git").exists() {
                // The entry nearest to the file wins.
                return folders.iter().find_map(|folder| self.says(folder, &path)).unwrap_or(false);
            }
        }
        false
    }

    fn says(&self, folder: &Path, path: &Path) -> Option<bool> {
        let mut known = self.by_folder.borrow_mut();
        let rules = known.entry(folder.to_owned()).or_insert_with(|| {
            let file = folder.join(".gitignore");
            if !file.is_file() {
                return None;
            }
            let mut builder = GitignoreBuilder::new(folder);
            // A line that cannot be read ignores nothing, as in git.
            let _ = builder.add(file);
            builder.build().ok()
        });
        let found = rules.as_ref()?.matched_path_or_any_parents(path, false);
        if found.is_none() { None } else { Some(found.is_ignore()) }
    }
}
