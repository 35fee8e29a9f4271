//! `commonAnnotations`.

use super::labels::put;
use crate::facts::StepKind;
use crate::kustomization::Kustomization;
use crate::objects::Objects;
use crate::render::Context;
use crate::schema::fields::ANNOTATIONS;

pub(crate) fn apply(kustomization: &Kustomization, objects: &mut Objects, context: &mut Context) {
    let Some(pairs) = &kustomization.common_annotations else { return };
    let step = context.step(StepKind::Annotations, pairs.place, None);
    for object in &mut objects.list {
        let id = object.id();
        for field in ANNOTATIONS.iter().filter(|field| field.selects(&id)) {
            put(&mut object.node, field, &pairs.value, step);
        }
    }
}
