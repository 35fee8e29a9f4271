//! Cases as text: `## name`, then files, each behind a line `-- path --`.

use std::fs;
use std::path::Path;

/// Small files of one case.
#[derive(Clone, Debug)]
pub struct Case {
    /// The case that it shows.
    pub name: String,
    /// Path and text.
    pub files: Vec<(String, String)>,
}

/// The cases of a text. Lines before the first case are a comment.
///
/// # Panics
/// A file before the first case.
pub fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            cases.push(Case { name: name.to_owned(), files: Vec::new() });
        } else if let Some(path) = line.strip_prefix("-- ").and_then(|l| l.strip_suffix(" --")) {
            let case = cases.last_mut().expect("a file belongs to a case");
            case.files.push((path.to_owned(), String::new()));
        } else if let Some((_, text)) = cases.last_mut().and_then(|case| case.files.last_mut()) {
            text.push_str(line);
            text.push('\n');
        }
    }
    cases
}

impl Case {
    /// Writes the files below `folder`. The kustomization to build is `folder` itself, or
    /// `folder/top` if there is one.
    ///
    /// # Panics
    /// The folder cannot be written.
    pub fn write(&self, folder: &Path) -> std::path::PathBuf {
        for (path, text) in &self.files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("below the folder")).unwrap();
            fs::write(path, text).unwrap();
        }
        let top = folder.join("top");
        if top.is_dir() { top } else { folder.to_owned() }
    }
}
