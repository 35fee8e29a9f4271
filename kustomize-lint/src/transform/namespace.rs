//! `namespace`.

use crate::facts::{ProblemKind, StepKind};
use crate::kustomization::Kustomization;
use crate::objects::Objects;
use crate::render::Context;
use crate::schema::fields::NAMESPACES;
use crate::tree::{Scalar, Touch, Walk};

pub(crate) fn apply(kustomization: &Kustomization, objects: &mut Objects, context: &mut Context) {
    let Some(namespace) = &kustomization.namespace else { return };
    let step = context.step(StepKind::Namespace, namespace.place, None);
    let touch = Touch { step, place: namespace.place };
    let value = Scalar::text(&namespace.value);
    for object in &mut objects.list {
        let id = object.id();
        object.remember();
        if id.is_namespaced() {
            Walk::scalars(&mut object.node, "metadata/namespace", Some(touch), &mut |node| {
                node.change(value.clone(), touch);
            });
        }
        for field in NAMESPACES.iter().filter(|field| field.selects(&id)) {
            let create = field.create.then_some(touch);
            Walk::scalars(&mut object.node, &field.path, create, &mut |node| {
                node.change(value.clone(), touch);
            });
        }
        if matches!(id.kind.as_str(), "RoleBinding" | "ClusterRoleBinding") {
            Walk::mappings(&mut object.node, "subjects", None, &mut |list| {
                let Some(items) = list.items_mut() else { return };
                for subject in items {
                    // Other accounts get it when the account itself is among the objects.
                    // Of this one kustomize does not look at the kind.
                    if subject.str_at(&["name"]) == Some("default") {
                        Walk::scalars(subject, "namespace", Some(touch), &mut |node| {
                            node.change(value.clone(), touch);
                        });
                    }
                }
            });
        }
    }
    objects.reindex();
    let mut seen = std::collections::HashMap::new();
    for object in &objects.list {
        let id = object.id();
        let key = (
            id.group.clone(),
            id.kind.clone(),
            id.name.clone(),
            id.effective_namespace().to_owned(),
        );
        if let Some(first) = seen.insert(key, object.source) {
            let message = format!("two objects become {id}");
            context.problem(ProblemKind::Build, Some(namespace.place), message);
            context.explain(first, "the first");
        }
    }
}
