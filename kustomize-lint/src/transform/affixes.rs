//! `namePrefix` and `nameSuffix`.

use crate::facts::StepKind;
use crate::kustomization::{Kustomization, Spot};
use crate::objects::Objects;
use crate::render::Context;
use crate::schema::keeps_name;
use crate::tree::{Scalar, Touch, Walk};

pub(crate) fn apply(kustomization: &Kustomization, objects: &mut Objects, context: &mut Context) {
    if let Some(prefix) = &kustomization.name_prefix {
        rename(prefix, StepKind::Prefix, objects, context);
    }
    if let Some(suffix) = &kustomization.name_suffix {
        rename(suffix, StepKind::Suffix, objects, context);
    }
}

fn rename(affix: &Spot<String>, kind: StepKind, objects: &mut Objects, context: &mut Context) {
    let step = context.step(kind, affix.place, None);
    let touch = Touch { step, place: affix.place };
    for object in &mut objects.list {
        let id = object.id();
        if keeps_name(&id.group, &id.kind) {
            continue;
        }
        object.remember();
        let list =
            if kind == StepKind::Prefix { &mut object.prefixes } else { &mut object.suffixes };
        list.push(affix.value.clone());
        Walk::scalars(&mut object.node, "metadata/name", None, &mut |node| {
            let name = match kind {
                StepKind::Prefix => format!("{}{}", affix.value, id.name),
                _ => format!("{}{}", id.name, affix.value),
            };
            node.change(Scalar::text(name), touch);
        });
    }
    objects.reindex();
}
