//! The definitions of custom resources in a set of objects.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::tree::Node;

/// The schema of each API version and kind; none for a definition that is not checked here.
#[derive(Debug, Default)]
pub struct Definitions(HashMap<(String, String), Json>);

impl Definitions {
    /// The definitions among the objects. A version that is not served is none.
    pub fn of<'a>(objects: impl Iterator<Item = &'a Node>) -> Self {
        let mut found = HashMap::new();
        let definitions = objects.filter(|object| {
            object.str_at(&["kind"]) == Some("CustomResourceDefinition")
                && object.str_at(&["apiVersion"]) == Some("apiextensions.k8s.io/v1")
        });
        for spec in definitions.filter_map(|object| object.get("spec")) {
            let (Some(group), Some(kind)) =
                (spec.str_at(&["group"]), spec.str_at(&["names", "kind"]))
            else {
                continue;
            };
            let keeps_all = spec.get("preserveUnknownFields").and_then(Node::as_bool) == Some(true);
            for version in spec.items_at(&["versions"]).iter().filter(|_| !keeps_all) {
                let is_served = version.get("served").and_then(Node::as_bool) == Some(true);
                let (Some(name), Some(schema)) =
                    (version.str_at(&["name"]), version.at(&["schema", "openAPIV3Schema"]))
                else {
                    continue;
                };
                if is_served {
                    let api_version = format!("{group}/{name}");
                    found.insert((api_version, kind.to_owned()), schema.to_json());
                }
            }
        }
        Definitions(found)
    }

    /// The schema of an object's kind.
    pub(in crate::api) fn get(&self, api_version: &str, kind: &str) -> Option<&Json> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&(api_version.to_owned(), kind.to_owned()))
    }
}
