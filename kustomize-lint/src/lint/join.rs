//! One defect, one finding, however many overlays show it.

use std::collections::HashMap;

use crate::finding::Finding;
use crate::tree::{Files, Place};

/// Joins what is the same, and sorts by file, place and rule.
pub(crate) fn join(findings: Vec<Finding>, files: &Files) -> Vec<Finding> {
    let mut joined: Vec<Finding> = Vec::new();
    let mut known: HashMap<(&'static str, Option<Place>, String), usize> = HashMap::new();
    for mut finding in findings {
        // Without a place, only the words can tell two findings apart.
        let words =
            if finding.place.is_some() { finding.detail.clone() } else { finding.message.clone() };
        match known.get(&(finding.rule.code, finding.place, words.clone())) {
            Some(at) => {
                let same = &mut joined[*at];
                finding.overlays.retain(|overlay| !same.overlays.contains(overlay));
                same.overlays.append(&mut finding.overlays);
                // Each overlay may have a reason of its own.
                for (place, label) in finding.related {
                    if !same.related.iter().any(|(known, _)| *known == place) {
                        same.related.push((place, label));
                    }
                }
            }
            None => {
                known.insert((finding.rule.code, finding.place, words), joined.len());
                joined.push(finding);
            }
        }
    }
    joined.sort_by_cached_key(|finding| {
        let place = finding.place.map(|place| (files.get(place.file).path.clone(), place.start));
        (place.is_none(), place, finding.rule.code, finding.detail.clone(), finding.message.clone())
    });
    joined
}
