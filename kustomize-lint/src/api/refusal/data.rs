//! ConfigMaps and Secrets.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::at::{At, Refusals};
use super::syntax;

/// More than an object of these kinds may hold.
const MOST: usize = 1 << 20;

const KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";

pub(super) fn check(object: &At<'_>, kind: &str, refusals: &mut Refusals) {
    let fields = if kind == "Secret" { ["data", "stringData"] } else { ["data", "binaryData"] };
    let mut size = 0;
    let mut seen = HashSet::new();
    for field in fields {
        for (entry, value) in object.pairs(field) {
            let text = value.word().unwrap_or_default();
            let encoded = matches!((kind, field), ("Secret", "data") | ("ConfigMap", "binaryData"));
            size += if encoded { decoded(text) } else { text.len() };
            if !syntax::is_data_key(&entry.key) {
                let why = "is not a key: letters, digits, `-`, `_` and `.`";
                refusals.key(&value, entry, why, KEY);
            }
            if !seen.insert(&entry.key) && kind == "ConfigMap" {
                let server = "duplicate of key present in binaryData";
                refusals.key(&value, entry, "is in `data`, too", server);
            }
        }
    }
    if size > MOST {
        let server = "Too long: may not be more than 1048576 bytes";
        refusals.add(object, "holds more than 1 MiB", server);
    }
    if kind == "Secret" {
        secret(object, refusals);
    }
}

/// The number of bytes that a text in Base64 stands for. The server skips the ends of lines.
fn decoded(text: &str) -> usize {
    let digits = text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=').count();
    digits * 3 / 4
}

/// The keys that a type of Secret needs.
fn secret(object: &At<'_>, refusals: &mut Refusals) {
    let has =
        |key: &str| ["data", "stringData"].iter().any(|field| object.at(&[field, key]).is_some());
    let has_value = |key: &str| {
        let value =
            ["data", "stringData"].iter().filter_map(|field| object.at(&[field, key])).next();
        value.is_some_and(|value| value.word() != Some(""))
    };
    let need: &[&str] = match object.text("type").unwrap_or("Opaque") {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => &["username"],
        "kubernetes.io/service-account-token" => {
            let name = "kubernetes.io/service-account.name";
            let account = object.at(&["metadata", "annotations", name]);
            if account.is_none_or(|account| account.word() == Some("")) {
                refusals.add(object, format!("needs the annotation `{name}`"), "Required value");
            }
            &[]
        }
        _ => &[],
    };
    // An empty key of SSH is none; the other types look only for the name.
    let lacks = |key: &str| if key == "ssh-privatekey" { !has_value(key) } else { !has(key) };
    for key in need.iter().filter(|key| lacks(key)) {
        refusals.add(object, format!("needs the key `{key}` for its type"), "Required value");
    }
    for key in [".dockerconfigjson", ".dockercfg"].iter().filter(|key| need.contains(key)) {
        let plain = object.at(&["stringData", key]);
        let encoded = object.at(&["data", key]);
        let text = plain.as_ref().and_then(|at| at.word()).map(|text| text.as_bytes().to_vec());
        let text = text.or_else(|| {
            let text: String = encoded.as_ref()?.word()?.split_whitespace().collect();
            STANDARD.decode(text).ok()
        });
        let Some(text) = text else { continue };
        if serde_json::from_slice::<serde_json::Value>(&text).is_err() {
            let at = plain.or(encoded).unwrap_or_else(|| object.clone());
            refusals.add(&at, "is not JSON", "<secret contents redacted>");
        }
    }
}
