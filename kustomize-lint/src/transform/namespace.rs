//! `namespace`.

use crate::facts::{ProblemKind, StepKind};
use crate::kustomization::Spot;
use crate::load::Context;
use crate::objects::Objects;
use crate::tree::{FieldSpec, Node, Scalar, Touch, Walk};

/// The subjects of bindings that get the namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Subjects {
    /// Subjects called `default`.
    #[default]
    Default,
    ServiceAccounts,
    None,
}

/// The fields that get a namespace.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// Only fields without a value.
    pub(crate) unset_only: bool,
    pub(crate) subjects: Subjects,
}

const NAMESPACE: &str = "metadata/namespace";

pub(crate) fn apply(
    namespace: &Spot<String>,
    options: Options,
    fields: &[FieldSpec],
    objects: &mut Objects,
    context: &mut Context,
) {
    let step = context.step(StepKind::Namespace, namespace.place, None);
    let touch = Touch { step, place: namespace.place };
    let value = Scalar::text(&namespace.value);
    let set = |node: &mut Node| {
        if !options.unset_only || node.word().is_none_or(str::is_empty) {
            node.change(value.clone(), touch);
        }
    };
    for object in &mut objects.list {
        let id = object.id();
        object.remember();
        if id.is_namespaced() {
            Walk::scalars(&mut object.node, NAMESPACE, Some(touch), &mut |node| set(node));
        }
        let is_binding = matches!(id.kind.as_str(), "RoleBinding" | "ClusterRoleBinding");
        if is_binding {
            subjects(&mut object.node, options.subjects, touch, &set);
        }
        let applies = |field: &&FieldSpec| match field.path.as_str() {
            NAMESPACE => false,
            // Of a custom kind called Namespace the name is left alone.
            "metadata/name" => id.group.is_empty() && id.version == "v1",
            "subjects/namespace" => !is_binding,
            _ => true,
        };
        for field in fields.iter().filter(|field| field.selects(&id)).filter(applies) {
            let create = field.create.then_some(touch);
            let blocked =
                Walk::scalars(&mut object.node, &field.path, create, &mut |node| set(node));
            context.blocked(&field.path, blocked);
        }
    }
    objects.reindex();
    refuse_doubles(namespace, objects, context);
}

/// Sets the namespace of subjects. Other accounts get it when the account itself is among the objects.
fn subjects(root: &mut Node, which: Subjects, touch: Touch, set: &dyn Fn(&mut Node)) {
    Walk::mappings(root, "subjects", None, &mut |list| {
        let Some(items) = list.items_mut() else { return };
        for subject in items {
            let chosen = match which {
                // kustomize does not look at the kind of these.
                Subjects::Default => subject.str_at(&["name"]) == Some("default"),
                Subjects::ServiceAccounts => subject.str_at(&["kind"]) == Some("ServiceAccount"),
                Subjects::None => false,
            };
            if chosen {
                Walk::scalars(subject, "namespace", Some(touch), &mut |node| set(node));
            }
        }
    });
}

fn refuse_doubles(namespace: &Spot<String>, objects: &Objects, context: &mut Context) {
    let mut seen = std::collections::HashMap::new();
    for object in &objects.list {
        let id = object.id();
        let key = (
            id.group.clone(),
            id.version.clone(),
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
