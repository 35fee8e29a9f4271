//! `commonAnnotations`.

use super::labels::put;
use crate::facts::StepKind;
use crate::kustomization::{Pairs, Spot};
use crate::load::Context;
use crate::objects::Objects;
use crate::tree::FieldSpec;

pub(crate) fn apply(
    pairs: &Spot<Pairs>,
    fields: &[FieldSpec],
    objects: &mut Objects,
    context: &mut Context,
) {
    let step = context.step(StepKind::Annotations, pairs.place, None);
    for object in &mut objects.list {
        let id = object.id();
        for field in fields.iter().filter(|field| field.selects(&id)) {
            put(&mut object.node, field, &pairs.value, step, context);
        }
    }
}
