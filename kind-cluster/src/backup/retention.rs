//! Old archives, which go when a new one is verified.

use std::path::{Path, PathBuf};

use common::quantity;
use common::stop::Stop;

use crate::report::Check;

/// Deletes all archives of a cluster in a folder but the newest ones. The new one always stays.
pub(super) fn retire(
    folder: &Path,
    cluster: &str,
    new: &Path,
    keep: u32,
) -> Result<Vec<Check>, Stop> {
    let mut checks = Vec::new();
    let all = archives(folder, cluster);
    let many = all.len().saturating_sub(keep as usize);
    for path in all.iter().take(many).filter(|path| path.file_name() != new.file_name()) {
        let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        std::fs::remove_file(path).map_err(|error| {
            let message = format!("cannot delete the old archive {}: {error}", path.display());
            Stop::unfinished("old-archive", message)
                .hint("the new archive is complete and verified")
        })?;
        let detail = format!("older than the newest {keep}: deleted, {}", quantity::show(size));
        checks.push(Check::ok("archive", path.display().to_string(), detail));
    }
    Ok(checks)
}

/// The archives of a cluster by age. Another cluster's name may begin with this one's, so that the rest
/// of the name has to be a time.
fn archives(folder: &Path, cluster: &str) -> Vec<PathBuf> {
    let is_archive = |name: &str| {
        let rest = name.strip_prefix(cluster).and_then(|rest| rest.strip_prefix('-'));
        rest.and_then(|rest| rest.strip_suffix(".tar")).is_some_and(is_time)
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_archive))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

/// `20260101T120000Z`.
fn is_time(text: &str) -> bool {
    text.len() == 16
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_archives_of_the_cluster_stay_and_every_other_file() {
        let dir = tempfile::tempdir().unwrap();
        let archive = |cluster: &str, day: u32| format!("{cluster}-202601{day:02}T120000Z.tar");
        let mut others = vec!["notes.tar".to_owned(), "a-old.tar".into(), archive("a-b", 1)];
        others.push(format!("{}.partial", archive("a", 1)));
        let ours: Vec<String> = (1..=4).map(|day| archive("a", day)).collect();
        for name in others.iter().chain(&ours) {
            std::fs::write(dir.path().join(name), "x").unwrap();
        }
        let checks = retire(dir.path(), "a", &dir.path().join(&ours[3]), 2).unwrap();
        assert_eq!(checks.len(), 2);
        let is_there = |name: &String| dir.path().join(name).exists();
        assert_eq!(ours.iter().map(is_there).collect::<Vec<_>>(), [false, false, true, true]);
        assert!(others.iter().all(is_there));
    }
}
