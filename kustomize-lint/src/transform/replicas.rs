//! `replicas`.

use crate::facts::{Effect, ProblemKind, StepKind};
use crate::kustomization::Kustomization;
use crate::objects::Objects;
use crate::render::Context;
use crate::schema::fields::REPLICAS;
use crate::tree::{Scalar, Touch, Walk};

pub(crate) fn apply(kustomization: &Kustomization, objects: &mut Objects, context: &mut Context) {
    for replica in &kustomization.replicas {
        let step = context.step(StepKind::Replicas, replica.place, None);
        let touch = Touch { step, place: replica.place };
        let mut matches = false;
        for at in objects.named(&replica.name).to_vec() {
            let object = &mut objects.list[at];
            let named = object.ids().any(|id| id.name == replica.name);
            let id = object.id();
            let Some(field) = REPLICAS.iter().find(|field| named && field.selects(&id)) else {
                continue;
            };
            matches = true;
            Walk::scalars(&mut object.node, &field.path, Some(touch), &mut |node| {
                node.change(Scalar::int(replica.count), touch);
            });
        }
        // A configuration may say where other kinds have their number.
        let unknown = context.not_analysed.iter().any(|part| part.effect == Effect::Fields);
        if !matches && !unknown {
            let message = format!("no workload with replicas has the name {}", replica.name);
            context.problem(ProblemKind::NoMatch, Some(replica.place), message);
        }
    }
}
