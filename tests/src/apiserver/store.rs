//! The objects, their resource versions, and the history that watches read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::apply::Owners;
use super::clock::now;
use super::merge::merge_patch;
use super::types::{Type, built_in, defined};

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// Something in it is different.
    Modified,
    /// It is gone.
    Deleted,
}

/// A change, with the object after it (or the last one, when it is gone).
#[derive(Clone, Debug)]
pub struct Event {
    /// The kind of change.
    pub change: Change,
    /// The object.
    pub object: Value,
    /// Whether it is new, or its `spec` has changed, so that a controller acts.
    pub fresh: bool,
}

/// Group, plural, namespace and name.
pub(super) type Id = (String, String, String, String);

pub(super) struct Kept {
    pub(super) object: Value,
    pub(super) owners: Owners,
}

pub(super) struct Store {
    pub(super) version: u64,
    pub(super) types: Vec<Type>,
    pub(super) objects: BTreeMap<Id, Kept>,
    /// Version, change, group, plural, object.
    pub(super) log: Vec<(u64, Change, String, String, Value)>,
    /// Changes up to here are forgotten.
    pub(super) compacted: u64,
}

impl Store {
    pub(super) fn new() -> Self {
        Store {
            version: 100,
            types: built_in(),
            objects: BTreeMap::new(),
            log: Vec::new(),
            compacted: 0,
        }
    }

    pub(super) fn type_of(&self, kind: &str) -> Option<Type> {
        self.types.iter().find(|found| found.kind == kind).cloned()
    }

    fn type_in(&self, object: &Value) -> Option<Type> {
        let version = object["apiVersion"].as_str()?;
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let kind = object["kind"].as_str()?;
        self.types.iter().find(|found| found.group == group && found.kind == kind).cloned()
    }

    pub(super) fn serve(&mut self, definition: &Value) {
        for found in defined(definition) {
            if !self.types.contains(&found) {
                self.types.push(found);
            }
        }
    }

    pub(super) fn compact(&mut self) {
        self.version += 1;
        self.compacted = self.version;
        self.log.clear();
    }

    pub(super) fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let found = self.type_of(kind)?;
        let id = (found.group, found.plural, namespace.to_owned(), name.to_owned());
        self.objects.get(&id).map(|kept| kept.object.clone())
    }

    pub(super) fn all(&self, kind: &str) -> Vec<Value> {
        let Some(found) = self.type_of(kind) else { return Vec::new() };
        self.objects
            .iter()
            .filter(|(id, _)| id.0 == found.group && id.1 == found.plural)
            .map(|(_, kept)| kept.object.clone())
            .collect()
    }

    /// Whether an object has a newer generation than this state of it, or is gone.
    pub(super) fn is_outdated(&self, object: &Value) -> bool {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let meta = &object["metadata"];
        let now =
            self.find(&text(&object["kind"]), &text(&meta["namespace"]), &text(&meta["name"]));
        let generation = |object: &Value| object["metadata"]["generation"].as_u64();
        now.is_none_or(|now| {
            generation(&now) > generation(object) || now["metadata"]["uid"] != meta["uid"]
        })
    }

    pub(super) fn put(&mut self, object: Value) -> Option<Event> {
        let found = self.type_in(&object)?;
        let meta = &object["metadata"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id = (found.group, found.plural, text(&meta["namespace"]), text(&meta["name"]));
        let owners = self.objects.get(&id).map(|kept| kept.owners.clone()).unwrap_or_default();
        Some(self.keep(id, object, owners))
    }

    pub(super) fn merge_into(
        &mut self,
        kind: &str,
        namespace: &str,
        name: &str,
        patch: &Value,
    ) -> Option<Event> {
        let found = self.type_of(kind)?;
        let id = (found.group, found.plural, namespace.to_owned(), name.to_owned());
        let kept = self.objects.get(&id)?;
        let (mut object, owners) = (kept.object.clone(), kept.owners.clone());
        merge_patch(&mut object, patch);
        Some(self.keep(id, object, owners))
    }

    pub(super) fn remove(&mut self, kind: &str, namespace: &str, name: &str) -> Option<Event> {
        let found = self.type_of(kind)?;
        self.take(&(found.group, found.plural, namespace.to_owned(), name.to_owned()))
    }

    /// Removes an object; its dependents are left to the behaviour.
    pub(super) fn take(&mut self, id: &Id) -> Option<Event> {
        let mut object = self.objects.remove(id)?.object;
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let (group, plural) = (id.0.clone(), id.1.clone());
        self.log.push((self.version, Change::Deleted, group, plural, object.clone()));
        Some(Event { change: Change::Deleted, object, fresh: true })
    }

    /// Stores an object with everything that the server fills in.
    pub(super) fn keep(&mut self, id: Id, mut object: Value, owners: Owners) -> Event {
        let old = self.objects.get(&id).map(|kept| &kept.object);
        let same = |pointer: &str, object: &Value| {
            old.is_some_and(|old| old.pointer(pointer) == object.pointer(pointer))
        };
        let fresh = !same("/spec", &object);
        let change = if old.is_some() { Change::Modified } else { Change::Added };
        let generation = old.and_then(|old| old["metadata"]["generation"].as_u64()).unwrap_or(0);
        let uid = old.map(|old| old["metadata"]["uid"].clone());
        let created = old.map(|old| old["metadata"]["creationTimestamp"].clone());
        self.version += 1;
        let meta = &mut object["metadata"];
        meta["uid"] = uid
            .filter(Value::is_string)
            .unwrap_or_else(|| json!(format!("00000000-0000-4000-8000-{:012}", self.version)));
        meta["creationTimestamp"] =
            created.filter(Value::is_string).unwrap_or_else(|| json!(now()));
        meta["resourceVersion"] = json!(self.version.to_string());
        if object.get("spec").is_some() {
            let next = if fresh { generation + 1 } else { generation };
            object["metadata"]["generation"] = json!(next);
        }
        object["metadata"]["managedFields"] =
            owners.managed_fields(object["apiVersion"].as_str().unwrap_or_default());
        let entry = (self.version, change, id.0.clone(), id.1.clone(), object.clone());
        self.log.push(entry);
        self.objects.insert(id, Kept { object: object.clone(), owners });
        Event { change, object, fresh: fresh || change == Change::Added }
    }
}
