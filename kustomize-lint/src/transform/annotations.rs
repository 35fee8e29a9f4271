//! `commonAnnotations`.

use super::labels::put;
use crate::facts::{StepKind, What};
use crate::kustomization::Kustomization;
use crate::objects::Objects;
use crate::render::Context;
use crate::schema::transformers::ANNOTATIONS;

pub(crate) fn apply(kustomization: &Kustomization, objects: &mut Objects, context: &mut Context) {
    let Some(pairs) = &kustomization.common_annotations else { return };
    let step = context.step(StepKind::Annotations, pairs.place, None);
    let mut changed = Vec::new();
    for object in &mut objects.list {
        let id = object.id();
        let mut any = false;
        for field in ANNOTATIONS.iter().filter(|field| field.selects(&id)) {
            any |= put(&mut object.node, field, &pairs.value, step);
        }
        if any {
            changed.push(object.key);
        }
    }
    context.fact(step, pairs.place, What::Changed { changed });
}
