//! `patches`, `patchesStrategicMerge` and `patchesJson6902`.

mod documents;
mod inline;
mod reading;

pub(crate) use inline::inline;
pub(crate) use reading::hide_inline;

use reading::{read, targets_secret};

use super::json_patch::{self, Operation};
use super::merge::{Lists, Merge, Unmerged};
use super::unreadable;
use crate::facts::{FactKind, ProblemKind, StepKind, Target};
use crate::id::Id;
use crate::kustomization::{Patch, PatchText};
use crate::load::{Context, Folder};
use crate::object::Object;
use crate::objects::Objects;
use crate::schema;
use crate::select::Matcher;
use crate::tree::{Node, Place};

/// The forms of patches that a list may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `patchesStrategicMerge`.
    Merge,
    /// `patchesJson6902`.
    Json,
    /// `patches`.
    Either,
}

/// Applies the patches of a list.
pub(crate) fn apply(
    folder: &Folder,
    (form, patches): (Form, &[Patch]),
    objects: &mut Objects,
    context: &mut Context,
) {
    for patch in patches {
        let mut patch = patch.clone();
        if let (PatchText::Inline(spot), Form::Either) = (&mut patch.text, form) {
            // So does kustomize, here only: the last line of a block loses its end.
            spot.value = spot.value.trim().to_owned();
        }
        let Some(documents) = read(folder, &patch, context) else { continue };
        let is_json = documents.iter().any(Node::is_sequence);
        match form {
            Form::Either if is_json => targeted_json((form, &patch), &documents, objects, context),
            Form::Json => targeted_json((form, &patch), &documents, objects, context),
            _ => merge((form, &patch), documents, objects, context),
        }
    }
}

/// The objects that a `target` selects.
fn select(patch: &Patch, objects: &Objects, context: &mut Context) -> Option<(Target, Vec<usize>)> {
    let target = patch.target.as_ref()?;
    let kind = if target.value.is_empty() { Target::Everything } else { Target::Selector };
    match Matcher::new(&target.value) {
        Ok(matcher) => Some((kind, matcher.select(objects))),
        Err(message) => {
            context.malformed(target.place, message);
            None
        }
    }
}

/// A JSON patch, for everything that its target selects.
fn targeted_json(
    (form, patch): (Form, &Patch),
    documents: &[Node],
    objects: &mut Objects,
    context: &mut Context,
) {
    if patch.target.is_none() {
        return context.malformed(patch.place, "a JSON patch needs a `target`");
    }
    let Some((target, selected)) = select(patch, objects, context) else { return };
    let secret =
        targets_secret(patch) || selected.iter().any(|at| objects.list[*at].kind() == "Secret");
    hide_values(documents, secret, context);
    operate((form, patch), documents, target, &selected, objects, context);
}

/// Keeps what a JSON patch sets in a Secret out of every message.
fn hide_values(documents: &[Node], secret: bool, context: &mut Context) {
    for operation in documents.iter().flat_map(Node::items) {
        let path = operation.str_at(&["path"]).unwrap_or_default();
        let plain = path.starts_with("/stringData");
        if let (true, Some(value)) = (secret || plain, operation.get("value")) {
            context.files.hide(value.origin.base);
        }
    }
}

fn no_match(id: &Id, place: Place, context: &mut Context) {
    if context.is_incomplete {
        return;
    }
    let message = format!("no {} {id} for this patch", id.api_version());
    context.problem(ProblemKind::PatchNoMatch, Some(place), message);
    if let Some(problem) = context.problems.last_mut() {
        problem.missing = Some(id.clone());
    }
}

fn operate(
    (form, patch): (Form, &Patch),
    documents: &[Node],
    target: Target,
    selected: &[usize],
    objects: &mut Objects,
    context: &mut Context,
) {
    for document in documents {
        let content = document.origin.base;
        let step = context.step(StepKind::JsonPatch, patch.place, Some(content));
        let operations = match json_patch::read(document) {
            Ok(operations) => operations,
            Err((place, message)) => {
                context.malformed(place, message);
                continue;
            }
        };
        let (mut matched, mut changed) = (Vec::new(), Vec::new());
        for at in selected {
            let object = &mut objects.list[*at];
            matched.push(object.key);
            let before = object.node.clone();
            unreadable::refuse(&object.node, context);
            // For the deprecated field, kustomize does not note the present name.
            if form == Form::Json {
                object.write_notes();
            }
            object.remember();
            if form != Form::Json {
                object.write_notes();
            }
            for operation in &operations {
                match json_patch::apply(&mut object.node, operation, step) {
                    Ok(None) => {}
                    Ok(Some(message)) => {
                        let kind = FactKind::Lenient { object: object.key, message };
                        context.fact(step, operation.place, kind);
                    }
                    Err(message) => {
                        let message = format!("{object}: {message}");
                        context.problem(ProblemKind::NoMatch, Some(operation.place), message);
                        context.explain(object.head(), "the object");
                        break;
                    }
                }
            }
            let annotations = object.node.at(&["metadata", "annotations"]);
            let lost = if object.kind().is_empty() {
                Some("leaves the object without a `kind`")
            } else if object.name().is_empty() {
                Some("leaves the object without a `metadata.name`")
            } else {
                let is_list = annotations.is_some_and(Node::is_sequence);
                is_list.then_some("makes a list of the annotations")
            };
            if let Some(lost) = lost {
                context.malformed(content, format!("this patch {lost}"));
                object.node.clone_from(&before);
            }
            // kustomize writes the object as JSON and reads it again.
            object.node.forget_style();
            read_marks(object, content, context);
            object.remove_notes();
            if !object.node.same(&before) {
                changed.push(object.key);
            }
            objects.refresh(*at);
        }
        let tests = operations.iter().all(Operation::is_test);
        let deleted = Vec::new();
        context.fact(step, content, FactKind::Patch { target, matched, changed, deleted, tests });
    }
}

/// Reads what a patch has left of the annotations about how an object was built, and removes them.
fn read_marks(object: &mut Object, patch: Place, context: &mut Context) {
    if !object.take_marks() {
        context.malformed(patch, "this patch writes an origin that kustomize cannot read");
    }
}

/// Strategic-merge patches, each for the object that it names or for what the target selects.
fn merge(
    (form, patch): (Form, &Patch),
    documents: Vec<Node>,
    objects: &mut Objects,
    context: &mut Context,
) {
    if patch.target.is_some() && documents.len() > 1 {
        return context.malformed(patch.place, "a patch with a `target` has one document");
    }
    for mut document in documents {
        let content = document.origin.base;
        if !document.is_mapping() {
            context.malformed(content, format!("a patch is a mapping, not {}", document.kind()));
            continue;
        }
        let id = Id::of(&document);
        let nameless = id.kind.is_empty() || id.name.is_empty();
        if nameless {
            let message = "a merge patch needs a `kind` and a `metadata.name`";
            if patch.target.is_none() || id.kind.is_empty() {
                context.malformed(content, message);
                continue;
            }
        }
        let (target, selected) = if patch.target.is_some() {
            let Some(selected) = select(patch, objects, context) else { continue };
            selected
        } else {
            match objects.any(&id).as_slice() {
                [at] => (Target::Identity, vec![*at]),
                [] => {
                    no_match(&id, content, context);
                    continue;
                }
                _ => {
                    let message = format!("more than one {id} for this patch");
                    context.problem(ProblemKind::Build, Some(content), message);
                    continue;
                }
            }
        };
        // kustomize copies such a patch, and makes texts of these: a null becomes `"null"`.
        for field in ["labels", "annotations"] {
            let is_copied = form == Form::Merge || patch.target.is_some();
            if let Some(metadata) = document.get_mut("metadata").filter(|_| is_copied)
                && let Some(mapping) = metadata.get(field).map(Node::with_texts)
            {
                if mapping.entries().is_empty() {
                    metadata.remove(field);
                    continue;
                }
                if field == "labels" {
                    context.refuse_keys(mapping.entries());
                }
                metadata.set(field, mapping);
            }
        }
        merge_into(patch, &document, target, &selected, objects, context);
    }
}

fn merge_into(
    patch: &Patch,
    document: &Node,
    target: Target,
    selected: &[usize],
    objects: &mut Objects,
    context: &mut Context,
) {
    let content = document.origin.base;
    let step = context.step(StepKind::MergePatch, patch.place, Some(content));
    let (mut matched, mut changed, mut deleted) = (Vec::new(), Vec::new(), Vec::new());
    let mut gone = std::collections::HashSet::new();
    let openapi = context.openapi.clone();
    for at in selected {
        let object = &mut objects.list[*at];
        matched.push(object.key);
        let id = object.id();
        if patch.allow_name_change || patch.allow_kind_change {
            object.remember();
        }
        for (is_allowed, note) in [
            (patch.allow_name_change, "allowNameChange"),
            (patch.allow_kind_change, "allowKindChange"),
        ] {
            object.marks.notes.extend(is_allowed.then_some((note, "enabled")));
        }
        let before = object.node.clone();
        object.write_marks();
        let mut merge = Merge {
            step,
            object: object.key,
            lists: Lists::of(&id, openapi.as_deref()),
            custom: !schema::is_builtin(&id.group) && openapi.is_none(),
            facts: Vec::new(),
            duplicates: &context.duplicate_places,
        };
        // The version and kind of the object count, whatever the patch says.
        let empty = Node::mapping(object.node.origin);
        let mut stripped = document.clone();
        stripped.remove("apiVersion");
        if !patch.allow_kind_change {
            stripped.remove("kind");
        }
        if let Some(metadata) = stripped.get_mut("metadata") {
            if !patch.allow_name_change {
                metadata.remove("name");
            }
            metadata.remove("namespace");
            if metadata.entries().is_empty() {
                stripped.remove("metadata");
            }
        }
        let merged = merge.object(std::mem::replace(&mut object.node, empty), &stripped);
        let facts = merge.facts;
        match merged {
            Ok(Some(node)) => {
                object.node = node;
                read_marks(object, content, context);
                object.drop_empty_namespace();
                if !object.node.same(&before) {
                    changed.push(object.key);
                }
            }
            Ok(None) => {
                deleted.push(object.key);
                gone.insert(object.key);
            }
            Err(Unmerged { kind, message }) => {
                object.node = before;
                context.problem(kind, Some(content), message);
            }
        }
        for (place, kind) in facts {
            context.fact(step, place, kind);
        }
    }
    if !gone.is_empty() {
        objects.retain(|object| !gone.contains(&object.key));
    } else if patch.allow_name_change {
        selected.iter().for_each(|at| objects.refresh(*at));
    }
    let tests = false;
    context.fact(step, content, FactKind::Patch { target, matched, changed, deleted, tests });
}
