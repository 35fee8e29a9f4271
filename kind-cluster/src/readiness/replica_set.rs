//! ReplicaSet and ReplicationController: as many ready pods as wanted.

use serde_json::Value;

use super::state::{State, short_of};
use crate::object::replicas;

pub(super) fn state(object: &Value) -> State {
    short_of(object, replicas(object), &[("readyReplicas", "ready")]).unwrap_or(State::Ready)
}
