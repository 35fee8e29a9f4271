//! The lists of an object that are merged by keys.

use serde_json::Value as Json;

use crate::id::Id;
use crate::schema::{self, List, OpenApi};

/// The source of knowledge about an object's lists.
#[derive(Clone, Copy)]
pub(crate) enum Lists<'a> {
    /// The tables of a built-in kind.
    Builtin(&'a str),
    /// The schema that the kustomization brings.
    Custom(&'a OpenApi, &'a Json),
    /// None: every list is replaced.
    Unknown,
}

impl<'a> Lists<'a> {
    /// The lists of an object. A schema that the kustomization brings replaces the built-in ones.
    pub(crate) fn of(id: &'a Id, openapi: Option<&'a OpenApi>) -> Self {
        match openapi {
            Some(api) => match api.kind(&id.group, &id.version, &id.kind) {
                Some(schema) => Lists::Custom(api, schema),
                None => Lists::Unknown,
            },
            None if schema::is_known(&id.group, &id.version, &id.kind) => Lists::Builtin(&id.kind),
            None => Lists::Unknown,
        }
    }

    pub(super) fn list(self, path: &str) -> List {
        match self {
            Lists::Builtin(kind) => schema::list(kind, path),
            Lists::Custom(api, schema) => api.list(schema, path),
            Lists::Unknown => List::Atomic,
        }
    }
}
