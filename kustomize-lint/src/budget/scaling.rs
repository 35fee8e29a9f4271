//! What changes the number of a workload's pods: HorizontalPodAutoscalers and KEDA's
//! ScaledObjects.

use std::collections::HashMap;

use crate::lint::Overlay;
use crate::object::{Object, effective};
use crate::tree::Node;
use crate::view::Workload;

/// KEDA's own maximum where a ScaledObject says none.
const KEDA_MAXIMUM: i64 = 100;

/// An autoscaler.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale<'a> {
    /// The object.
    pub(crate) object: &'a Object,
    /// How few pods it leaves.
    pub(crate) least: i64,
    /// How many it makes.
    pub(crate) most: i64,
    /// The scalar with the maximum, where it is written.
    pub(crate) maximum: Option<&'a Node>,
}

/// The autoscalers of an overlay, by what they scale.
#[derive(Debug)]
pub(crate) struct Scales<'a> {
    by_target: HashMap<(&'a str, &'a str, &'a str), Scale<'a>>,
}

impl<'a> Scales<'a> {
    /// Those of an overlay.
    pub(crate) fn of(overlay: &'a Overlay<'_>) -> Self {
        let mut by_target: HashMap<_, Scale<'_>> = HashMap::new();
        let autoscalers = overlay
            .of_kind("HorizontalPodAutoscaler")
            .map(|object| (object, "maxReplicas", "minReplicas", 1, 1));
        let scaled = overlay
            .of_kind("ScaledObject")
            .filter(|object| object.id().group == "keda.sh")
            .map(|object| (object, "maxReplicaCount", "minReplicaCount", 0, KEDA_MAXIMUM));
        for (object, most, least, few, many) in autoscalers.chain(scaled) {
            let Some(spec) = object.node.get("spec") else { continue };
            let Some(name) = spec.word_at(&["scaleTargetRef", "name"]) else { continue };
            let kind = spec.str_at(&["scaleTargetRef", "kind"]).unwrap_or("Deployment");
            let number = |key: &str| spec.get(key).and_then(Node::as_int);
            let scale = Scale {
                object,
                least: number(least).unwrap_or(few).max(0),
                most: number(most).unwrap_or(many).max(0),
                maximum: spec.get(most).filter(|node| !node.is_null()),
            };
            let key = (kind, effective(object.namespace()), name);
            // Two for one workload fight; the larger one is the worse.
            let known = by_target.entry(key).or_insert(scale);
            if scale.most > known.most {
                *known = scale;
            }
        }
        Scales { by_target }
    }

    /// What scales a workload.
    pub(crate) fn find(&self, workload: &Workload<'_>) -> Option<Scale<'a>> {
        let object = workload.object;
        let key = (object.kind(), effective(object.namespace()), object.name());
        self.by_target.get(&key).copied()
    }
}
