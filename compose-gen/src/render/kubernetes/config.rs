//! Mounted files as ConfigMaps, made by Kustomize so that their names carry a hash.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::config_maps::names;
use crate::model::{Origin, Service};
use crate::render::{Content, Files};

/// Kustomize's generators of a folder.
#[derive(Default)]
pub(crate) struct Generators {
    pub(crate) maps: Vec<Value>,
    pub(crate) secrets: Vec<Value>,
}

/// The generators of a folder's services, whose files are copied below that folder: an
/// overlay with Kustomize's default restrictions reads nothing outside its root. Services that mount the
/// same source have a map each, of one copy.
pub(crate) fn generators(services: &[&Service], folder: &str, files: &mut Files) -> Generators {
    let mut generators = Generators::default();
    let mut copies: BTreeMap<(&str, bool, bool), Vec<String>> = BTreeMap::new();
    for service in services {
        let mut done: Vec<String> = Vec::new();
        for (index, name) in names(service) {
            let Origin::Files { path, files: sources, inline, secret, .. } =
                &service.mounts[index].origin
            else {
                continue;
            };
            if done.contains(&name) {
                continue;
            }
            let paths = copies.entry((path.as_str(), *inline, *secret)).or_insert_with(|| {
                let kind = if *secret { "secret" } else { "config" };
                let mut paths = Vec::new();
                for file in sources {
                    let path = format!("{kind}/{name}/{}", file.key);
                    let content =
                        Content { bytes: file.content.clone(), executable: file.executable };
                    files.all.insert(format!("{folder}/{path}"), content);
                    paths.push(path);
                }
                paths
            });
            let list = if *secret { &mut generators.secrets } else { &mut generators.maps };
            list.push(json!({"name": name, "files": paths}));
            done.push(name);
        }
    }
    generators
}
