//! Mounted files as ConfigMaps, made by Kustomize so that their names carry a hash.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::{Origin, Service};
use crate::render::{Content, Files};

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

/// The generators of a folder's services, whose files are copied below that folder: an
/// overlay with Kustomize's default restrictions reads nothing outside its root.
pub(crate) fn generators(services: &[&Service], folder: &str, files: &mut Files) -> Vec<Value> {
    let mut generators = Vec::new();
    for service in services {
        let mut done: Vec<String> = Vec::new();
        for (index, name) in names(service) {
            let Origin::Files { files: own, .. } = &service.mounts[index].origin else { continue };
            if done.contains(&name) {
                continue;
            }
            let mut paths = Vec::new();
            for file in own {
                let path = format!("config/{name}/{}", file.key());
                let content = Content { bytes: file.content.clone(), executable: file.executable };
                files.all.insert(format!("{folder}/{path}"), content);
                paths.push(path);
            }
            generators.push(json!({"name": name, "files": paths}));
            done.push(name);
        }
    }
    generators
}
