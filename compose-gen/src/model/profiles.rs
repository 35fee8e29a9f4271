//! Profiles, closed over what a service cannot start without.

use std::collections::{BTreeMap, BTreeSet};

use super::Service;

/// Service → its profiles with those of its dependants. An empty set: it always runs.
pub(super) fn closed(services: &BTreeMap<String, Service>) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = services
        .iter()
        .map(|(name, s)| (name.clone(), s.profiles.iter().cloned().collect()))
        .collect();
    loop {
        let mut changed = false;
        for (name, service) in services {
            let profiles = all.get(name).cloned().unwrap_or_default();
            for (other, _) in service.depends.iter().filter(|(_, d)| d.required) {
                let Some(theirs) = all.get_mut(other) else { continue };
                // A service without profiles always runs, and so must what it needs.
                if profiles.is_empty() && !theirs.is_empty() {
                    theirs.clear();
                    changed = true;
                } else if !theirs.is_empty() {
                    let before = theirs.len();
                    theirs.extend(profiles.iter().cloned());
                    changed |= theirs.len() != before;
                }
            }
        }
        if !changed {
            return all;
        }
    }
}
