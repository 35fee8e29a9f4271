//! A folder as text: `-- path --` before each file.

use std::fs;
use std::path::{Component, Path};

use tempfile::TempDir;

/// More files than that only cost time.
const FILES: usize = 12;

/// Writes the files; `None` for a text without any, or with a path that leads out.
pub(crate) fn write(text: &str) -> Option<TempDir> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut files: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("-- ").and_then(|line| line.strip_suffix(" --")) {
            files.push((path, String::new()));
        } else if let Some((_, text)) = files.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    if files.is_empty() || files.len() > FILES {
        return None;
    }
    for (path, text) in files {
        let path = Path::new(path);
        let below = path.components().all(|part| matches!(part, Component::Normal(_)));
        let path = folder.path().join(path);
        if !below || path.parent().is_none_or(|parent| fs::create_dir_all(parent).is_err()) {
            return None;
        }
        // A folder may be where a file should be.
        let _ = fs::write(path, text);
    }
    Some(folder)
}
