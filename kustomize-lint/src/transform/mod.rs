//! The transformers, in kustomize's order.

mod affixes;
mod annotations;
mod dropped;
pub(crate) mod hash;
mod images;
mod json_patch;
mod labels;
mod merge;
pub(crate) mod names;
mod namespace;
pub(crate) mod patches;
mod replacements;
mod replicas;
pub(crate) mod vars;

pub(crate) use images::{name as image_name, parts as image_parts};

use patches::Form;

use crate::kustomization::Kustomization;
use crate::objects::Objects;
use crate::render::{Context, Folder};
use crate::tree::{Node, Scalar, Value};

const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// Applies everything that a kustomization says about its objects.
pub(crate) fn apply(
    folder: &Folder,
    kustomization: &Kustomization,
    objects: &mut Objects,
    context: &mut Context,
) {
    let merges = (Form::Merge, kustomization.patches_strategic_merge.as_slice());
    patches::apply(folder, merges, objects, context);
    patches::apply(folder, (Form::Either, &kustomization.patches), objects, context);
    namespace::apply(kustomization, objects, context);
    affixes::apply(kustomization, objects, context);
    labels::apply(kustomization, objects, context);
    annotations::apply(kustomization, objects, context);
    patches::apply(folder, (Form::Json, &kustomization.patches_json6902), objects, context);
    replicas::apply(kustomization, objects, context);
    images::apply(kustomization, objects, context);
    replacements::apply(folder, kustomization, objects, context);
}

/// Annotations as kustomize prints them: none of an empty mapping, and no infinite numbers.
pub(crate) fn print_annotations(objects: &mut Objects) {
    for object in &mut objects.list {
        let Some(metadata) = object.node.get_mut("metadata") else { continue };
        let empty = |node: &Node| node.is_null() || node.is_mapping() && node.entries().is_empty();
        if metadata.get("annotations").is_some_and(empty) {
            metadata.remove("annotations");
        }
        let annotations = metadata.get_mut("annotations").and_then(Node::entries_mut);
        for entry in annotations.into_iter().flatten() {
            // Infinite numbers are text there.
            if let Some(endless) = entry.value.scalar().filter(|scalar| scalar.is_endless()) {
                entry.value.value = Value::Scalar(Scalar::text(endless.written()));
            }
        }
    }
}

/// Leaves out what is configuration for tools and not for the cluster.
pub(crate) fn drop_local(objects: &mut Objects) {
    let local = |value: &str| value != "false";
    objects.retain(|object| !object.annotation(LOCAL_CONFIG).is_some_and(local));
}
