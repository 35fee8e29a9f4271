//! Old archives, which go when a new one is verified.

use std::path::{Path, PathBuf};

use common::quantity;
use common::stop::Stop;

use super::verify;
use crate::report::Check;

const DELETE: &str = "delete it by hand if nobody needs its data";

/// Deletes all archives of a cluster in a folder but the newest ones. The new one always stays, and so does
/// the newest archive of each claim: `--exclude` may have left the claim out of all later ones.
pub(super) fn retire(
    folder: &Path,
    cluster: &str,
    new: &Path,
    keep: u32,
) -> Result<Vec<Check>, Stop> {
    let mut checks = Vec::new();
    let mut held = verify::claims(new).unwrap_or_default();
    let all = archives(folder, cluster);
    let older = all.iter().rev().filter(|path| path.file_name() != new.file_name());
    for (number, path) in older.enumerate() {
        let claims = verify::claims(path);
        let only: Vec<String> =
            claims.iter().flatten().filter(|claim| !held.contains(*claim)).cloned().collect();
        let is_read = claims.is_some();
        held.extend(claims.into_iter().flatten());
        if number + 1 < keep as usize {
            continue;
        }
        let name = path.display().to_string();
        if !is_read {
            let detail = "stays: it cannot be read as an archive of this version";
            checks.push(Check::warning("archive", name, "unread-archive", detail).hint(DELETE));
            continue;
        }
        if !only.is_empty() {
            let detail = format!("stays: no newer archive has the claim {}", only.join(", "));
            checks.push(Check::skipped("archive", name, detail).hint(DELETE));
            continue;
        }
        let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        std::fs::remove_file(path).map_err(|error| {
            let message = format!("cannot delete the old archive {name}: {error}");
            Stop::unfinished("old-archive", message)
                .hint("the new archive is complete and verified")
        })?;
        let detail = format!("older than the newest {keep}: deleted, {}", quantity::show(size));
        checks.push(Check::ok("archive", name, detail));
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
    use serde_json::{Value, json};
    use tar::{Builder, Header};

    use super::super::archive::MANIFEST;
    use super::super::manifest::SCHEMA;
    use super::*;

    /// An archive of some claims, as far as the retention reads it.
    fn archive(folder: &Path, name: &str, claims: &[&str]) {
        let volume = |claim: &&str| {
            json!({"namespace": "n", "claim": claim, "object": {}, "member": "", "node": "", "path": "",
                   "method": "", "consistency": "", "entries": 0, "bytes": 0, "sha256": ""})
        };
        let volumes: Vec<Value> = claims.iter().map(volume).collect();
        let manifest = json!({"schema": SCHEMA, "cluster": "a", "volumes": volumes, "dumps": [],
                              "scratch": [], "workloads": [], "images": []});
        let text = manifest.to_string();
        let mut header = Header::new_gnu();
        header.set_size(text.len() as u64);
        let mut builder = Builder::new(std::fs::File::create(folder.join(name)).unwrap());
        builder.append_data(&mut header, MANIFEST, text.as_bytes()).unwrap();
        builder.finish().unwrap();
    }

    fn name(cluster: &str, day: u32) -> String {
        format!("{cluster}-202601{day:02}T120000Z.tar")
    }

    #[test]
    fn the_newest_archives_of_the_cluster_stay_and_every_other_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut others = vec!["notes.tar".to_owned(), "a-old.tar".into(), name("a-b", 1)];
        others.push(format!("{}.partial", name("a", 1)));
        let ours: Vec<String> = (1..=4).map(|day| name("a", day)).collect();
        for name in others.iter().chain(&ours) {
            archive(dir.path(), name, &["c"]);
        }
        let checks = retire(dir.path(), "a", &dir.path().join(&ours[3]), 2).unwrap();
        assert_eq!(checks.len(), 2);
        let is_there = |name: &String| dir.path().join(name).exists();
        assert_eq!(ours.iter().map(is_there).collect::<Vec<_>>(), [false, false, true, true]);
        assert!(others.iter().all(is_there));
    }

    #[test]
    fn the_newest_archive_of_a_claim_stays_however_old_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let claims: [&[&str]; 4] = [&["c", "left-out"], &["c", "left-out"], &["c"], &["c"]];
        for (day, claims) in (1..).zip(claims) {
            archive(dir.path(), &name("a", day), claims);
        }
        let checks = retire(dir.path(), "a", &dir.path().join(name("a", 4)), 1).unwrap();
        let is_there = |day: u32| dir.path().join(name("a", day)).exists();
        assert_eq!([1, 2, 3, 4].map(is_there), [false, true, false, true]);
        assert!(format!("{checks:?}").contains("no newer archive has the claim n/left-out"));
    }

    #[test]
    fn a_file_that_cannot_be_read_as_an_archive_stays() {
        let dir = tempfile::tempdir().unwrap();
        archive(dir.path(), &name("a", 2), &["c"]);
        std::fs::write(dir.path().join(name("a", 1)), "of a later version").unwrap();
        let checks = retire(dir.path(), "a", &dir.path().join(name("a", 2)), 1).unwrap();
        assert!(dir.path().join(name("a", 1)).exists());
        assert_eq!(checks.len(), 1);
    }
}
