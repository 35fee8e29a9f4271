//! `buildMetadata`: labels and annotations that say how an object was built.

use std::path::Path;

use crate::facts::StepKind;
use crate::id::Id;
use crate::kustomization::{Kustomization, Spot};
use crate::load::{Context, Folder, clean};
use crate::object::{ORIGIN, Object, TRANSFORMATIONS};
use crate::objects::Objects;
use crate::tree::{Node, Origin, Touch, Walk};

const ORIGINS: &str = "originAnnotations";
const TRANSFORMERS: &str = "transformerAnnotations";
const MANAGED: &str = "managedByLabel";

/// The version of kustomize, as kubectl calls it.
const VERSION: &str = "kustomize-(devel)";

/// The steps of one kustomization.
pub(crate) struct Steps {
    /// Its file, from the folder that is rendered; nothing where no marks are wanted.
    file: Option<String>,
}

impl Steps {
    pub(crate) fn of(folder: &Folder, kustomization: &Kustomization, context: &Context) -> Self {
        Steps { file: context.is_marking.then(|| configured_in(folder, kustomization, context)) }
    }

    /// Notes that a transformer has run, so many times.
    pub(crate) fn mark(&self, kind: &str, times: usize, objects: &mut Objects) {
        let Some(file) = &self.file else { return };
        let text = configured(file, "builtin", kind, None);
        for _ in 0..times {
            objects.list.iter_mut().for_each(|object| add(object, &text));
        }
    }
}

/// Notes a step. An object that nothing made before was made by this step.
pub(crate) fn add(object: &mut Object, text: &str) {
    match &mut object.marks.origin {
        none @ None => *none = Some(text.to_owned()),
        Some(_) => object.marks.transformations.push(text.to_owned()),
    }
}

/// Takes over the marks of the object that a generator extends.
pub(crate) fn inherit(object: &mut Object, old: &Object, merge: bool) {
    let origin = object.marks.origin.take();
    object.marks.clone_from(&old.marks);
    if !merge || old.marks.origin.is_none() {
        object.marks.origin = origin;
    }
}

/// The kustomization's file, from the folder that is rendered.
fn configured_in(folder: &Folder, kustomization: &Kustomization, context: &Context) -> String {
    let path = &context.files.get(kustomization.place.file).path;
    shown(&folder.trace.join(path.file_name().unwrap_or_default()))
}

/// The origin of what a generator of the kustomization makes.
pub(crate) fn generated(
    kind: &str,
    folder: &Folder,
    kustomization: &Kustomization,
    context: &Context,
) -> Option<String> {
    let file = context.is_marking.then(|| configured_in(folder, kustomization, context))?;
    Some(configured(&file, "builtin", kind, None))
}

/// The origin of what comes from a file.
pub(crate) fn read(folder: &Folder, path: &str, context: &Context) -> Option<String> {
    context.is_marking.then(|| format!("path: {}\n", shown(&folder.trace.join(path))))
}

/// A step that a file configures.
pub(crate) fn configured(file: &str, api_version: &str, kind: &str, id: Option<&Id>) -> String {
    let mut text = format!(
        "configuredIn: {file}\nconfiguredBy:\n  apiVersion: {api_version}\n  kind: {kind}\n"
    );
    if let Some(id) = id {
        text.push_str(&format!("  name: {}\n", id.name));
        if !id.namespace.is_empty() {
            text.push_str(&format!("  namespace: {}\n", id.namespace));
        }
    }
    text
}

fn shown(path: &Path) -> String {
    clean(path).display().to_string()
}

/// Writes what the kustomization asks for. kustomize passes over words that it does not know.
pub(crate) fn print(options: &[Spot<String>], objects: &mut Objects, context: &mut Context) {
    for option in options {
        let step = context.step(StepKind::BuildMetadata, option.place, None);
        let touch = Touch { step, place: option.place };
        for object in &mut objects.list {
            let marks = &object.marks;
            let (path, key, value) = match option.value.as_str() {
                MANAGED => ("labels", "app.kubernetes.io/managed-by", Some(VERSION.to_owned())),
                ORIGINS => ("annotations", ORIGIN, marks.origin.clone()),
                TRANSFORMERS => ("annotations", TRANSFORMATIONS, marks.transformations()),
                _ => continue,
            };
            let Some(value) = value else { continue };
            let path = format!("metadata/{path}");
            Walk::mappings(&mut object.node, &path, Some(touch), &mut |node| {
                node.set(key, Node::text(&value, Origin::added(touch)));
            });
        }
    }
}
