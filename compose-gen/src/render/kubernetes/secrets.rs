//! External Secrets from the catalogue: the variables have the names that the env files give
//! them.

use std::collections::BTreeMap;

use common::catalogue::{Format, Secret};
use serde_json::{Map, Value, json};

use super::view::{Key, Objects, View};
use crate::render::object;

/// The SecretStore's name in every environment.
pub(crate) const STORE: &str = "platform-secrets";

/// The name of a secret's objects.
pub(crate) fn object_name(secret: &str) -> String {
    let good = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = secret.chars().map(good).collect();
    name.trim_matches('-').to_owned()
}

/// An ExternalSecret for each secret that a service of the view has a variable of.
pub(super) fn external(view: &View<'_>, objects: &mut Objects) {
    let mut homes: BTreeMap<&str, &str> = BTreeMap::new();
    for service in view.platform.services_in(view.environment) {
        for secret in service.secret_variables(view.environment).into_values() {
            let home = homes.entry(secret).or_insert(service.home());
            *home = (*home).min(service.home());
        }
    }
    for (name, home) in homes {
        let found = view.catalogue.secrets.iter().find(|secret| secret.name == name);
        let Some(secret) = found else { continue };
        let key = Key {
            home: home.to_owned(),
            file: "secrets".into(),
            rank: 0,
            kind: "ExternalSecret".into(),
            name: object_name(name),
        };
        objects.insert(key, external_secret(secret));
    }
}

fn external_secret(secret: &Secret) -> Value {
    let mut template = Map::new();
    let data: Vec<Value> = secret
        .keys
        .iter()
        .map(|key| {
            let remote = object([("key", json!(secret.name)), ("property", json!(key.name))]);
            if secret.format == Format::Base64 {
                let text = format!("{{{{ .{} | b64enc }}}}", key.variable);
                template.insert(key.variable.clone(), json!(text));
            }
            json!({"secretKey": key.variable, "remoteRef": remote})
        })
        .collect();
    let name = object_name(&secret.name);
    let target = object([
        ("name", json!(name)),
        ("creationPolicy", json!("Owner")),
        ("template", object([("data", Value::Object(template))])),
    ]);
    json!({
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": name},
        "spec": {
            "data": data,
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": "SecretStore", "name": STORE},
            "target": target,
        },
    })
}
