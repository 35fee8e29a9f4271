//! `labels` and `commonLabels`.

use crate::facts::{StepKind, What};
use crate::id::Id;
use crate::kustomization::{Kustomization, Labels, Pairs};
use crate::objects::Objects;
use crate::render::Context;
use crate::schema::fields::{SELECTORS, TEMPLATE_LABELS};
use crate::tree::{FieldSpec, Node, Origin, Place, Touch, Walk};

pub(crate) fn apply(kustomization: &Kustomization, objects: &mut Objects, context: &mut Context) {
    for labels in &kustomization.labels {
        set(labels, objects, context);
    }
    if let Some(common) = &kustomization.common_labels {
        let labels = Labels {
            place: common.place,
            pairs: common.value.clone(),
            selectors: true,
            templates: true,
            fields: Vec::new(),
        };
        set(&labels, objects, context);
    }
}

fn set(labels: &Labels, objects: &mut Objects, context: &mut Context) {
    let step = context.step(StepKind::Labels, labels.place, None);
    let (all, selecting) = (labels.selectors || labels.templates, labels.selectors);
    let metadata = FieldSpec::any("metadata/labels", true);
    let templates = TEMPLATE_LABELS.iter().filter(|_| all);
    let own: Vec<&FieldSpec> = labels.fields.iter().chain([&metadata]).chain(templates).collect();
    let selecting: Vec<&FieldSpec> = SELECTORS.iter().filter(|_| selecting).collect();
    let set = |fields: &[&FieldSpec], id: &Id, node: &mut Node| {
        let mut any = false;
        for field in fields.iter().filter(|field| field.selects(id)) {
            any |= put(node, field, &labels.pairs, step);
        }
        any
    };
    let mut selectors = Vec::new();
    for object in &mut objects.list {
        let id = object.id();
        set(&own, &id, &mut object.node);
        if set(&selecting, &id, &mut object.node) {
            selectors.push(object.key);
        }
    }
    context.fact(step, labels.place, What::Labels { selectors });
}

/// Sets pairs in the mappings of a field.
pub(crate) fn put(
    root: &mut Node,
    field: &FieldSpec,
    pairs: &Pairs,
    step: crate::tree::StepId,
) -> bool {
    let place: Option<Place> = pairs.first().map(|(_, value)| value.place);
    let Some(place) = place else { return false };
    let mut any = false;
    let create = field.create.then_some(Touch { step, place });
    Walk::mappings(root, &field.path, create, &mut |node| {
        if !node.is_mapping() {
            return;
        }
        for (key, value) in pairs {
            let touch = Touch { step, place: value.place };
            let new = crate::tree::Scalar::text(&value.value);
            match node.get_mut(key) {
                Some(slot) => any |= slot.change(new, touch),
                None => {
                    any = true;
                    node.set(key, Node::text(&value.value, Origin::added(touch)));
                }
            }
        }
    });
    any
}
