//! Objects that change the number of a workload's pods: HorizontalPodAutoscalers and KEDA's
//! ScaledObjects.

use std::collections::HashMap;

use crate::kubernetes::{Tree, group, kind, namespace};

/// KEDA's own maximum where a ScaledObject says none.
const KEDA_MAXIMUM: i64 = 100;

/// An autoscaler.
#[derive(Debug)]
pub struct Scale<'a, T> {
    /// The object.
    pub object: &'a T,
    /// How few pods it leaves.
    pub least: i64,
    /// How many it makes.
    pub most: i64,
    /// The scalar with the maximum, where it is written.
    pub maximum: Option<&'a T>,
}

impl<T> Clone for Scale<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Scale<'_, T> {}

impl<T: Tree> Scale<'_, T> {
    /// Whether KEDA scales it: also from nothing, and to nothing.
    pub fn is_keda(&self) -> bool {
        is_keda(self.object)
    }
}

fn is_keda<T: Tree>(object: &T) -> bool {
    kind(object) == "ScaledObject" && group(object) == "keda.sh"
}

/// The autoscalers among some objects, by what they scale.
#[derive(Debug)]
pub struct Scales<'a, T> {
    by_target: HashMap<(&'a str, &'a str, &'a str), Scale<'a, T>>,
}

impl<'a, T: Tree> Scales<'a, T> {
    /// Finds them.
    pub fn of(objects: impl Iterator<Item = &'a T>) -> Self {
        let mut by_target: HashMap<_, Scale<'_, T>> = HashMap::new();
        for object in objects {
            let (most, least, few, many) = match kind(object) {
                "HorizontalPodAutoscaler" => ("maxReplicas", "minReplicas", 1, 1),
                _ if is_keda(object) => ("maxReplicaCount", "minReplicaCount", 0, KEDA_MAXIMUM),
                _ => continue,
            };
            let Some(spec) = object.get("spec") else { continue };
            let Some(name) = spec.word_at(&["scaleTargetRef", "name"]) else { continue };
            let kind = spec.word_at(&["scaleTargetRef", "kind"]).unwrap_or("Deployment");
            let number = |key: &str| spec.number_at(&[key]);
            let scale = Scale {
                object,
                least: number(least).unwrap_or(few).max(0),
                most: number(most).unwrap_or(many).max(0),
                maximum: spec.get(most).filter(|node| !node.is_null()),
            };
            let key = (kind, namespace(object), name);
            // Two for one workload fight; the larger one is the worse.
            let known = by_target.entry(key).or_insert(scale);
            if scale.most > known.most {
                *known = scale;
            }
        }
        Scales { by_target }
    }

    /// The object that scales a workload.
    pub fn find(&self, workload: &T) -> Option<Scale<'a, T>> {
        let name = workload.word_at(&["metadata", "name"]).unwrap_or_default();
        self.by_target.get(&(kind(workload), namespace(workload), name)).copied()
    }
}
