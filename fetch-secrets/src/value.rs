//! From what Secrets Manager holds to variables: JSON objects, plain text and binary.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::catalogue::{Format, Key, Secret};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::variables::Variables;

/// The value of one secret, as stored.
#[derive(Debug)]
pub(crate) enum Payload {
    Text(SecretString),
    Binary(SecretBox<Vec<u8>>),
}

/// Why a secret's value does not fit its catalogue entry. Names only, never a value: serde's
/// own messages quote what they found and are not passed on.
#[derive(Debug, Error)]
pub(crate) enum Problem {
    #[error("is not a JSON object (line {line}, column {column})")]
    NotJson { line: usize, column: usize },
    #[error("has the key {0:?} twice")]
    DuplicateKey(String),
    #[error("has no key \"{0}\"")]
    NoKey(String),
    #[error("has no key \"{key}\", but one that is written {near:?}")]
    OtherCase { key: String, near: String },
    #[error("holds {kind} under \"{key}\", which is not a value of a variable")]
    Nested { key: String, kind: &'static str },
    #[error("has a NUL character in \"{0}\"")]
    Nul(String),
    #[error("is binary; the catalogue says {0}")]
    Binary(&'static str),
    #[error("is text; the catalogue says base64, which is for binary secrets")]
    Text,
}

impl Problem {
    /// The remedy, where there is one.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Problem::NotJson { .. } => {
                Some("store a JSON object, or write format: text in the catalogue")
            }
            Problem::OtherCase { .. } => {
                Some("keys of JSON differ by case: correct the secret or the catalogue")
            }
            Problem::Nested { .. } => {
                Some("write nested: true in the catalogue to have it as JSON text")
            }
            Problem::Binary(_) => Some("write format: base64 in the catalogue"),
            Problem::Text => {
                Some("write format: text in the catalogue, or keys: for a JSON object")
            }
            Problem::DuplicateKey(_) | Problem::NoKey(_) | Problem::Nul(_) => None,
        }
    }
}

/// Whether a text is a JSON object.
pub(crate) fn is_object(text: &str) -> bool {
    serde_json::from_str::<Object>(text).is_ok()
}

/// The variables that `payload` gives, or everything that is wrong with it. The second list
/// names keys that the catalogue does not know.
pub(crate) fn variables(
    secret: &Secret,
    payload: &Payload,
) -> Result<(Variables, Vec<String>), Vec<Problem>> {
    let found = match (secret.format, payload) {
        (Format::Json, Payload::Text(text)) => from_json(secret, text.expose_secret()),
        (Format::Text, Payload::Text(text)) => whole(secret, text.clone()),
        (Format::Base64, Payload::Binary(bytes)) => {
            whole(secret, STANDARD.encode(bytes.expose_secret()).into())
        }
        (Format::Json, Payload::Binary(_)) => Err(vec![Problem::Binary("json")]),
        (Format::Text, Payload::Binary(_)) => Err(vec![Problem::Binary("text")]),
        (Format::Base64, Payload::Text(_)) => Err(vec![Problem::Text]),
    };
    found.map(|(variables, extra)| (composed(secret, variables), extra))
}

/// Every value of a secret that no catalogue describes, with its key: those of a JSON object, objects and lists
/// inside as JSON text; otherwise the whole, binary as base64.
pub(crate) fn all(payload: &Payload) -> Result<Vec<(Option<String>, SecretString)>, Vec<Problem>> {
    let text = match payload {
        Payload::Binary(bytes) => {
            return Ok(vec![(None, STANDARD.encode(bytes.expose_secret()).into())]);
        }
        Payload::Text(text) => text.expose_secret(),
    };
    let Ok(Object(members)) = serde_json::from_str(text) else {
        return match text.contains('\0') {
            true => Err(vec![Problem::Nul("the whole value".into())]),
            false => Ok(vec![(None, text.into())]),
        };
    };
    let (mut values, mut problems, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (name, raw) in members {
        if !seen.insert(name.clone()) {
            problems.push(Problem::DuplicateKey(name.clone()));
        }
        match scalar(&name, true, &raw) {
            Ok(value) => values.push((Some(name), value)),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

/// The variables of a secret's keys, and those that are put together from them.
pub(crate) fn composed(secret: &Secret, mut variables: Variables) -> Variables {
    for composed in &secret.composed {
        if let Some(value) = composed.template.fill(|name| variables.get(name)) {
            variables.insert(composed.variable.clone(), value);
        }
    }
    variables
}

fn whole(secret: &Secret, value: SecretString) -> Result<(Variables, Vec<String>), Vec<Problem>> {
    let key = &secret.keys[0];
    if value.expose_secret().contains('\0') {
        return Err(vec![Problem::Nul(key.label().to_owned())]);
    }
    Ok((Variables::from([(key.variable.clone(), value)]), Vec::new()))
}

fn from_json(secret: &Secret, text: &str) -> Result<(Variables, Vec<String>), Vec<Problem>> {
    let object: Object = serde_json::from_str(text)
        .map_err(|error| vec![Problem::NotJson { line: error.line(), column: error.column() }])?;
    let mut problems = Vec::new();
    let mut variables = Variables::new();
    for (index, (name, _)) in object.0.iter().enumerate() {
        if object.0[..index].iter().any(|(earlier, _)| earlier == name) {
            problems.push(Problem::DuplicateKey(name.clone()));
        }
    }
    for key in &secret.keys {
        let label = key.label();
        match object.at(key) {
            None => problems.push(object.without(label)),
            Some(raw) => match scalar(label, key.nested, &raw) {
                Ok(value) => {
                    variables.insert(key.variable.clone(), value);
                }
                Err(problem) => problems.push(problem),
            },
        }
    }
    let unknown = |name: &&String| {
        let is_it = |key: &Key| {
            let first = if key.path { key.label().split('.').next() } else { None };
            key.label() == name.as_str() || first == Some(name.as_str())
        };
        !secret.keys.iter().any(is_it)
    };
    let extra = object.0.iter().map(|(name, _)| name).filter(unknown).cloned().collect();
    if problems.is_empty() { Ok((variables, extra)) } else { Err(problems) }
}

/// The JSON object `now` with the members of `wanted` in it: members that only `now` has stay as they are written,
/// at every depth. None when either is no object.
pub(crate) fn merge(now: &str, wanted: &str) -> Option<String> {
    let (Object(mut members), Object(wanted)) =
        (serde_json::from_str(now).ok()?, serde_json::from_str(wanted).ok()?);
    for (name, value) in wanted {
        let at = members.iter().position(|(member, _)| *member == name);
        let merged = at.and_then(|at| merge(members[at].1.get(), value.get()));
        let value = merged.and_then(|text| RawValue::from_string(text).ok()).unwrap_or(value);
        // A member that stands there twice is an error to read, so both go.
        members.retain(|(member, _)| *member != name);
        members.insert(at.unwrap_or(members.len()).min(members.len()), (name, value));
    }
    object(&members)
}

fn object(members: &[(String, Box<RawValue>)]) -> Option<String> {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| Some(format!("{}:{}", serde_json::to_string(name).ok()?, value.get())))
        .collect::<Option<_>>()?;
    Some(format!("{{{}}}", members.join(",")))
}

/// The JSON object in which `value` is at `path`.
pub(crate) fn at_path(path: &str, value: Box<RawValue>) -> Option<String> {
    let mut value = value;
    let mut names: Vec<&str> = path.split('.').collect();
    while let Some(name) = names.pop() {
        value = RawValue::from_string(object(&[(name.to_owned(), value)])?).ok()?;
    }
    Some(value.get().to_owned())
}

/// A string's content; a number or boolean as it is written, so that no digit is lost.
fn scalar(label: &str, nested: bool, raw: &RawValue) -> Result<SecretString, Problem> {
    let label = || label.to_owned();
    let text = raw.get();
    let kind = match text.as_bytes().first() {
        Some(b'"') => {
            // A lone surrogate is valid JSON and not text.
            let value: String = serde_json::from_str(text)
                .map_err(|_| Problem::Nested { key: label(), kind: "a broken string" })?;
            return if value.contains('\0') {
                Err(Problem::Nul(label()))
            } else {
                Ok(value.into())
            };
        }
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'n') => "null",
        _ => return Ok(text.into()),
    };
    if nested { Ok(text.into()) } else { Err(Problem::Nested { key: label(), kind }) }
}

/// A JSON object with its values unread and its keys in order, duplicates included.
struct Object(Vec<(String, Box<RawValue>)>);

impl Object {
    /// The value of a key: by its name, or else by the path that the name is.
    fn at(&self, key: &Key) -> Option<Box<RawValue>> {
        let found = self.0.iter().find(|(name, _)| name == key.label());
        match found {
            Some((_, raw)) => Some(raw.clone()),
            None if key.path => self.below(key.label()),
            None => None,
        }
    }

    fn below(&self, path: &str) -> Option<Box<RawValue>> {
        let (first, rest) = path.split_once('.')?;
        let (_, raw) = self.0.iter().find(|(name, _)| name == first)?;
        let inner: Object = serde_json::from_str(raw.get()).ok()?;
        match inner.0.iter().find(|(name, _)| name == rest) {
            Some((_, raw)) => Some(raw.clone()),
            None => inner.below(rest),
        }
    }

    /// The problem that a key is not there.
    fn without(&self, label: &str) -> Problem {
        match self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(label)) {
            Some((near, _)) => Problem::OtherCase { key: label.to_owned(), near: near.clone() },
            None => Problem::NoKey(label.to_owned()),
        }
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
