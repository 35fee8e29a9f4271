//! The ConfigMaps that a service's mounted files become.

use std::collections::BTreeMap;

use super::mounts::Origin;
use super::platform::Service;

/// Index of the mount → the ConfigMap's name. Mounts of one source share it.
pub(crate) fn names(service: &Service) -> BTreeMap<usize, String> {
    let mut names: BTreeMap<usize, String> = BTreeMap::new();
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    for (index, mount) in service.mounts.iter().enumerate() {
        let Origin::Files { path, .. } = &mount.origin else { continue };
        let base = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let good = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let slug: String = base.chars().map(good).collect();
        let slug = slug.trim_matches('-');
        let mut name = match slug.is_empty() || slug == service.name {
            true => service.name.clone(),
            false => format!("{}-{slug}", service.name),
        };
        let mut count = 2;
        while taken.get(&name).is_some_and(|other| other != path) {
            name = format!("{}-{slug}-{count}", service.name);
            count += 1;
        }
        taken.insert(name.clone(), path);
        names.insert(index, name);
    }
    names
}
