//! A message that advises to delete an object with data names the data, or the backup command.

use std::fs;
use std::path::{Path, PathBuf};

/// Deletions of things without data: a pod of somebody's debugging, a lock, a context, a device.
const HARMLESS: [&str; 4] = [
    "wait until the pod has ended, or delete the pod; the claim stays",
    "a killed one has left it: delete it",
    "kubectl config delete-context",
    "no archive holds devices: delete it from the volume",
];

/// Words by which a message advises a deletion.
const ADVICE: [&str; 7] = [
    "delete it",
    "delete them",
    "delete the",
    "kubectl delete",
    "Deleting",
    "deleting them",
    "discard it",
];

/// Words by which a message says that data is at stake.
const CARE: [&str; 4] = ["backup", "BACKUP", "data", "--preserve-data"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found = Vec::new();
    for path in entries {
        match path.is_dir() {
            true => found.extend(sources(&path)),
            false => found.push(path),
        }
    }
    found
}

/// The texts between quotes, without comments and tests.
fn texts(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n").replace("\\\"", "'");
    code.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn careless(text: &str) -> bool {
    // A complaint is no advice.
    !text.starts_with("cannot delete")
        && ADVICE.iter().any(|word| text.contains(word))
        && !CARE.iter().any(|word| text.contains(word))
        && !HARMLESS.iter().any(|known| text.contains(known))
}

#[test]
fn every_advice_to_delete_says_what_is_lost() {
    assert!(careless("free the disk: delete the claim"));
    let all = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let texts = all.iter().flat_map(|path| texts(&fs::read_to_string(path).unwrap()));
    let texts: Vec<String> = texts.collect();
    for known in HARMLESS {
        assert!(texts.iter().any(|text| text.contains(known)), "{known} is no message any more");
    }
    let found: Vec<String> = texts.into_iter().filter(|text| careless(text)).collect();
    assert_eq!(found, [""; 0]);
}
