//! From what Secrets Manager holds to variables: JSON objects, plain text and binary.

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
    #[error("holds {kind} under \"{key}\", which is not a value of a variable")]
    Nested { key: String, kind: &'static str },
    #[error("has a NUL character in \"{0}\"")]
    Nul(String),
    #[error("is binary; the catalogue says {0}")]
    Binary(&'static str),
    #[error("is text; the catalogue says base64, which is for binary secrets")]
    Text,
}

/// The variables that `payload` gives, or everything that is wrong with it. The second list
/// names keys that the catalogue does not know.
pub(crate) fn variables(
    secret: &Secret,
    payload: &Payload,
) -> Result<(Variables, Vec<String>), Vec<Problem>> {
    match (secret.format, payload) {
        (Format::Json, Payload::Text(text)) => from_json(secret, text.expose_secret()),
        (Format::Text, Payload::Text(text)) => whole(secret, text.clone()),
        (Format::Base64, Payload::Binary(bytes)) => {
            whole(secret, STANDARD.encode(bytes.expose_secret()).into())
        }
        (Format::Json, Payload::Binary(_)) => Err(vec![Problem::Binary("json")]),
        (Format::Text, Payload::Binary(_)) => Err(vec![Problem::Binary("text")]),
        (Format::Base64, Payload::Text(_)) => Err(vec![Problem::Text]),
    }
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
        match object.0.iter().find(|(name, _)| name == label) {
            None => problems.push(Problem::NoKey(label.to_owned())),
            Some((_, raw)) => match scalar(key, raw) {
                Ok(value) => {
                    variables.insert(key.variable.clone(), value);
                }
                Err(problem) => problems.push(problem),
            },
        }
    }
    let unknown = |name: &&String| !secret.keys.iter().any(|key| key.label() == name.as_str());
    let extra = object.0.iter().map(|(name, _)| name).filter(unknown).cloned().collect();
    if problems.is_empty() { Ok((variables, extra)) } else { Err(problems) }
}

/// A string's content; a number or boolean as it is written, so that no digit is lost.
fn scalar(key: &Key, raw: &RawValue) -> Result<SecretString, Problem> {
    let label = || key.label().to_owned();
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
    if key.nested { Ok(text.into()) } else { Err(Problem::Nested { key: label(), kind }) }
}

/// A JSON object with its values unread and its keys in order, duplicates included.
struct Object(Vec<(String, Box<RawValue>)>);

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
