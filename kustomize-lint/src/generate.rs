//! `configMapGenerator` and `secretGenerator`.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::facts::{Effect, ProblemKind, StepKind};
use crate::id::Id;
use crate::kustomization::{Behavior, Generator, GeneratorOptions, Kustomization, Pairs, Spot};
use crate::load::marks;
use crate::load::{Context, Folder};
use crate::object::Object;
use crate::objects::Objects;
use crate::tree::{Entry, FileId, Index, Node, Origin, Place, Scalar, Touch, Value};

/// Adds what the generators make, or changes what they extend.
pub(crate) fn apply(
    folder: &Folder,
    kustomization: &Kustomization,
    objects: &mut Objects,
    context: &mut Context,
) {
    for generator in kustomization.config_maps.iter().chain(&kustomization.secrets) {
        let kind = if generator.secret { "SecretGenerator" } else { "ConfigMapGenerator" };
        let origin = marks::generated(kind, folder, kustomization, context);
        let global = kustomization.generator_options.as_ref();
        one(folder, generator, global, origin, objects, context);
    }
}

/// Adds what one generator makes, or changes what it extends.
pub(crate) fn one(
    folder: &Folder,
    generator: &Generator,
    global: Option<&GeneratorOptions>,
    origin: Option<String>,
    objects: &mut Objects,
    context: &mut Context,
) {
    let step = context.step(StepKind::Generator, generator.place, None);
    let options = options(generator, global);
    let Some(node) = build(folder, generator, &options, context) else { return };
    let mut object = context.object(node);
    object.generator = Some(step);
    object.needs_hash = !options.disable_name_suffix_hash;
    object.marks.origin = origin;
    let behavior = match generator.behavior {
        Behavior::Create => "create",
        Behavior::Unspecified | Behavior::Replace | Behavior::Merge => "unspecified",
    };
    object.marks.notes.push(("generatorBehavior", behavior));
    absorb(object, generator, objects, context);
}

/// The entry's own options, with the kustomization's where they say nothing.
fn options(generator: &Generator, global: Option<&GeneratorOptions>) -> GeneratorOptions {
    let mut options = generator.options.clone().unwrap_or_default();
    if let Some(global) = global {
        let fill = |pairs: &mut Pairs, global: &Pairs| {
            for (key, value) in global {
                if !pairs.iter().any(|(known, _)| known == key) {
                    pairs.push((key.clone(), value.clone()));
                }
            }
        };
        fill(&mut options.labels, &global.labels);
        fill(&mut options.annotations, &global.annotations);
        options.disable_name_suffix_hash |= global.disable_name_suffix_hash;
        options.immutable |= global.immutable;
    }
    options
}

fn build(
    folder: &Folder,
    generator: &Generator,
    options: &GeneratorOptions,
    context: &mut Context,
) -> Option<Node> {
    let place = generator.place;
    if generator.name.is_empty() {
        context.malformed(place, "a generator needs a `name`");
        return None;
    }
    if generator.secret {
        generator.literals.iter().for_each(|literal| context.files.hide(literal.place));
    }
    let mut data = Data { entries: Vec::new(), seen: HashSet::new() };
    for env in &generator.envs {
        let (path, text) = folder.read_text(env, context)?;
        let file = context.files.add(&path, &text);
        if generator.secret {
            context.files.hide(Place::new(file, &(0..text.len())));
        } else {
            context.files.hide_unreadable(context.files.whole(file));
        }
        env_file(file, &text, &mut data, context)?;
    }
    for literal in &generator.literals {
        let Some((key, value)) = literal.value.split_once('=').filter(|(key, _)| !key.is_empty())
        else {
            context.malformed(literal.place, "a literal is written `key=value`");
            return None;
        };
        data.add(key, unquoted(value).as_bytes(), literal.place, context)?;
    }
    for file in &generator.files {
        let (key, path) = file_source(file, context)?;
        let (shown, bytes) = folder.read(&Spot { value: path, place: file.place }, context)?;
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        let added = context.files.add(&shown, text);
        if generator.secret {
            context.files.hide(context.files.whole(added));
        }
        data.add(&key, &bytes, file.place, context)?;
    }
    let origin = Origin::new(place);
    let text = |text: &str| Node::text(text, origin);
    let mut node = Node::mapping(origin);
    node.set("apiVersion", text("v1"));
    node.set("kind", text(if generator.secret { "Secret" } else { "ConfigMap" }));
    let mut metadata = Node::mapping(origin);
    metadata.set("name", text(&generator.name));
    if let Some(namespace) = &generator.namespace {
        metadata.set("namespace", text(namespace));
    }
    for (key, pairs) in [("labels", &options.labels), ("annotations", &options.annotations)] {
        if !pairs.is_empty() {
            let mut mapping = Node::mapping(origin);
            for (key, value) in pairs {
                mapping.set(key, Node::text(&value.value, Origin::new(value.place)));
            }
            metadata.set(key, mapping);
        }
    }
    node.set("metadata", metadata);
    if generator.secret {
        node.set("type", text(generator.kind.as_deref().unwrap_or("Opaque")));
    }
    data.write(&mut node, generator.secret, origin);
    if options.immutable {
        let scalar = Scalar::truth(true);
        node.set("immutable", Node { origin, value: Value::Scalar(scalar) });
    }
    Some(node)
}

/// The keys of an object that is generated.
struct Data {
    entries: Vec<(String, Vec<u8>, Place)>,
    seen: HashSet<String>,
}

impl Data {
    fn add(&mut self, key: &str, value: &[u8], place: Place, context: &mut Context) -> Option<()> {
        if !self.seen.insert(key.to_owned()) {
            let message = format!("the key `{key}` already exists");
            context.problem(ProblemKind::Build, Some(place), message);
            return None;
        }
        self.entries.push((key.to_owned(), value.to_owned(), place));
        Some(())
    }

    fn write(self, node: &mut Node, secret: bool, origin: Origin) {
        let (mut data, mut binary) = (Vec::new(), Vec::new());
        for (key, value, place) in self.entries {
            let entry_origin = Origin::new(place);
            let text = std::str::from_utf8(&value).ok().filter(|_| !secret);
            let list = if text.is_some() || secret { &mut data } else { &mut binary };
            let text = text.map_or_else(|| encoded(&value), str::to_owned);
            list.push(Entry::new(key, entry_origin, Node::text(text, entry_origin)));
        }
        for (key, entries) in [("data", data), ("binaryData", binary)] {
            let mapping = Node { origin, value: Value::Mapping(entries) };
            if !mapping.entries().is_empty() || secret && key == "data" {
                node.set(key, mapping);
            }
        }
    }
}

/// Base64 in lines of 70 letters, as kustomize writes what is longer than one line.
fn encoded(value: &[u8]) -> String {
    const LINE: usize = 70;
    let text = STANDARD.encode(value);
    if text.len() < LINE {
        return text;
    }
    let mut lines = String::with_capacity(text.len() + text.len() / LINE + 1);
    for line in text.as_bytes().chunks(LINE) {
        lines.extend(line.iter().map(|byte| char::from(*byte)));
        lines.push('\n');
    }
    lines
}

fn env_file(file: FileId, text: &str, data: &mut Data, context: &mut Context) -> Option<()> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let place = Place::new(file, &(start..start + line.trim_end().len()));
        start += line.len();
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let line = line.trim_start_matches('\u{feff}').trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = match line.split_once('=') {
            Some(pair) => pair,
            None => {
                // kustomize takes the value from its own environment, where it is rarely set.
                context.not_analysed(place, "a value that the environment gives", Effect::Value);
                (line, "")
            }
        };
        // kustomize passes over a line without a name.
        if !key.is_empty() {
            data.add(key, value.as_bytes(), place, context)?;
        }
    }
    Some(())
}

/// `file`, or `key=file`.
fn file_source(source: &Spot<String>, context: &mut Context) -> Option<(String, String)> {
    let text = &source.value;
    let parts: Vec<&str> = text.split('=').collect();
    match parts.as_slice() {
        [path] if !path.is_empty() => {
            let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
            Some((name.unwrap_or_else(|| (*path).to_owned()), (*path).to_owned()))
        }
        [key, path] if !key.is_empty() && !path.is_empty() => {
            Some(((*key).to_owned(), (*path).to_owned()))
        }
        _ => {
            context.malformed(source.place, "a file is written `path` or `key=path`");
            None
        }
    }
}

fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner;
        }
    }
    text
}

/// Adds the object, or replaces the object that it extends.
fn absorb(mut object: Object, generator: &Generator, objects: &mut Objects, context: &mut Context) {
    let refuse_keys = |object: &Object, context: &mut Context| {
        for path in [&["data"][..], &["binaryData"], &["metadata", "labels"]] {
            context.refuse_keys(object.node.entries_at(path));
        }
    };
    let id: Id = object.id();
    let place = generator.place;
    let matches = objects.any(&id);
    match (matches.as_slice(), generator.behavior) {
        ([], Behavior::Create | Behavior::Unspecified) => {
            refuse_keys(&object, context);
            crate::load::add(objects, object, context);
        }
        ([], _) => {
            let message = format!("{id} does not exist; a generator cannot merge or replace it");
            context.absent(ProblemKind::NoMatch, place, message);
        }
        ([_], Behavior::Create | Behavior::Unspecified) => {
            let message = format!("{id} already exists; `behavior` must be merge or replace");
            context.problem(ProblemKind::Build, Some(place), message);
        }
        ([at], behavior) => {
            let old = &objects.list[*at];
            inherit(&mut object, old, behavior == Behavior::Merge);
            refuse_keys(&object, context);
            // The handle stays: it is the same object, with other content.
            object.key = old.key;
            objects.list[*at] = object;
            objects.refresh(*at);
        }
        _ => {
            let message = format!("{id} exists more than once");
            context.problem(ProblemKind::Build, Some(place), message);
        }
    }
}

/// Properties that a replaced or merged object takes over from the old one.
fn inherit(object: &mut Object, old: &Object, merge: bool) {
    for field in ["labels", "annotations"] {
        let Some(inherited) = old.node.at(&["metadata", field]) else { continue };
        let existing = object.node.at(&["metadata", field]).cloned();
        let mut mapping = inherited.with_texts();
        for entry in existing.iter().flat_map(Node::entries) {
            mapping.set(&entry.key, entry.value.clone());
        }
        if let Some(metadata) = object.node.get_mut("metadata") {
            metadata.set(field, mapping);
        }
    }
    if let Some(metadata) = object.node.get_mut("metadata") {
        for field in ["name", "namespace"] {
            match old.node.at(&["metadata", field]) {
                Some(value) => metadata.set(field, value.clone()),
                None => {
                    metadata.remove(field);
                }
            }
        }
    }
    object.drop_empty_namespace();
    if merge {
        for field in ["data", "binaryData"] {
            let Some(mut inherited) = old.node.get(field).cloned() else { continue };
            // Unlike a null of labels, one of the data becomes an empty text.
            for entry in inherited.entries_mut().into_iter().flatten() {
                if entry.value.is_null() {
                    entry.value = Node::text("", entry.value.origin);
                }
            }
            let inherited = inherited.with_texts();
            let mut merged = inherited.entries().to_vec();
            let index = Index::of(inherited.entries());
            for entry in object.node.entries_at(&[field]) {
                match index.find(inherited.entries(), &entry.key) {
                    None => merged.push(entry.clone()),
                    Some(at) => {
                        let place = entry.value.origin.base;
                        let slot = &mut merged[at].value;
                        slot.value = entry.value.value.clone();
                        slot.origin.last = object.generator.map(|step| Touch { step, place });
                    }
                }
            }
            let mapping = Node { origin: inherited.origin, value: Value::Mapping(merged) };
            object.node.set(field, mapping);
        }
    }
    marks::inherit(object, old, merge);
    object.previous.clone_from(&old.previous);
    object.prefixes.clone_from(&old.prefixes);
    object.suffixes.clone_from(&old.suffixes);
    object.original = Arc::clone(&old.original);
    // A hash is added only if both objects want one; a resource never asks.
    object.needs_hash &= old.needs_hash;
}
