//! A finding's identity that stays the same when lines move: for baselines, and for code scanning.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;

use sha2::{Digest, Sha256};

use crate::config::Settings;
use crate::finding::Finding;
use crate::id::Id;
use crate::tree::{FileId, Files};

/// Bytes of the hash that are kept; enough to tell the findings of one project apart.
const KEPT: usize = 16;

/// Gives every finding its fingerprint: a hash of the rule, the file, the object, and the text
/// of the line. Equal ones are counted.
pub(crate) fn assign(findings: &mut [Finding], settings: &Settings, files: &Files) {
    let mut paths: HashMap<FileId, String> = HashMap::new();
    let mut seen: HashMap<[u8; KEPT], usize> = HashMap::new();
    for finding in findings {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            hash.update(text);
            hash.update([0]);
        };
        part(finding.rule.code);
        part(&finding.detail);
        part(&finding.object.as_ref().map(Id::to_string).unwrap_or_default());
        match finding.place {
            Some(place) => {
                let path = paths.entry(place.file).or_insert_with(|| {
                    let shown = &files.get(place.file).path;
                    let canonical = fs::canonicalize(shown).ok();
                    canonical
                        .and_then(|path| settings.relative(&path))
                        .unwrap_or_else(|| shown.to_string_lossy().into_owned())
                });
                part(path);
                part(files.line(place).trim());
            }
            None => part(&finding.message),
        }
        let mut kept = [0; KEPT];
        kept.copy_from_slice(&hash.finalize()[..KEPT]);
        let count = seen.entry(kept).and_modify(|count| *count += 1).or_insert(1);
        let mut text = kept.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        if *count > 1 {
            let _ = write!(text, ":{count}");
        }
        finding.fingerprint = text;
    }
}
