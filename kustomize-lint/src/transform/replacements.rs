//! `replacements`.

use crate::facts::{FactKind, ProblemKind, StepKind};
use crate::id::{Id, fits};
use crate::kustomization::{
    FieldOptions, Replacement, ReplacementSource, ReplacementTarget, Selector, Spot,
    replacement_file,
};
use crate::load::{Context, Folder};
use crate::object::Object;
use crate::objects::Objects;
use crate::select::Matcher;
use crate::tree::{self, Dialect, Kind, Node, Origin, Scalar, Touch, Value, stays_a_key};

pub(crate) fn apply(
    folder: &Folder,
    replacements: &[Spot<Result<Replacement, String>>],
    objects: &mut Objects,
    context: &mut Context,
) {
    for entry in replacements {
        match &entry.value {
            Ok(replacement) => one(replacement, objects, context),
            Err(path) => {
                let path = Spot { value: path.clone(), place: entry.place };
                for replacement in load(folder, &path, context) {
                    one(&replacement, objects, context);
                }
            }
        }
    }
}

fn load(folder: &Folder, path: &Spot<String>, context: &mut Context) -> Vec<Replacement> {
    let Some((shown, text)) = folder.read_text(path, context) else { return Vec::new() };
    let file = context.files.add(&shown, &text);
    let mut wrong = Vec::new();
    let mut read = Vec::new();
    match tree::read(file, &text, Dialect::Kustomization) {
        Ok(text) => {
            context.twice(text.duplicates, true);
            for node in &text.documents {
                context.files.hide_secrets(node);
                read.extend(replacement_file(node, &mut wrong));
            }
        }
        Err(failed) => {
            context.files.hide_unreadable(context.files.whole(file));
            wrong.push(failed);
        }
    }
    for (place, message) in wrong {
        context.malformed(place, message);
    }
    read
}

fn one(replacement: &Replacement, objects: &mut Objects, context: &mut Context) {
    let place = replacement.place;
    let step = context.step(StepKind::Replacement, place, None);
    let Some(source) = &replacement.source else {
        return context.malformed(place, "a replacement needs a `source`");
    };
    let value = match value(source, objects) {
        Ok(value) => value,
        Err(message) => return context.absent(ProblemKind::NoMatch, source.place, message),
    };
    if replacement.targets.is_empty() {
        return context.malformed(place, "a replacement needs `targets`");
    }
    let touch = Touch { step, place: value.place() };
    for target in &replacement.targets {
        write(target, &value, touch, objects, context);
    }
}

fn value(source: &ReplacementSource, objects: &Objects) -> Result<Node, String> {
    let selector = &source.selector;
    let found: Vec<&Object> =
        objects.list.iter().filter(|object| object.ids().any(|id| exact(selector, &id))).collect();
    let object = match found.as_slice() {
        [object] => *object,
        [] => return Err("the source of this replacement does not exist".to_owned()),
        _ => return Err("more than one object is the source of this replacement".to_owned()),
    };
    let path = if source.path.is_empty() { "metadata.name" } else { &source.path };
    let parts = split(path);
    if parts.iter().any(|part| part == "*") {
        return Err(format!("the `*` in {path} means many values, and a source is one"));
    }
    let mut object = object.clone();
    object.write_notes();
    let mut node = object.node.clone();
    let mut found = None;
    visit(&mut node, &parts, None, &mut |node| {
        found.get_or_insert_with(|| node.clone());
        Ok(())
    })?;
    let Some(mut node) = found.filter(|node| !node.is_null()) else {
        return Err(format!("{object} has no {path}"));
    };
    if !source.options.delimiter.is_empty() {
        let Some(scalar) = node.scalar() else {
            return Err(format!("{path} of {object} is not text, so it has no parts"));
        };
        let parts: Vec<&str> = scalar.written().split(&source.options.delimiter).collect();
        let at = usize::try_from(source.options.index).ok();
        let Some(part) = at.and_then(|at| parts.get(at)) else {
            return Err(format!("{path} of {object} has no part {}", source.options.index));
        };
        node.value = Value::Scalar(Scalar::text(*part));
    }
    Ok(node)
}

/// Whether a selector names exactly this identity: its fields are texts here, not patterns.
fn exact(selector: &Selector, id: &Id) -> bool {
    fits(&selector.group, &id.group)
        && fits(&selector.version, &id.version)
        && fits(&selector.kind, &id.kind)
        && fits(&selector.name, &id.name)
        && fits(&selector.namespace, id.effective_namespace())
}

fn write(
    target: &ReplacementTarget,
    value: &Node,
    touch: Touch,
    objects: &mut Objects,
    context: &mut Context,
) {
    let Some(select) = &target.select else {
        return context.malformed(target.place, "a target needs `select`");
    };
    // Names are texts here and not patterns; only the label selectors are as elsewhere.
    let understood = |selector: &Selector| {
        let Selector { labels, annotations, .. } = selector.clone();
        let rest = Matcher::new(&Selector { labels, annotations, ..Selector::default() })?;
        Ok::<_, String>((selector.clone(), rest))
    };
    let read = understood(&select.value).and_then(|select| {
        let rejects = target.reject.iter().map(understood).collect::<Result<Vec<_>, _>>()?;
        Ok((select, rejects))
    });
    let (select, rejects) = match read {
        Ok(read) => read,
        Err(message) => {
            return context.malformed(target.place, message);
        }
    };
    let chosen = |(selector, rest): &(Selector, Matcher), object: &Object| {
        object.ids().any(|id| exact(selector, &id)) && rest.matches(object)
    };
    let place = target.place;
    let default = [Spot { value: "metadata.name".to_owned(), place }];
    let paths = if target.paths.is_empty() { &default[..] } else { &target.paths };
    let (mut matched, mut renamed) = (Vec::new(), Vec::new());
    for (at, object) in objects.list.iter_mut().enumerate() {
        if !chosen(&select, object) || rejects.iter().any(|reject| chosen(reject, object)) {
            continue;
        }
        matched.push(object.key);
        let previous = object.id();
        object.write_marks();
        for path in paths {
            let parts = split(&path.value);
            let texts = matches!(
                parts.as_slice(),
                [metadata, pairs, _] if metadata == "metadata" && pairs == "annotations"
            );
            let mut any = false;
            let create = target.options.create.then_some(touch);
            let done = visit(&mut object.node, &parts, create, &mut |node| {
                any = true;
                put(node, value, &target.options, touch)?;
                // kustomize writes annotations once more at the end, as text; labels keep their type.
                if let (true, Some(scalar)) = (texts, node.scalar()) {
                    node.value = Value::Scalar(Scalar::text(&scalar.text));
                }
                Ok(())
            });
            let wrong = match done {
                Err(message) => Some(message),
                Ok(()) if !any => Some(format!("{object} has no {}", path.value)),
                Ok(()) => None,
            };
            if let Some(message) = wrong {
                context.problem(ProblemKind::NoMatch, Some(path.place), message);
            }
        }
        if !object.take_marks() {
            context
                .malformed(place, "this replacement writes an origin that kustomize cannot read");
        }
        if object.name().is_empty() && !previous.name.is_empty() {
            context
                .malformed(place, "this replacement leaves the object without a `metadata.name`");
        }
        if object.name() != previous.name {
            object.push_previous(previous);
            renamed.push(at);
        }
    }
    renamed.into_iter().for_each(|at| objects.refresh(at));
    context.fact(touch.step, place, FactKind::ReplacementTarget { matched });
}

/// Sets a field, or the part of it that the options mean.
fn put(node: &mut Node, value: &Node, options: &FieldOptions, touch: Touch) -> Result<(), String> {
    let made = node.is_null() && node.origin == Origin::added(touch);
    if options.delimiter.is_empty() {
        let base = node.origin.base;
        let text = value.scalar().map_or("", Scalar::written);
        let old = node.scalar().cloned();
        let new = match (old.as_ref().map(|old| old.kind), &value.value) {
            // A new scalar takes the type that the text has: "12" from a ConfigMap is a number.
            (Some(_), Value::Scalar(_)) if made => Scalar::plain(text),
            (None, Value::Mapping(_) | Value::Sequence(_)) => {
                node.value = value.value.clone();
                node.origin = Origin { base, last: Some(touch) };
                return Ok(());
            }
            (Some(_), Value::Mapping(_) | Value::Sequence(_)) if made => {
                node.value = value.value.clone();
                return Ok(());
            }
            // A scalar takes no more than text, and of a mapping or a list there is none.
            _ => typed(node, text)?,
        };
        node.value = Value::Scalar(match old.filter(|_| !made) {
            Some(old) => new.quoted_like(&old),
            None => new,
        });
        node.origin = Origin { base, last: Some(touch) };
        return Ok(());
    }
    let (Some(old), Some(new)) = (node.scalar(), value.scalar()) else {
        return Err("only text has parts".to_owned());
    };
    let text = if made { "" } else { &old.text };
    let mut parts: Vec<String> = text.split(&options.delimiter).map(str::to_owned).collect();
    match usize::try_from(options.index) {
        Err(_) => parts.insert(0, new.text.clone()),
        Ok(at) if at >= parts.len() => parts.push(new.text.clone()),
        Ok(at) => parts[at].clone_from(&new.text),
    }
    let joined = parts.join(&options.delimiter);
    let new = if made { Scalar::plain(&joined) } else { typed(node, &joined)? };
    node.change(new, touch);
    Ok(())
}

/// A text as a scalar of the type that a field has: text goes on to be text.
fn typed(field: &Node, text: &str) -> Result<Scalar, String> {
    let Some(kind) = field.scalar().map(|old| old.kind).filter(|kind| *kind != Kind::Text) else {
        return Ok(Scalar::text(text));
    };
    let new = Scalar::plain(text);
    if kind != new.kind && (kind, new.kind) != (Kind::Float, Kind::Int) {
        // Not the value itself, which may be a secret.
        let is = Node { origin: field.origin, value: Value::Scalar(new) };
        return Err(format!("{} cannot replace {}", is.kind(), field.kind()));
    }
    Ok(new)
}

/// The parts of a path. Dots do not count behind a backslash or in brackets, and brackets around dots
/// without `=` are only there to hold them.
pub(super) fn split(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = path.chars().peekable();
    let mut bracket = false;
    while let Some(letter) = letters.next() {
        let last = parts.last_mut().expect("never empty");
        match letter {
            '\\' if letters.peek() == Some(&'.') => last.extend(letters.next()),
            '.' if !bracket => parts.push(String::new()),
            '[' | ']' => {
                bracket = letter == '[';
                last.push(letter);
            }
            _ => last.push(letter),
        }
    }
    // A dot before everything is no key.
    if parts.len() > 1 && parts[0].is_empty() {
        parts.remove(0);
    }
    for part in &mut parts {
        let key = part.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(key) = key.filter(|key| key.contains('.') && !key.contains('=')) {
            *part = key.to_owned();
        }
    }
    parts
}

type Visit<'a> = &'a mut dyn FnMut(&mut Node) -> Result<(), String>;

/// Calls `visit` with what a path leads to: keys, `*`, indexes, and `[name=value]`.
fn visit(
    node: &mut Node,
    parts: &[String],
    create: Option<Touch>,
    act: Visit<'_>,
) -> Result<(), String> {
    let Some((part, rest)) = parts.split_first() else { return act(node) };
    if node.is_mapping() && (part == "*" && create.is_some() || part.parse::<i64>().is_ok()) {
        return Err(format!("`{part}` means items of a list, and this is a mapping"));
    }
    if part == "*" {
        return match &mut node.value {
            Value::Sequence(items) => {
                items.iter_mut().try_for_each(|item| visit(item, rest, create, act))
            }
            Value::Mapping(entries) => {
                entries.iter_mut().try_for_each(|entry| visit(&mut entry.value, rest, create, act))
            }
            Value::Scalar(_) => Ok(()),
        };
    }
    if let Some(condition) = part.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let Some((key, wanted)) = condition.split_once('=') else {
            return Err(format!("`{part}` is not a condition `[key=value]`"));
        };
        let Some(items) = node.items_mut() else { return Ok(()) };
        let fits = |item: &Node| match key {
            "" => item.scalar().is_some_and(|s| s.text == wanted),
            key => item.get(key).and_then(Node::scalar).is_some_and(|s| s.text == wanted),
        };
        if let (Some(touch), false) = (create, items.iter().any(fits)) {
            let mut item = Node::mapping(Origin::added(touch));
            item.set(key, Node::text(wanted, Origin::added(touch)));
            items.push(item);
        }
        return items
            .iter_mut()
            .filter(|item| fits(item))
            .try_for_each(|item| visit(item, rest, create, act));
    }
    match &mut node.value {
        Value::Sequence(items) => {
            let Ok(at) = part.parse::<usize>() else {
                return Err(format!("`{part}` is not an index of a list"));
            };
            if let (Some(touch), true) = (create, at == items.len()) {
                items.push(made(rest, touch));
            }
            match items.get_mut(at) {
                Some(item) => visit(item, rest, create, act),
                None => Err(format!("the list has no item {at}, as it has {}", items.len())),
            }
        }
        Value::Mapping(_) => {
            // At the end of the path `null` is a value, too.
            let missing = node.get(part).is_none_or(|child| child.is_null() && !rest.is_empty());
            if let (Some(touch), true) = (create, missing) {
                if !stays_a_key(part) {
                    return Err(format!(
                        "kustomize writes the key `{part}` without quotes, so it is no text"
                    ));
                }
                node.set(part, made(rest, touch));
            }
            match node.get_mut(part) {
                Some(child) => visit(child, rest, create, act),
                None => Ok(()),
            }
        }
        Value::Scalar(_) => Ok(()),
    }
}

/// The node that is made where the rest of a path begins.
fn made(rest: &[String], touch: Touch) -> Node {
    let value = match rest.first() {
        None => Value::Scalar(Scalar::null()),
        Some(next) if next.starts_with('[') || next.parse::<usize>().is_ok() => {
            Value::Sequence(Vec::new())
        }
        Some(_) => Value::Mapping(Vec::new()),
    };
    Node { origin: Origin::added(touch), value }
}
