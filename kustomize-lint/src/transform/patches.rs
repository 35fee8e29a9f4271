//! `patches`, `patchesStrategicMerge` and `patchesJson6902`.

use std::path::{Path, PathBuf};

use super::json_patch::{self, Operation};
use super::merge::{Merge, Unmerged};
use crate::facts::{DuplicateKey, ProblemKind, StepKind, Target, What};
use crate::id::Id;
use crate::kustomization::{Kustomization, Patch, PatchText, Spot};
use crate::objects::Objects;
use crate::render::{Context, Folder};
use crate::schema;
use crate::select::Matcher;
use crate::tree::{self, Dialect, FileId, Node, Place, Text, Value};

/// `patchesStrategicMerge`.
pub(crate) fn strategic(
    folder: &Folder,
    kustomization: &Kustomization,
    objects: &mut Objects,
    context: &mut Context,
) {
    for entry in &kustomization.patches_strategic_merge {
        // A patch in place of a file name has several lines, or braces.
        let inline = entry.value.contains('\n') || entry.value.trim_start().starts_with('{');
        let text =
            if inline { PatchText::Inline(entry.clone()) } else { PatchText::File(entry.clone()) };
        let patch = Patch {
            place: entry.place,
            text,
            target: None,
            allow_name_change: false,
            allow_kind_change: false,
        };
        apply(folder, &patch, objects, context, Form::Merge);
    }
}

/// `patches`.
pub(crate) fn patches(
    folder: &Folder,
    kustomization: &Kustomization,
    objects: &mut Objects,
    context: &mut Context,
) {
    for patch in &kustomization.patches {
        let mut patch = patch.clone();
        if let PatchText::Inline(spot) = &mut patch.text {
            // So does kustomize, here only: the last line of a block loses its end.
            spot.value = spot.value.trim().to_owned();
        }
        apply(folder, &patch, objects, context, Form::Either);
    }
}

/// `patchesJson6902`.
pub(crate) fn json(
    folder: &Folder,
    kustomization: &Kustomization,
    objects: &mut Objects,
    context: &mut Context,
) {
    for patch in &kustomization.patches_json6902 {
        apply(folder, patch, objects, context, Form::Json);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Merge,
    Json,
    Either,
}

fn apply(folder: &Folder, patch: &Patch, objects: &mut Objects, context: &mut Context, form: Form) {
    let Some(documents) = read(folder, patch, context) else { return };
    let is_json = documents.iter().any(Node::is_sequence);
    match form {
        Form::Either if is_json => targeted_json(patch, &documents, objects, context),
        Form::Json => targeted_json(patch, &documents, objects, context),
        _ => merge(patch, documents, objects, context),
    }
}

/// The documents of a patch, wherever it is written.
fn read(folder: &Folder, patch: &Patch, context: &mut Context) -> Option<Vec<Node>> {
    let (path, text, spot): (PathBuf, String, &Spot<String>) = match &patch.text {
        PatchText::File(spot) => {
            let (path, text) = folder.read_text(spot, context)?;
            (path, text, spot)
        }
        PatchText::Inline(spot) => (PathBuf::new(), spot.value.clone(), spot),
    };
    // kustomize takes what begins with a bracket for JSON, which is stricter than YAML.
    if text.trim_start().starts_with('[')
        && let Err(error) = serde_json::from_str::<serde_json::Value>(&text)
    {
        hide_text(patch, &path, &text, context);
        let message = format!("a patch that begins with `[` must be JSON: {error}");
        context.problem(ProblemKind::Malformed, Some(spot.place), message);
        return None;
    }
    let before = context.problems.len();
    let documents = match &patch.text {
        PatchText::File(_) => documents(&path, &text, context),
        PatchText::Inline(_) => inline(&text, spot.place, context),
    };
    let secret = targets_secret(patch);
    documents.iter().for_each(|node| context.files.hide_secrets_for(node, secret));
    if context.problems.len() > before {
        if documents.is_empty() {
            hide_text(patch, &path, &text, context);
        }
        return None;
    }
    let documents: Vec<Node> = documents.into_iter().filter(|node| !node.is_null()).collect();
    if documents.is_empty() {
        context.problem(ProblemKind::Malformed, Some(spot.place), "this patch is empty");
        return None;
    }
    Some(documents)
}

/// Keeps the secrets of patches that stand in a kustomization out of every message, also when the
/// kustomization has a mistake and no patch is applied.
pub(crate) fn hide_inline(kustomization: &Kustomization, context: &mut Context) {
    let lists = [&kustomization.patches, &kustomization.patches_json6902];
    let patches = lists.into_iter().flatten().filter_map(|patch| match &patch.text {
        PatchText::Inline(spot) => Some((spot, targets_secret(patch))),
        PatchText::File(_) => None,
    });
    let merges = kustomization.patches_strategic_merge.iter();
    let merges = merges.filter(|spot| spot.value.contains('\n')).map(|spot| (spot, false));
    for (spot, secret) in patches.chain(merges) {
        match understood(spot.place.file, &spot.value) {
            Ok(read) => {
                let file = &context.files.get(spot.place.file).text;
                let lines = Lines::new(file, spot.place, &spot.value);
                for mut node in read.documents {
                    lines.move_node(&mut node);
                    context.files.hide_secrets_for(&node, secret);
                }
            }
            Err(_) if secret => context.files.hide(spot.place),
            Err(_) => context.files.hide_unreadable(spot.place),
        }
    }
}

/// Whether the target says that the patch is for a Secret.
fn targets_secret(patch: &Patch) -> bool {
    patch.target.as_ref().is_some_and(|target| target.value.kind.eq_ignore_ascii_case("Secret"))
}

/// Keeps what may be secret in a patch that cannot be read out of every message.
fn hide_text(patch: &Patch, path: &Path, text: &str, context: &mut Context) {
    let part = match &patch.text {
        PatchText::File(_) => {
            let file = context.files.add(path, text);
            context.files.whole(file)
        }
        PatchText::Inline(spot) => spot.place,
    };
    if targets_secret(patch) {
        context.files.hide(part);
    } else {
        context.files.hide_unreadable(part);
    }
}

fn documents(path: &Path, text: &str, context: &mut Context) -> Vec<Node> {
    let file = context.files.add(path, text);
    parsed(understood(file, text), context)
}

/// Reads a patch. kustomize gives JSON patches to its other reader.
fn understood(file: FileId, text: &str) -> Result<Text, (Place, String)> {
    let read = tree::read(file, text, Dialect::Object)?;
    if read.documents.iter().any(Node::is_sequence) {
        return tree::read(file, text, Dialect::Kustomization);
    }
    Ok(read)
}

fn parsed(read: Result<Text, (Place, String)>, context: &mut Context) -> Vec<Node> {
    match read {
        Ok(read) => {
            let last = read.documents.iter().any(Node::is_sequence);
            context.files.hide_twice(&read.duplicates);
            let pairs = read.duplicates.into_iter();
            context.duplicate_keys.extend(pairs.map(|(place, earlier)| DuplicateKey {
                place,
                earlier,
                last,
            }));
            // The reader of JSON patches makes text of such keys.
            let odd = if last { Vec::new() } else { read.odd_keys };
            for place in odd {
                let message = "a key must be text; put quotes around it";
                context.problem(ProblemKind::Malformed, Some(place), message);
            }
            read.documents
        }
        Err((place, message)) => {
            context.problem(ProblemKind::Malformed, Some(place), message);
            Vec::new()
        }
    }
}

/// A patch that stands in the kustomization itself: its places are lines of that file.
fn inline(text: &str, place: Place, context: &mut Context) -> Vec<Node> {
    let lines = Lines::new(&context.files.get(place.file).text, place, text);
    let read = understood(place.file, text);
    let mut nodes = match read {
        Ok(mut read) => {
            for (later, earlier) in &mut read.duplicates {
                *later = lines.map(*later);
                *earlier = lines.map(*earlier);
            }
            read.odd_keys.iter_mut().for_each(|key| *key = lines.map(*key));
            parsed(Ok(read), context)
        }
        Err((at, message)) => parsed(Err((lines.map(at), message)), context),
    };
    for node in &mut nodes {
        lines.move_node(node);
    }
    nodes
}

/// Where the lines of a block scalar stand in its file.
struct Lines {
    place: Place,
    /// For each line of the text its first byte there and in the file.
    starts: Vec<(u32, u32)>,
}

impl Lines {
    fn new(file: &str, place: Place, text: &str) -> Self {
        let region = file.get(place.span()).unwrap_or_default();
        let mut starts = Vec::new();
        let (mut in_text, mut in_region) = (0, 0);
        for line in text.split_inclusive('\n') {
            let content = line.trim_end();
            let found = region.get(in_region..).and_then(|rest| rest.find(content));
            let Some(found) = found.filter(|_| !content.is_empty()) else {
                in_text += line.len();
                continue;
            };
            starts.push((in_text as u32, place.start + (in_region + found) as u32));
            in_region += found + content.len();
            in_text += line.len();
        }
        Lines { place, starts }
    }

    fn map(&self, place: Place) -> Place {
        let shift = |byte: u32| {
            let at = self.starts.partition_point(|(start, _)| *start <= byte);
            match at.checked_sub(1).map(|at| self.starts[at]) {
                Some((text, file)) => (file + (byte - text)).min(self.place.end),
                None => self.place.start,
            }
        };
        let file: FileId = self.place.file;
        let start = shift(place.start);
        Place { file, start, end: shift(place.end).max(start) }
    }

    fn move_node(&self, node: &mut Node) {
        node.origin.base = self.map(node.origin.base);
        match &mut node.value {
            Value::Scalar(_) => {}
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.move_node(item)),
            Value::Mapping(entries) => {
                for entry in entries {
                    entry.origin.base = self.map(entry.origin.base);
                    self.move_node(&mut entry.value);
                }
            }
        }
    }
}

/// Which objects a `target` selects.
fn select(patch: &Patch, objects: &Objects, context: &mut Context) -> Option<(Target, Vec<usize>)> {
    let target = patch.target.as_ref()?;
    let kind = if target.value.is_empty() { Target::Everything } else { Target::Selector };
    match Matcher::new(&target.value) {
        Ok(matcher) => Some((kind, matcher.select(objects))),
        Err(message) => {
            context.problem(ProblemKind::Malformed, Some(target.place), message);
            None
        }
    }
}

/// A JSON patch, for everything that its target selects.
fn targeted_json(patch: &Patch, documents: &[Node], objects: &mut Objects, context: &mut Context) {
    if patch.target.is_none() {
        let message = "a JSON patch needs a `target`";
        return context.problem(ProblemKind::Malformed, Some(patch.place), message);
    }
    let Some((target, selected)) = select(patch, objects, context) else { return };
    let secret =
        targets_secret(patch) || selected.iter().any(|at| objects.list[*at].kind() == "Secret");
    hide_values(documents, secret, context);
    operate(patch, documents, target, &selected, objects, context);
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
    let message = format!("no {} {id} for this patch", id.api_version());
    context.problem(ProblemKind::PatchNoMatch, Some(place), message);
}

fn several(id: &Id, place: Place, context: &mut Context) {
    let message = format!("more than one {id} for this patch");
    context.problem(ProblemKind::Build, Some(place), message);
}

fn operate(
    patch: &Patch,
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
                context.problem(ProblemKind::Malformed, Some(place), message);
                continue;
            }
        };
        let (mut matched, mut changed) = (Vec::new(), Vec::new());
        for at in selected {
            let object = &mut objects.list[*at];
            matched.push(object.key);
            let before = object.node.clone();
            object.remember();
            for operation in &operations {
                match json_patch::apply(&mut object.node, operation, step) {
                    Ok(None) => {}
                    Ok(Some(message)) => {
                        let what = What::Lenient { object: object.key, message };
                        context.fact(step, operation.place, what);
                    }
                    Err(message) => {
                        let message = format!("{}: {message}", object.id());
                        context.problem(ProblemKind::NoMatch, Some(operation.place), message);
                        if let Some(problem) = context.problems.last_mut() {
                            problem.also = Some((object.head(), "the object".to_owned()));
                        }
                        break;
                    }
                }
            }
            // kustomize writes the object as JSON and reads it again.
            object.node.forget_style();
            if !object.node.same(&before) {
                changed.push(object.key);
            }
            objects.refresh(*at);
        }
        let tests = operations.iter().all(Operation::is_test);
        let deleted = Vec::new();
        context.fact(step, content, What::Patch { target, matched, changed, deleted, tests });
    }
}

/// Strategic-merge patches, each for the object that it names or for what the target selects.
fn merge(patch: &Patch, documents: Vec<Node>, objects: &mut Objects, context: &mut Context) {
    if patch.target.is_some() && documents.len() > 1 {
        let message = "a patch with a `target` has one document";
        return context.problem(ProblemKind::Malformed, Some(patch.place), message);
    }
    for document in documents {
        let content = document.origin.base;
        if !document.is_mapping() {
            let message = format!("a patch is a mapping, not {}", document.kind());
            context.problem(ProblemKind::Malformed, Some(content), message);
            continue;
        }
        let id = Id::of(&document);
        let nameless = id.kind.is_empty() || id.name.is_empty();
        if nameless {
            let message = "a merge patch needs a `kind` and a `metadata.name`";
            if patch.target.is_none() || id.kind.is_empty() {
                context.problem(ProblemKind::Malformed, Some(content), message);
                continue;
            }
        }
        let (target, selected) = if patch.target.is_some() {
            let Some(selected) = select(patch, objects, context) else { continue };
            selected
        } else {
            match objects.any(&id).as_slice() {
                [] => {
                    no_match(&id, content, context);
                    continue;
                }
                [at] => (Target::Identity, vec![*at]),
                _ => {
                    several(&id, content, context);
                    continue;
                }
            }
        };
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
    let duplicates: Vec<Place> = context.duplicate_keys.iter().map(|key| key.place).collect();
    for at in selected {
        let object = &mut objects.list[*at];
        matched.push(object.key);
        let id = object.id();
        let builtin = schema::is_builtin(&id.group);
        if patch.allow_name_change || patch.allow_kind_change {
            object.remember();
        }
        let before = object.node.clone();
        let mut merge = Merge {
            step,
            object: object.key,
            kind: builtin.then_some(id.kind.as_str()),
            custom: !builtin,
            facts: Vec::new(),
            duplicates: &duplicates,
        };
        // The version and kind of the object count, whatever the patch says.
        let empty = Node::mapping(object.node.origin);
        let mut own = document.clone();
        own.remove("apiVersion");
        if !patch.allow_kind_change {
            own.remove("kind");
        }
        if let Some(metadata) = own.get_mut("metadata") {
            if !patch.allow_name_change {
                metadata.remove("name");
            }
            metadata.remove("namespace");
            if metadata.entries().is_empty() {
                own.remove("metadata");
            }
        }
        match merge.object(std::mem::replace(&mut object.node, empty), &own) {
            Ok(Some(node)) => {
                object.node = node;
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
        for (place, what) in merge.facts {
            context.fact(step, place, what);
        }
    }
    if !gone.is_empty() {
        objects.retain(|object| !gone.contains(&object.key));
    } else if patch.allow_name_change {
        selected.iter().for_each(|at| objects.refresh(*at));
    }
    let tests = false;
    context.fact(step, content, What::Patch { target, matched, changed, deleted, tests });
}
