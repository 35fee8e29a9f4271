//! `namePrefix` and `nameSuffix`.

use crate::facts::StepKind;
use crate::kustomization::Spot;
use crate::load::Context;
use crate::objects::Objects;
use crate::schema::keeps_name;
use crate::tree::{FieldSpec, Scalar, Touch, Walk};

const NAME: &str = "metadata/name";

/// Puts an affix to the fields of every object whose kind may be renamed.
pub(crate) fn apply(
    affix: &Spot<String>,
    kind: StepKind,
    fields: &[FieldSpec],
    objects: &mut Objects,
    context: &mut Context,
) {
    let step = context.step(kind, affix.place, None);
    let touch = Touch { step, place: affix.place };
    for object in &mut objects.list {
        let id = object.first_id();
        if keeps_name(&id.group, &id.kind) {
            continue;
        }
        for field in fields.iter().filter(|field| field.selects(&id)) {
            if field.path == NAME {
                if !affix.value.is_empty() {
                    object.remember();
                }
                let list = match kind {
                    StepKind::Prefix => &mut object.prefixes,
                    _ => &mut object.suffixes,
                };
                list.push(affix.value.clone());
            }
            let create = field.create.then_some(touch);
            let blocked = Walk::scalars(&mut object.node, &field.path, create, &mut |node| {
                let old = node.scalar().map_or("", |scalar| scalar.written());
                let name = match kind {
                    StepKind::Prefix => format!("{}{old}", affix.value),
                    _ => format!("{old}{}", affix.value),
                };
                node.change(Scalar::text(name), touch);
            });
            context.blocked(&field.path, blocked);
        }
    }
    objects.reindex();
}
