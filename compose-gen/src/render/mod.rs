//! From the platform to files. Nothing here touches the disk.

pub(crate) mod argocd;
pub(crate) mod compose;
pub(crate) mod kind;
pub(crate) mod kubernetes;
pub(crate) mod yaml;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub(crate) use crate::checksum::checksum;
pub(crate) use crate::header::HEADER;

/// The files of one run: path below the output folder → content.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// Generated text, header and all, and copies of configuration files.
    pub(crate) all: BTreeMap<String, Content>,
}

/// A file to be written.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    pub(crate) executable: bool,
}

impl Files {
    /// Adds a YAML file of several documents.
    pub(crate) fn yaml(&mut self, path: impl Into<String>, source: &str, documents: &[Value]) {
        let texts: Vec<String> = documents.iter().map(yaml::document).collect();
        let text = headed(source, &texts.join("---\n"));
        self.all.insert(path.into(), Content { bytes: text.into_bytes(), executable: false });
    }

    /// The size of everything.
    pub(crate) fn bytes(&self) -> usize {
        self.all.values().map(|content| content.bytes.len()).sum()
    }
}

/// A text behind the line that says where it comes from and what it was when it was written.
pub(crate) fn headed(source: &str, body: &str) -> String {
    format!("{HEADER}{source}, do not edit. {}\n{body}", checksum(body.as_bytes()))
}

/// Whether a text is generated and as it was written.
pub(crate) fn is_untouched(text: &str) -> bool {
    let Some((first, body)) = text.split_once('\n') else { return false };
    first.starts_with(HEADER) && first.rsplit(' ').next() == Some(&checksum(body.as_bytes()))
}

/// A mapping of the keys that have something to say.
pub(crate) fn object<const N: usize>(keys: [(&str, Value); N]) -> Value {
    let mut map = Map::new();
    keys.into_iter().for_each(|(key, value)| put(&mut map, key, value));
    Value::Object(map)
}

/// Puts a key into a mapping, unless there is nothing to say: an absent key means the default.
pub(crate) fn put(map: &mut Map<String, Value>, key: &str, value: Value) {
    let empty = match &value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    if !empty {
        map.insert(key.into(), value);
    }
}
