//! External Secrets from the catalogue: the variables have the names that the env files give
//! them.

use std::collections::BTreeMap;

use common::catalogue::{Format, Key as SecretKey, Secret, Template};
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
            // A template replaces all keys of the Secret, so it names every one.
            if secret.format == Format::Base64 || !secret.composed.is_empty() {
                let text = format!("{{{{ {} }}}}", value(secret, key));
                template.insert(key.variable.clone(), json!(text));
            }
            json!({"secretKey": key.variable, "remoteRef": remote})
        })
        .collect();
    for composed in &secret.composed {
        let text = in_template(secret, &composed.template);
        template.insert(composed.variable.clone(), json!(text));
    }
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

/// The value of a key in a template of Go.
fn value(secret: &Secret, key: &SecretKey) -> String {
    match secret.format {
        Format::Base64 => format!(".{} | b64enc", key.variable),
        Format::Json | Format::Text => format!(".{}", key.variable),
    }
}

/// A composed value in Go's language. `urlquery` makes a space a `+`, which is one only in a query.
fn in_template(secret: &Secret, template: &Template) -> String {
    let text = |text: &str| {
        let text = text.replace("{{", "{{ \"{{\" }}");
        // Go would read the brace and those of a variable that follows as `{{` and `{`.
        text.strip_suffix('{').map(|rest| format!("{rest}{{{{ \"{{\" }}}}")).unwrap_or(text)
    };
    let variable = |name: &str, encoded| {
        let key = secret.keys.iter().find(|key| key.variable == name);
        let value = key.map_or_else(String::new, |key| value(secret, key));
        match encoded {
            true => format!("{{{{ {value} | urlquery | replace \"+\" \"%20\" }}}}"),
            false => format!("{{{{ {value} }}}}"),
        }
    };
    template.written(text, variable)
}
