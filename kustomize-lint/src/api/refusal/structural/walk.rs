//! A value against a schema and the schemas in it.

use serde_json::Value as Json;

use super::super::at::{At, Refusals};
use super::keyword::is_set;
use super::list;
use super::scalar;
use crate::tree::{Kind, Sort};

/// The meaning of fields that a schema does not list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Others {
    /// The definition is whole, so the server refuses them.
    Unknown,
    /// The schema has only the fields with rules for their values.
    Unlisted,
}

#[derive(Clone, Copy)]
pub(super) struct Walk {
    pub(super) others: Others,
    /// Whether it is the object itself, which has a kind and metadata.
    pub(super) is_root: bool,
}

impl Walk {
    pub(super) fn value(self, schema: &Json, at: &At<'_>, refusals: &mut Refusals) {
        // The server drops a null, or has a default for it.
        if at.node.is_null() || !self.fits_type(schema, at, refusals) {
            return;
        }
        scalar::check(schema, at, refusals);
        if at.node.is_mapping() {
            self.object(schema, at, refusals);
        } else if at.node.is_sequence() {
            let inner = Walk { is_root: false, ..self };
            list::check(schema, at, refusals);
            if schema["items"].is_object() {
                at.items().iter().for_each(|item| inner.value(&schema["items"], item, refusals));
            }
        }
        junction(schema, at, refusals);
    }

    fn fits_type(self, schema: &Json, at: &At<'_>, refusals: &mut Refusals) -> bool {
        let kind = at.node.scalar().map(|scalar| scalar.kind);
        let whole = || at.node.word().is_some_and(|text| text.parse::<i64>().is_ok());
        let (fits, expected) = if is_set(schema, "x-kubernetes-int-or-string") {
            (matches!(kind, Some(Kind::Int | Kind::Text)), Sort::IntegerOrText)
        } else {
            match schema["type"].as_str() {
                Some("object") => (at.node.is_mapping(), Sort::Mapping),
                Some("array") => (at.node.is_sequence(), Sort::List),
                Some("string") => (kind == Some(Kind::Text), Sort::Text),
                Some("boolean") => (kind == Some(Kind::Bool), Sort::Boolean),
                Some("integer") => {
                    (kind == Some(Kind::Int) || kind == Some(Kind::Float) && whole(), Sort::Integer)
                }
                Some("number") => (matches!(kind, Some(Kind::Int | Kind::Float)), Sort::Number),
                _ => return true,
            }
        };
        if !fits {
            let found = at.node.kind();
            refusals.add(
                at,
                format!("has to be {expected} and is {found}"),
                "must be of type, or: expected",
            );
        }
        fits
    }

    fn object(self, schema: &Json, at: &At<'_>, refusals: &mut Refusals) {
        let inner = Walk { is_root: false, ..self };
        let properties = schema["properties"].as_object();
        for field in schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str) {
            if at.node.get(field).is_none() {
                refusals.missing(at, field);
            }
        }
        let is_open = is_set(schema, "x-kubernetes-preserve-unknown-fields")
            || self.others == Others::Unlisted
            || properties.is_none() && schema["additionalProperties"].is_null();
        let is_embedded = self.is_root || is_set(schema, "x-kubernetes-embedded-resource");
        for (entry, value) in at.own_pairs() {
            if is_embedded && matches!(entry.key.as_str(), "apiVersion" | "kind" | "metadata") {
                continue;
            }
            let known = properties.and_then(|properties| properties.get(&entry.key));
            match known.unwrap_or(&schema["additionalProperties"]) {
                schema @ Json::Object(_) => inner.value(schema, &value, refusals),
                Json::Bool(true) => {}
                _ if is_open => {}
                _ => {
                    let names = properties.into_iter().flatten().map(|(name, _)| name.as_str());
                    let absent = names.filter(|name| at.node.get(name).is_none());
                    let near = common::diagnostic::nearest(&entry.key, absent);
                    let meant = near.map(|near| format!("; did you mean `{near}`?"));
                    let why = format!("is not in the definition{}", meant.unwrap_or_default());
                    refusals.key(
                        &value,
                        entry,
                        &why,
                        "unknown field, or: field not declared in schema",
                    );
                }
            }
        }
        let count = at.node.entries().len();
        scalar::size(schema, at, count, ["minProperties", "maxProperties"], "fields", refusals);
    }
}

/// Schemas that combine others.
fn junction(schema: &Json, at: &At<'_>, refusals: &mut Refusals) {
    let schemas = |key: &str| schema[key].as_array().map(Vec::as_slice).unwrap_or_default();
    for one in schemas("allOf") {
        Walk { others: Others::Unlisted, is_root: false }.value(one, at, refusals);
    }
    let any = schemas("anyOf");
    if !any.is_empty() && !any.iter().any(|one| fits(one, at)) {
        refusals.add(
            at,
            "fits none of the schemas of `anyOf`",
            "must validate at least one schema",
        );
    }
    let one = schemas("oneOf");
    if !one.is_empty() {
        match one.iter().filter(|one| fits(one, at)).count() {
            1 => {}
            0 => {
                let server = "must validate one and only one schema (oneOf)";
                refusals.add(at, "fits none of the schemas of `oneOf`", server);
            }
            _ => {
                let server = "must validate one and only one schema (oneOf)";
                refusals.add(at, "fits more than one of the schemas of `oneOf`", server);
            }
        }
    }
    if schema["not"].is_object() && fits(&schema["not"], at) {
        refusals.add(at, "fits the schema of `not`", "must not validate the schema (not)");
    }
}

fn fits(schema: &Json, at: &At<'_>) -> bool {
    let mut refusals = Refusals::default();
    Walk { others: Others::Unlisted, is_root: false }.value(schema, at, &mut refusals);
    refusals.0.is_empty()
}
