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
pub(crate) mod plugins;
mod replacements;
mod replicas;
pub(crate) mod unreadable;
mod value_add;
pub(crate) mod vars;

pub(crate) use images::{name as image_name, parts as image_parts};

use patches::Form;
use plugins::Plugins;

use crate::facts::StepKind;
use crate::kustomization::Kustomization;
use crate::load::{Accumulated, Context, Folder, marks};
use crate::object::Object;
use crate::objects::Objects;
use crate::tree::{Files, Node, Scalar, Value};

const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// Applies everything that a kustomization says about its objects.
pub(crate) fn apply(
    folder: &Folder,
    kustomization: &Kustomization,
    plugins: &Plugins,
    done: &mut Accumulated,
    context: &mut Context,
) {
    let config = done.config();
    let objects = &mut done.objects;
    let steps = marks::Steps::of(folder, kustomization, context);
    let merges = kustomization.patches_strategic_merge.as_slice();
    patches::apply(folder, (Form::Merge, merges), objects, context);
    steps.mark("PatchStrategicMergeTransformer", usize::from(!merges.is_empty()), objects);
    for patch in &kustomization.patches {
        let patch = std::slice::from_ref(patch);
        patches::apply(folder, (Form::Either, patch), objects, context);
        steps.mark("PatchTransformer", 1, objects);
    }
    if let Some(namespace) = &kustomization.namespace {
        let options = namespace::Options::default();
        namespace::apply(namespace, options, &config.namespaces, objects, context);
        steps.mark("NamespaceTransformer", 1, objects);
    }
    if let Some(prefix) = &kustomization.name_prefix {
        affixes::apply(prefix, StepKind::Prefix, &config.prefixes, objects, context);
        steps.mark("PrefixTransformer", 1, objects);
    }
    if let Some(suffix) = &kustomization.name_suffix {
        affixes::apply(suffix, StepKind::Suffix, &config.suffixes, objects, context);
        steps.mark("SuffixTransformer", 1, objects);
    }
    labels::apply(kustomization, &config, objects, context);
    let labels = kustomization.labels.len();
    let any = labels > 0 || kustomization.common_labels.is_some();
    // The transformer of `commonLabels` runs beside those of `labels`, also without any.
    steps.mark("LabelTransformer", labels + usize::from(any), objects);
    if let Some(pairs) = &kustomization.common_annotations {
        annotations::apply(pairs, &config.annotations, objects, context);
        steps.mark("AnnotationsTransformer", 1, objects);
    }
    let json = kustomization.patches_json6902.as_slice();
    patches::apply(folder, (Form::Json, json), objects, context);
    steps.mark("PatchJson6902Transformer", json.len(), objects);
    for replica in &kustomization.replicas {
        replicas::apply(replica, &config.replicas, objects, context);
        steps.mark("ReplicaCountTransformer", 1, objects);
    }
    for image in &kustomization.images {
        images::apply(image, &config.images, objects, context);
        steps.mark("ImageTagTransformer", 1, objects);
    }
    replacements::apply(folder, &kustomization.replacements, objects, context);
    let any = !kustomization.replacements.is_empty();
    steps.mark("ReplacementTransformer", usize::from(any), objects);
    plugins::transform(folder, plugins, done, context);
}

/// Objects as kustomize prints them: annotations are text, and an empty mapping of them is left out.
pub(crate) fn print(objects: &mut Objects, files: &Files) {
    for object in &mut objects.list {
        // In braces nothing becomes a block.
        let in_braces = |node: &Node| {
            let place = node.origin.base;
            let written = files.get(place.file).text.get(place.span());
            object.generator.is_none() && written.is_some_and(|text| text.starts_with('{'))
        };
        if !object.node.get("metadata").is_some_and(in_braces) {
            object.renew_annotations();
        }
        object.node.each_scalar_mut(&mut Scalar::reread);
        object.node.edit("metadata", |metadata| {
            let empty =
                |node: &Node| node.is_null() || node.is_mapping() && node.entries().is_empty();
            if metadata.get("annotations").is_some_and(empty) {
                metadata.remove("annotations");
            }
            metadata.edit("annotations", write_annotations);
        });
    }
}

fn write_annotations(annotations: &mut Node) {
    for entry in annotations.entries_mut().into_iter().flatten() {
        // Only the text of the file counts: `1.50`, `yes` and `null` are texts there.
        let written = entry.value.scalar().map_or("", Scalar::written);
        if entry.value.as_str() != Some(written) {
            let text = Scalar::text(written);
            entry.value.value = Value::Scalar(text);
        }
    }
}

/// Leaves out what is configuration for tools and not for the cluster.
pub(crate) fn drop_local(objects: &mut Objects) {
    let is_local = |object: &Object| {
        let value = object.node.at(&["metadata", "annotations", LOCAL_CONFIG])?;
        Some(value.scalar().is_none_or(|scalar| scalar.written() != "false"))
    };
    objects.retain(|object| !is_local(object).unwrap_or(false));
}
