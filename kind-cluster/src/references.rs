//! The references between the objects, and their missing targets.

use std::collections::{BTreeMap, BTreeSet};

use common::diagnostic::Diagnostic;
use common::kubernetes::needs::{self, Need, Target};
use common::kubernetes::{Claims, Provided};
use serde_json::Value;

use crate::object::{Key, group, list, matches, name, template, text};

/// The key of an object that is needed.
pub(crate) fn key(need: &Need<'_, Value>) -> Key {
    Key::new(need.target.group(), need.target.kind(), need.namespace, need.name())
}

/// The objects that an overlay provides.
struct Overlay<'a> {
    objects: BTreeMap<Key, &'a Value>,
    provided: Provided,
    claims: Claims<'a>,
}

impl<'a> Overlay<'a> {
    fn of(objects: &'a [Value]) -> Self {
        Overlay {
            objects: objects.iter().map(|object| (Key::of(object), object)).collect(),
            provided: Provided::of(objects.iter()),
            claims: Claims::of(objects.iter()),
        }
    }

    fn has(&self, to: &Key) -> bool {
        self.objects.contains_key(to)
            || to.kind == Target::Claim.kind() && self.claims.has(&to.namespace, &to.name)
            || self.provided.makes(&to.kind, &to.namespace, &to.name)
    }

    /// Why the need is not met.
    fn lacks(&self, need: &Need<'_, Value>) -> Option<String> {
        let to = key(need);
        if !self.has(&to) {
            return Some(format!("{to}, which is not in the overlay"));
        }
        if let Some(key) = need.key() {
            let keys = self.provided.keys(need.target, need.namespace, need.name())?;
            let known = keys.open || keys.names.contains(key);
            let names: Vec<&str> = keys.names.iter().map(String::as_str).collect();
            return (!known).then(|| format!("key {key} of {to}, which has: {}", names.join(", ")));
        }
        let ports = list(self.objects.get(&to)?, "/spec/ports");
        let port = need.port.filter(|_| !ports.is_empty())?;
        // A name in quotes is a name, a number is a number.
        let field = if port.is_string() { "name" } else { "port" };
        let known = ports.iter().any(|one| one.get(field) == Some(port));
        let shown: Vec<String> = ports.iter().map(|one| one["port"].to_string()).collect();
        let port = port.as_str().map_or_else(|| port.to_string(), str::to_owned);
        (!known).then(|| format!("port {port} of {to}, which has: {}", shown.join(", ")))
    }
}

/// All dangling references, not only the first.
pub(crate) fn dangling(objects: &[Value]) -> Vec<Diagnostic> {
    let overlay = Overlay::of(objects);
    // A namespace that the overlay has nothing in is filled by somebody else.
    let namespaces: BTreeSet<&str> =
        overlay.objects.keys().map(|key| key.namespace.as_str()).collect();
    let mut problems = Vec::new();
    for object in objects {
        let from = Key::of(object);
        let needs = needs::of(object);
        let ours = |need: &&Need<'_, Value>| {
            need.target.is_cluster_wide() || namespaces.contains(need.namespace)
        };
        let asked = needs.iter().filter(|need| !need.optional).filter(ours);
        let missing: BTreeSet<(Key, String)> =
            asked.filter_map(|need| Some((key(need), overlay.lacks(need)?))).collect();
        for (_, need) in missing {
            problems.push(Diagnostic::error("dangling-reference", format!("{from} needs {need}")));
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
