//! `labels` and `commonLabels`.

use crate::facts::{FactKind, StepKind};
use crate::kustomization::{Kustomization, Labels, Pairs};
use crate::load::Context;
use crate::objects::Objects;
use crate::schema::{self, Config};
use crate::tree::{FieldSpec, Node, Origin, Place, Scalar, StepId, Touch, Value, Walk};

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
            let changed = put(&mut object.node, field, pairs, step, context);
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
    step: StepId,
    context: &mut Context,
) -> bool {
    let place: Option<Place> = pairs.first().map(|(_, value)| value.place);
    let Some(place) = place else { return false };
    let mut any = false;
    let create = field.create.then_some(Touch { step, place });
    let (mut wrong, mut keys) = (None, Vec::new());
    let blocked = Walk::mappings(root, &field.path, create, &mut |node| {
        if !node.is_mapping() {
            wrong = wrong.or(Some(node.place()).filter(|_| !node.is_null()));
            return;
        }
        for (key, value) in pairs {
            let touch = Touch { step, place: value.place };
            let is_block = value.value.contains('\n');
            let text = if is_block { Scalar::quoted } else { Scalar::text };
            let new = text(&value.value);
            if node.get(key).is_some() {
                any |= node.edit(key, |slot| slot.change(new, touch)) == Some(true);
            } else {
                any = true;
                // All annotations are looked at in the end.
                if field.path != "metadata/annotations" {
                    keys.push((key, value.place));
                }
                let value = Value::Scalar(new);
                node.set(key, Node { origin: Origin::added(touch), value });
            }
        }
    });
    keys.into_iter().for_each(|(key, place)| context.refuse_key(key, place));
    context.blocked(&field.path, blocked.or(wrong));
    any
}
