//! A service as the generated Compose file has it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::{root, yaml};
use serde_json::Value;

/// One service of `infrastructure/docker/compose.yaml`.
#[derive(Debug)]
pub struct Service(Value);

impl Service {
    /// The service of that name.
    ///
    /// # Panics
    /// The file has none.
    pub fn named(name: &str) -> Service {
        let text = fs::read_to_string(root().join("infrastructure/docker/compose.yaml")).unwrap();
        let service = yaml::documents(&text).remove(0)["services"][name].take();
        assert!(service.is_object(), "the Compose file has no service {name}");
        Service(service)
    }

    /// The text at a JSON pointer.
    pub fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The variables that the file itself says; those of secrets come from env files.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let variables = self.0["environment"].as_object().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().replace("$$", "$");
        variables.map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// Entrypoint and command, without the shell that reads the secrets' env file first.
    pub fn command(&self) -> Vec<String> {
        let words = |key: &str| self.words(&format!("/{key}"));
        let mut all = words("entrypoint");
        if all.first().is_some_and(|program| program == "/bin/sh") {
            // sh -c SCRIPT NAME
            all.drain(..4);
        }
        all.extend(words("command"));
        all
    }

    /// The words of a list, as Compose hands them to the container.
    pub fn words(&self, pointer: &str) -> Vec<String> {
        let list = self.0.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(|word| word.replace("$$", "$")).collect()
    }
}

/// A copy of a folder of `infrastructure/config` in `folder`, with texts replaced in each of its files.
pub fn config(name: &str, folder: &Path, replace: &[(&str, &str)]) {
    fs::create_dir_all(folder).unwrap();
    for entry in fs::read_dir(root().join("infrastructure/config").join(name)).unwrap() {
        let entry = entry.unwrap();
        let Ok(mut text) = fs::read_to_string(entry.path()) else { continue };
        for (from, to) in replace {
            text = text.replace(from, to);
        }
        fs::write(folder.join(entry.file_name()), text).unwrap();
    }
}
