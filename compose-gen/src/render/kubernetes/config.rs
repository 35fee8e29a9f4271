//! Mounted files as ConfigMaps, made by Kustomize so that their names carry a hash.

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
/// overlay with Kustomize's default restrictions reads nothing outside its root.
pub(crate) fn generators(services: &[&Service], folder: &str, files: &mut Files) -> Generators {
    let mut generators = Generators::default();
    for service in services {
        let mut done: Vec<String> = Vec::new();
        for (index, name) in names(service) {
            let Origin::Files { files: sources, secret, .. } = &service.mounts[index].origin else {
                continue;
            };
            if done.contains(&name) {
                continue;
            }
            let mut paths = Vec::new();
            for file in sources {
                let path =
                    format!("{}/{name}/{}", if *secret { "secret" } else { "config" }, file.key);
                let content = Content { bytes: file.content.clone(), executable: file.executable };
                files.all.insert(format!("{folder}/{path}"), content);
                paths.push(path);
            }
            let list = if *secret { &mut generators.secrets } else { &mut generators.maps };
            list.push(json!({"name": name, "files": paths}));
            done.push(name);
        }
    }
    generators
}
