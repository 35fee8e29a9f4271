//! `labels` and `commonLabels`.

use crate::facts::{StepKind, What};
use crate::kustomization::{Kustomization, Labels, Pairs};
use crate::objects::Objects;
use crate::render::Context;
use crate::schema::transformers::{OWN_LABELS, SELECTORS, TEMPLATE_LABELS};
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
    let mut own: Vec<FieldSpec<'_>> = labels
        .fields
        .iter()
        .map(|(group, version, kind, path, create)| FieldSpec {
            group,
            version,
            kind,
            path,
            create: *create,
        })
        .collect();
    own.push(OWN_LABELS);
    if labels.selectors || labels.templates {
        own.extend_from_slice(TEMPLATE_LABELS);
    }
    let selecting: Vec<FieldSpec<'_>> =
        if labels.selectors { SELECTORS.concat() } else { Vec::new() };
    let (mut changed, mut selectors) = (Vec::new(), Vec::new());
    for object in &mut objects.list {
        let id = object.id();
        let mut any = false;
        for field in own.iter().filter(|field| field.selects(&id)) {
            any |= put(&mut object.node, field, &labels.pairs, step);
        }
        if any {
            changed.push(object.key);
        }
        let mut any = false;
        for field in selecting.iter().filter(|field| field.selects(&id)) {
            any |= put(&mut object.node, field, &labels.pairs, step);
        }
        if any {
            selectors.push(object.key);
        }
    }
    context.fact(step, labels.place, What::Labels { changed, selectors });
}

/// Sets pairs in the mappings of a field.
pub(crate) fn put(
    root: &mut Node,
    field: &FieldSpec<'_>,
    pairs: &Pairs,
    step: crate::tree::StepId,
) -> bool {
    let place: Option<Place> = pairs.first().map(|(_, value)| value.place);
    let Some(place) = place else { return false };
    let mut any = false;
    let create = field.create.then_some(Touch { step, place });
    Walk::mappings(root, field.path, create, &mut |node| {
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
