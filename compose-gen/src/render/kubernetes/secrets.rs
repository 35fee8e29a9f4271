//! External Secrets from the catalogue: the variables have the names that the env files give
//! them.

use std::collections::BTreeMap;

use common::catalogue::{Format, Secret};
use serde_json::{Map, Value, json};

use super::view::{Key, Objects, View};

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
        objects.insert(key, object(secret));
    }
}

fn object(secret: &Secret) -> Value {
    let mut template = Map::new();
    let data: Vec<Value> = secret
        .keys
        .iter()
        .map(|key| {
            let mut remote = json!({"key": secret.name});
            if let Some(name) = &key.name {
                remote["property"] = json!(name);
            }
            if secret.format == Format::Base64 {
                let text = format!("{{{{ .{} | b64enc }}}}", key.variable);
                template.insert(key.variable.clone(), json!(text));
            }
            json!({"secretKey": key.variable, "remoteRef": remote})
        })
        .collect();
    let name = object_name(&secret.name);
    let mut target = json!({"name": name, "creationPolicy": "Owner"});
    if !template.is_empty() {
        target["template"] = json!({"data": template});
    }
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
