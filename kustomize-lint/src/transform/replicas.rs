//! `replicas`.

use crate::facts::{ProblemKind, StepKind};
use crate::id::Id;
use crate::kustomization::Replica;
use crate::load::Context;
use crate::objects::Objects;
use crate::tree::{FieldSpec, Scalar, Touch, Walk};

pub(crate) fn apply(
    replica: &Replica,
    fields: &[FieldSpec],
    objects: &mut Objects,
    context: &mut Context,
) {
    let step = context.step(StepKind::Replicas, replica.place, None);
    let touch = Touch { step, place: replica.place };
    let mut matches = false;
    for field in fields {
        for at in objects.named(&replica.name).to_vec() {
            let object = &mut objects.list[at];
            let is = |id: &Id| id.name == replica.name && field.selects(id);
            if !object.ids().any(|id| is(&id)) {
                continue;
            }
            matches = true;
            let create = field.create.then_some(touch);
            let blocked = Walk::scalars(&mut object.node, &field.path, create, &mut |node| {
                // A count in quotes stays in them.
                let new = match node.scalar() {
                    Some(before) if before.is_quoted() && !before.text.is_empty() => {
                        Scalar::text(replica.count.to_string())
                    }
                    _ => Scalar::int(replica.count),
                };
                node.change(new, touch);
            });
            context.blocked(&field.path, blocked);
        }
    }
    if !matches {
        let message = format!("no workload with replicas has the name {}", replica.name);
        context.absent(ProblemKind::NoMatch, replica.place, message);
    }
}
