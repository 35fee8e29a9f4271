//! The schema that a kustomization brings with `openapi.path`: how its lists are merged. It stands in
//! place of Kubernetes' own schemas for the whole rendering.

use serde_json::Value as Json;

use super::lists::List;

/// A schema in OpenAPI's version 2, as `kubectl get --raw /openapi/v2` prints it.
#[derive(Debug)]
pub(crate) struct OpenApi {
    document: Json,
}

impl OpenApi {
    pub(crate) fn new(document: Json) -> Self {
        OpenApi { document }
    }

    /// The schema of a kind; `None` when the document lacks it.
    pub(crate) fn kind(&self, group: &str, version: &str, kind: &str) -> Option<&Json> {
        let definitions = self.document.get("definitions")?.as_object()?;
        definitions.values().find(|schema| {
            let kinds = schema.get("x-kubernetes-group-version-kind").and_then(Json::as_array);
            kinds.into_iter().flatten().any(|known| {
                let is = |key: &str, wanted: &str| {
                    known.get(key).and_then(Json::as_str).unwrap_or_default() == wanted
                };
                is("group", group) && is("version", version) && is("kind", kind)
            })
        })
    }

    /// How the list at `path` (keys only, joined by `/`) below a schema is merged.
    pub(crate) fn list(&self, schema: &Json, path: &str) -> List {
        let mut schema = schema;
        for key in path.split('/') {
            let Some(inner) = self.field(self.resolved(schema), key) else { return List::Atomic };
            schema = inner;
        }
        let schema = self.resolved(schema);
        let text = |key: &str| schema.get(key).and_then(Json::as_str);
        if !text("x-kubernetes-patch-strategy").is_some_and(|strategy| strategy.contains("merge")) {
            return List::Atomic;
        }
        let keys = schema.get("x-kubernetes-list-map-keys").and_then(Json::as_array);
        let keys: Vec<String> = match keys {
            Some(keys) => keys.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
            None => text("x-kubernetes-patch-merge-key").into_iter().map(str::to_owned).collect(),
        };
        if keys.is_empty() { List::Set } else { List::Keyed(keys) }
    }

    /// The schema of a field; that of the items where the parent is a list.
    fn field<'a>(&'a self, schema: &'a Json, key: &str) -> Option<&'a Json> {
        let schema = match schema.get("items") {
            Some(items) => self.resolved(items),
            None => schema,
        };
        let named = schema.get("properties").and_then(|properties| properties.get(key));
        named.or_else(|| schema.get("additionalProperties").filter(|rest| rest.is_object()))
    }

    fn resolved<'a>(&'a self, schema: &'a Json) -> &'a Json {
        // A reference that leads back to itself ends here.
        const STEPS: usize = 16;
        let mut schema = schema;
        for _ in 0..STEPS {
            let reference = schema.get("$ref").and_then(Json::as_str);
            let name = reference.and_then(|reference| reference.strip_prefix("#/definitions/"));
            let found = name.and_then(|name| self.document.get("definitions")?.get(name));
            match found {
                Some(found) => schema = found,
                None => break,
            }
        }
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_have_the_merge_keys_of_the_schema() {
        let api = OpenApi::new(json!({"definitions": {
            "a": {
                "properties": {"spec": {"$ref": "#/definitions/b"}},
                "x-kubernetes-group-version-kind": [{"group": "g", "kind": "K", "version": "v1"}],
            },
            "b": {"properties": {
                "items": {"type": "array", "items": {"$ref": "#/definitions/c"},
                    "x-kubernetes-patch-merge-key": "id", "x-kubernetes-patch-strategy": "merge"},
            }},
            "c": {"properties": {"tags": {"type": "array", "x-kubernetes-patch-strategy": "merge"}}},
        }}));
        let kind = api.kind("g", "v1", "K").unwrap();
        assert_eq!(api.list(kind, "spec/items"), List::Keyed(vec!["id".to_owned()]));
        assert_eq!(api.list(kind, "spec/items/tags"), List::Set);
        assert_eq!(api.list(kind, "spec/other"), List::Atomic);
        assert!(api.kind("g", "v2", "K").is_none());
    }
}
