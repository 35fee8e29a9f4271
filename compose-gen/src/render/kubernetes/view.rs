//! An environment as its objects are made from it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::names::label_value;
use crate::model::{Platform, Service};

/// Where an object stands: home profile, file, kind and name, which together are its identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) home: String,
    pub(crate) file: String,
    /// Workloads first, then what belongs to them.
    pub(crate) rank: u8,
    pub(crate) kind: String,
    pub(crate) name: String,
}

/// The objects of an environment, or of the base.
pub(crate) type Objects = BTreeMap<Key, Value>;

/// One environment's view, or the base's.
pub(crate) struct View<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) catalogue: &'a common::catalogue::Catalogue,
    pub(crate) environment: Option<&'a str>,
    /// Service → the name of its Job.
    pub(crate) jobs: &'a BTreeMap<String, String>,
}

/// Labels of everything that belongs to a service.
pub(super) fn labels(platform: &Platform, service: &Service) -> Value {
    json!({
        "app.kubernetes.io/component": service.home(),
        "app.kubernetes.io/name": service.name,
        "app.kubernetes.io/part-of": label_value(&platform.name),
    })
}

/// The label of the Pods behind an alias that several services have.
pub(super) fn alias_label(alias: &str) -> String {
    format!("alias.compose-gen/{alias}")
}
