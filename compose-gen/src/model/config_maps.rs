//! The ConfigMaps, and Secrets, that a service's mounted files become.

use std::collections::{BTreeMap, BTreeSet};

use std::path::Path;

use common::project::paths::normal;

use super::mounts::Origin;
use super::names::{LABEL, fit, marked};
use super::platform::Service;

/// Gives every mounted file or folder the name of its map; mounts of one source in one service share
/// it. The name is also a volume's in the Pod, so it is a label.
pub(super) fn name(services: &mut BTreeMap<String, Service>, folder: &Path) {
    let folder = std::path::absolute(folder).unwrap_or_default();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for service in services.values_mut() {
        let mut maps: BTreeMap<String, String> = BTreeMap::new();
        for mount in &mut service.mounts {
            let Origin::Files { path, map, .. } = &mut mount.origin else { continue };
            let known = maps.get(path.as_str()).cloned();
            *map = known.unwrap_or_else(|| {
                // `.` and `..` have the name of their folder.
                let full = normal(&folder.join(path.as_str()));
                let base = full.file_name().unwrap_or_default().to_string_lossy();
                free(&service.name, &base, &taken)
            });
            taken.insert(map.clone());
            maps.insert(path.clone(), map.clone());
        }
    }
}

/// A name of the service and the path's last part that no other map has.
fn free(service: &str, base: &str, taken: &BTreeSet<String>) -> String {
    let good = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let slug: String = base.chars().map(good).collect();
    let slug = slug.trim_matches('-');
    let name = match slug.is_empty() || slug == service {
        true => service.to_owned(),
        false => format!("{service}-{slug}"),
    };
    let mut shown = fit(&name, LABEL);
    let mut count = 2;
    while taken.contains(&shown) {
        let next = format!("{service}-{slug}-{count}");
        shown = if next.len() > LABEL { marked(&next, &next, LABEL) } else { next };
        count += 1;
    }
    shown
}

/// Index of the mount → the map's name.
pub(crate) fn names(service: &Service) -> BTreeMap<usize, String> {
    let mounts = service.mounts.iter().enumerate();
    mounts
        .filter_map(|(index, mount)| match &mount.origin {
            Origin::Files { map, .. } => Some((index, map.clone())),
            _ => None,
        })
        .collect()
}
