//! Kubernetes objects as JSON, and what identifies one.

use std::collections::BTreeMap;
use std::fmt;

use common::kubernetes;
use common::kubernetes::needs::{self, Target};
use serde_json::Value;

pub(crate) use common::kubernetes::template;

/// An object's identity in a cluster. The version is left out: the same object may be asked for in several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) group: String,
    pub(crate) kind: String,
    /// Empty for what belongs to no namespace.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Key {
    /// The key of an object; parts that are missing are empty.
    pub(crate) fn of(object: &Value) -> Key {
        let namespace = text(object, "/metadata/namespace");
        Key::new(group(object), text(object, "/kind"), namespace, name(object))
    }

    /// The key of something that an object refers to.
    pub(crate) fn new(group: &str, kind: &str, namespace: &str, name: &str) -> Key {
        Key {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    /// `Kind/name (namespace)`, where no heading says the namespace.
    pub(crate) fn placed(&self) -> String {
        match self.namespace.as_str() {
            "" => self.to_string(),
            namespace => format!("{self} ({namespace})"),
        }
    }
}

impl fmt::Display for Key {
    /// `Kind/name`, which is how kubectl writes it; the namespace is said once, elsewhere.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// The text at a JSON pointer, or nothing.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The number at a JSON pointer, or 0: Kubernetes leaves out counts that are 0.
pub(crate) fn number(value: &Value, pointer: &str) -> i64 {
    value.pointer(pointer).and_then(Value::as_i64).unwrap_or_default()
}

/// The number of pods that a workload wants; 1 where it says none.
pub(crate) fn replicas(workload: &Value) -> i64 {
    workload.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1)
}

/// The number of a StatefulSet's pod whose claim, made by one of the set's templates, has a name.
pub(crate) fn ordinal(set: &Value, claim: &str) -> Option<i64> {
    list(set, "/spec/volumeClaimTemplates").iter().find_map(|template| {
        let number = claim.strip_prefix(&format!("{}-{}-", name(template), name(set)))?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse().ok().filter(|_| is_number)
    })
}

/// The items of the list at a JSON pointer.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// An object with its version and kind, which some answers leave out.
pub(crate) fn typed(mut object: Value, version: &str, kind: &str) -> Value {
    object["apiVersion"] = version.into();
    object["kind"] = kind.into();
    object
}

/// `metadata.name`.
pub(crate) fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// The group in `apiVersion`; empty for the core group.
pub(crate) fn group(object: &Value) -> &str {
    text(object, "/apiVersion").split_once('/').map_or("", |(group, _)| group)
}

/// A label or annotation, by the map's name.
pub(crate) fn meta<'a>(object: &'a Value, map: &str, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get(map)?.get(key)?.as_str()
}

/// The condition of a type.
pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    list(object, "/status/conditions").iter().find(|condition| text(condition, "/type") == kind)
}

/// Whether the condition of a type has a status (`True`, `False`).
pub(crate) fn has_condition(object: &Value, kind: &str, status: &str) -> bool {
    condition(object, kind).is_some_and(|condition| text(condition, "/status") == status)
}

/// A condition's reason and message, for people.
pub(crate) fn because(condition: &Value) -> String {
    match (text(condition, "/reason"), text(condition, "/message")) {
        ("", "") => "no reason given".to_owned(),
        (reason, "") => reason.to_owned(),
        ("", message) => message.to_owned(),
        (reason, message) => format!("{reason}: {message}"),
    }
}

/// Whether every label of a selector's `matchLabels` is on the object. An empty selector
/// matches nothing here: it would make everything belong to a mistake.
pub(crate) fn matches(selector: Option<&Value>, object: &Value) -> bool {
    let Some(wanted) = selector.and_then(Value::as_object).filter(|map| !map.is_empty()) else {
        return false;
    };
    wanted.iter().all(|(key, value)| meta(object, "labels", key) == value.as_str())
}

/// Whether the pods of an object mount a claim.
pub(crate) fn mounts(object: &Value, claim: &str) -> bool {
    let needs = needs::of(object);
    needs.iter().any(|need| need.target == Target::Claim && need.name() == claim)
}

/// Whether a pod that is still there mounts a claim of its namespace.
pub(crate) fn uses(pod: &Value, namespace: &str, claim: &str) -> bool {
    text(pod, "/metadata/namespace") == namespace
        && !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
        && mounts(pod, claim)
}

/// The statuses of a pod's containers, each with whether it is an init container; those come first.
pub(crate) fn statuses(pod: &Value) -> impl Iterator<Item = (&Value, bool)> {
    let of = |path, init| list(pod, path).iter().map(move |status| (status, init));
    of("/status/initContainerStatuses", true).chain(of("/status/containerStatuses", false))
}

/// Every container of a pod's template: init containers first.
pub(crate) fn containers(template: &Value) -> impl Iterator<Item = &Value> {
    let containers = template.get("spec").map(kubernetes::containers).unwrap_or_default();
    containers.into_iter().map(|container| container.node)
}

/// Seconds since 1970 of an RFC 3339 time in UTC, as Kubernetes writes it.
pub(crate) fn seconds(time: &str) -> Option<i64> {
    let at = humantime::parse_rfc3339_weak(time).ok()?;
    let since = at.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// Objects by their key.
pub(crate) type Objects = BTreeMap<Key, Value>;
