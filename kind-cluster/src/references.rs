//! What one object needs of another, and what is missing.

use std::collections::{BTreeMap, BTreeSet};

use common::diagnostic::Diagnostic;
use common::kubernetes::{Claims, needs};
use serde_json::Value;

use crate::object::{Key, group, list, matches, name, template, text};
use crate::readiness::external_secret;

const GATEWAY: &str = "gateway.networking.k8s.io";
const SECRETS: &str = "external-secrets.io";
const CLAIM: &str = "PersistentVolumeClaim";
const RBAC: &str = "rbac.authorization.k8s.io";

/// One object needs another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reference {
    /// What is needed.
    pub(crate) to: Key,
    /// A key in it, or a port of it.
    pub(crate) part: Option<String>,
    /// It may be missing.
    pub(crate) optional: bool,
}

/// Everything that an object refers to.
pub(crate) fn of(object: &Value) -> Vec<Reference> {
    let mut found = Found { namespace: text(object, "/metadata/namespace"), all: Vec::new() };
    for need in needs::of(object) {
        let part = need.key().map(str::to_owned);
        found.part("", need.target.kind(), need.name(), part, need.optional);
    }
    match text(object, "/kind") {
        "StatefulSet" => found.add("", "Service", text(object, "/spec/serviceName")),
        "ExternalSecret" => {
            let kind = text(object, "/spec/secretStoreRef/kind");
            let kind = if kind.is_empty() { "SecretStore" } else { kind };
            found.add(SECRETS, kind, text(object, "/spec/secretStoreRef/name"));
        }
        "SecretStore" => found.store(object.pointer("/spec/provider")),
        "HTTPRoute" => {
            for parent in list(object, "/spec/parentRefs") {
                if matches!(text(parent, "/kind"), "" | "Gateway") {
                    found.within(parent).add(GATEWAY, "Gateway", text(parent, "/name"));
                }
            }
            for backend in list(object, "/spec/rules").iter().flat_map(|r| list(r, "/backendRefs"))
            {
                if matches!(text(backend, "/kind"), "" | "Service") {
                    let port = backend.get("port").map(ToString::to_string);
                    found.within(backend).part("", "Service", text(backend, "/name"), port, false);
                }
            }
        }
        "RoleBinding" => {
            if text(object, "/roleRef/kind") == "Role" {
                found.add(RBAC, "Role", text(object, "/roleRef/name"));
            }
            for subject in list(object, "/subjects") {
                if text(subject, "/kind") == "ServiceAccount" {
                    found.within(subject).add("", "ServiceAccount", text(subject, "/name"));
                }
            }
        }
        _ => {}
    }
    found.all.sort();
    found.all.dedup();
    found.all
}

struct Found<'a> {
    namespace: &'a str,
    all: Vec<Reference>,
}

/// References into one namespace, which may be another than the object's.
struct Within<'f> {
    namespace: &'f str,
    all: &'f mut Vec<Reference>,
}

impl Within<'_> {
    fn add(&mut self, group: &str, kind: &str, name: &str) {
        self.part(group, kind, name, None, false);
    }

    fn part(&mut self, group: &str, kind: &str, name: &str, part: Option<String>, optional: bool) {
        if !name.is_empty() {
            let to = Key::new(group, kind, self.namespace, name);
            self.all.push(Reference { to, part, optional });
        }
    }
}

impl Found<'_> {
    /// In the namespace that a reference names, or the object's own.
    fn within<'f>(&'f mut self, reference: &'f Value) -> Within<'f> {
        let namespace = match text(reference, "/namespace") {
            "" => self.namespace,
            other => other,
        };
        Within { namespace, all: &mut self.all }
    }

    fn add(&mut self, group: &str, kind: &str, name: &str) {
        self.part(group, kind, name, None, false);
    }

    fn part(&mut self, group: &str, kind: &str, name: &str, part: Option<String>, optional: bool) {
        let namespace = self.namespace;
        Within { namespace, all: &mut self.all }.part(group, kind, name, part, optional);
    }

    /// Every `…SecretRef` below a store's provider, whatever the provider is.
    fn store(&mut self, value: Option<&Value>) {
        for (key, value) in value.and_then(Value::as_object).into_iter().flatten() {
            if key.ends_with("SecretRef") && value.get("name").is_some() {
                let part = value.get("key").and_then(Value::as_str).map(str::to_owned);
                self.part("", "Secret", text(value, "/name"), part, false);
            } else {
                self.store(Some(value));
            }
        }
    }
}

/// What is there, with the keys and ports that it has; `None` when they are not known.
type Known = BTreeMap<Key, Option<Vec<String>>>;

/// Every object, and what will be made from it.
fn known(objects: &[Value]) -> Known {
    let mut known = Known::new();
    for object in objects {
        let key = Key::of(object);
        let namespace = key.namespace.clone();
        let names = |at: &str| -> Vec<String> {
            let map = object.get(at).and_then(Value::as_object);
            map.into_iter().flatten().map(|(name, _)| name.clone()).collect()
        };
        let parts = match key.kind.as_str() {
            "ConfigMap" => Some([names("data"), names("binaryData")].concat()),
            "Secret" => Some([names("data"), names("stringData")].concat()),
            "Service" => Some(
                list(object, "/spec/ports").iter().map(|port| port["port"].to_string()).collect(),
            ),
            "ExternalSecret" => {
                let target = Key::new("", "Secret", &namespace, external_secret::target(object));
                let whole = object.pointer("/spec/dataFrom").is_some()
                    || object.pointer("/spec/target/template").is_some();
                let keys = list(object, "/spec/data").iter();
                let keys: Vec<_> = keys.map(|data| text(data, "/secretKey").to_owned()).collect();
                known.insert(target, (!whole).then_some(keys));
                None
            }
            _ => None,
        };
        known.insert(key, parts);
    }
    known
}

/// Everything that is referred to and not there; all of it, not the first.
pub(crate) fn dangling(objects: &[Value]) -> Vec<Diagnostic> {
    let known = known(objects);
    let claims = Claims::of(objects.iter());
    // What is in a namespace that the overlay has nothing in is somebody else's.
    let namespaces: BTreeSet<&str> = known.keys().map(|key| key.namespace.as_str()).collect();
    let mut problems = Vec::new();
    for object in objects {
        let from = Key::of(object);
        for reference in of(object) {
            let Reference { to, part, optional } = &reference;
            let missing = match (known.get(to), part) {
                _ if *optional || !namespaces.contains(to.namespace.as_str()) => continue,
                (None, _) if to.kind == CLAIM && claims.has(&to.namespace, &to.name) => continue,
                (None, _) => format!("{from} needs {to}, which is not in the overlay"),
                (Some(Some(parts)), Some(part)) if !parts.contains(part) => {
                    let what = if to.kind == "Service" { "port" } else { "key" };
                    format!("{from} needs {what} {part} of {to}, which has: {}", parts.join(", "))
                }
                _ => continue,
            };
            problems.push(Diagnostic::error("dangling-reference", missing));
        }
        if from.kind == "Service"
            && let Some(selector) = object.pointer("/spec/selector")
            && !objects.iter().filter_map(template).any(|made| matches(Some(selector), made))
        {
            let message = format!("{from} selects no pod of the overlay");
            problems.push(Diagnostic::error("dangling-reference", message));
        }
    }
    problems
}

/// The group of a custom resource's definition, and its kind.
pub(crate) fn defines(object: &Value) -> Option<(&str, &str)> {
    (text(object, "/kind") == "CustomResourceDefinition" && group(object) == "apiextensions.k8s.io")
        .then(|| (text(object, "/spec/group"), text(object, "/spec/names/kind")))
}

/// The workload's name, for messages.
pub(crate) fn workload(object: &Value) -> String {
    format!("{}/{}", text(object, "/kind"), name(object))
}
