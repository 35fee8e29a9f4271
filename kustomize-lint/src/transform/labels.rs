//! `labels` and `commonLabels`.

use crate::facts::{FactKind, StepKind};
use crate::kustomization::{Kustomization, Labels, Pairs};
use crate::load::Context;
use crate::objects::Objects;
use crate::schema::{self, Config};
use crate::tree::{FieldSpec, Node, Origin, Place, Touch, Walk};

pub(crate) fn apply(
    kustomization: &Kustomization,
    config: &Config,
    objects: &mut Objects,
    context: &mut Context,
) {
    for labels in &kustomization.labels {
        match fields(labels, config) {
            Ok(fields) => set(labels.place, &labels.pairs, &fields, objects, context),
            Err(schema::Conflict(path)) => {
                let message = format!("`fields` disagrees with the defaults on `create` of {path}");
                context.malformed(labels.place, message);
            }
        }
    }
    if let Some(common) = &kustomization.common_labels {
        set(common.place, &common.value, &config.common_labels, objects, context);
    }
}

/// The fields of an entry of `labels`.
fn fields(labels: &Labels, config: &Config) -> Result<Vec<FieldSpec>, schema::Conflict> {
    let mut fields = labels.fields.clone();
    schema::merge(&mut fields, &config.labels)?;
    if labels.selectors {
        schema::merge(&mut fields, &config.common_labels)?;
    } else {
        if labels.templates {
            schema::merge(&mut fields, &config.template_labels)?;
        }
        schema::merge(&mut fields, &[FieldSpec::any("metadata/labels", true)])?;
    }
    Ok(fields)
}

/// Sets labels in every field that an object has.
pub(crate) fn set(
    place: Place,
    pairs: &Pairs,
    fields: &[FieldSpec],
    objects: &mut Objects,
    context: &mut Context,
) {
    let step = context.step(StepKind::Labels, place, None);
    let mut selectors = Vec::new();
    for object in &mut objects.list {
        let id = object.id();
        let mut selects = false;
        for field in fields.iter().filter(|field| field.selects(&id)) {
            let changed = put(&mut object.node, field, pairs, step);
            selects |= changed && !field.path.ends_with("metadata/labels");
        }
        if selects {
            selectors.push(object.key);
        }
    }
    context.fact(step, place, FactKind::Labels { selectors });
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
