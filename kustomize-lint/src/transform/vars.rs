//! `vars`: deprecated, and still in old overlays.

use std::collections::HashMap;

use crate::facts::{ProblemKind, StepKind};
use crate::id::Id;
use crate::kustomization::Var;
use crate::load::{Accumulated, Bound, Context};
use crate::object::Object;
use crate::objects::Objects;
use crate::tree::{FieldSpec, Kind, Node, Place, Scalar, StepId, Touch, Value, Walk};

/// Looks up the objects of a kustomization's vars. It is done at once, because bases may have objects of
/// equal names that later steps tell apart.
pub(crate) fn bind(vars: &[Var], objects: &Objects, context: &mut Context) -> Vec<Bound> {
    vars.iter()
        .map(|var| {
            let wanted = &var.object;
            let is = |id: &Id| {
                id.name == wanted.name
                    && id.kind == wanted.kind
                    && id.group == wanted.group
                    && id.version == wanted.version
                    && (wanted.namespace.is_empty() || id.namespace == wanted.namespace)
            };
            let list = &objects.list;
            let mut found: Vec<&Object> = objects
                .named(&wanted.name)
                .iter()
                .map(|at| &list[*at])
                .filter(|object| object.ids().any(|id| is(&id)))
                .collect();
            if found.len() > 1 {
                let message = format!("more than one object is the one of the var {}", var.name);
                context.problem(ProblemKind::NoMatch, Some(var.place), message);
            }
            Bound { var: var.clone(), object: found.pop().map(|object| object.key) }
        })
        .collect()
}

/// The value of each `$(NAME)`, and its source.
type Values = HashMap<String, (Scalar, StepId, Place)>;

/// Puts the values of vars where the configuration says that `$(NAME)` counts.
pub(crate) fn apply(done: &mut Accumulated, context: &mut Context) {
    let values = values(done, context);
    if values.is_empty() {
        return;
    }
    let config = done.config();
    let fields = &config.vars;
    for object in &mut done.objects.list {
        let id = object.id();
        for field in fields.iter().filter(|field| field.selects(&id)) {
            expand(&mut object.node, field, &values, context);
        }
    }
}

fn values(done: &Accumulated, context: &mut Context) -> Values {
    let mut values = Values::new();
    for Bound { var, object } in &done.vars {
        let step = context.step(StepKind::Var, var.place, None);
        let list = &done.objects.list;
        let found = object.and_then(|key| list.iter().find(|object| object.key == key));
        let Some(object) = found else {
            let message = format!("the object of the var {} does not exist", var.name);
            context.absent(ProblemKind::NoMatch, var.place, message);
            continue;
        };
        let Some(scalar) = look_up(&object.node, &var.path).and_then(Node::scalar) else {
            let message = format!("the var {} finds nothing at {}", var.name, var.path);
            context.problem(ProblemKind::NoMatch, Some(var.place), message);
            continue;
        };
        if values.insert(var.name.clone(), (scalar.clone(), step, var.place)).is_some() {
            let message = format!("the var {} is defined twice", var.name);
            context.problem(ProblemKind::Build, Some(var.place), message);
        }
    }
    values
}

/// The value at `a.b[0].c`.
fn look_up<'a>(node: &'a Node, path: &str) -> Option<&'a Node> {
    super::replacements::split(path).iter().try_fold(node, |node, part| {
        let (key, index) = match part.split_once('[') {
            Some((key, rest)) => (key, rest.trim_end_matches(']').parse::<usize>().ok()),
            None => (part.as_str(), None),
        };
        let child = if key.is_empty() { Some(node) } else { node.get(key) }?;
        match index {
            Some(at) => child.items().get(at),
            None => match key.parse::<usize>() {
                Ok(at) if node.is_sequence() => node.items().get(at),
                _ => Some(child),
            },
        }
    })
}

fn expand(root: &mut Node, field: &FieldSpec, values: &Values, context: &mut Context) {
    let mut wrong = None;
    let blocked = Walk::mappings(root, &field.path, None, &mut |node| match &mut node.value {
        Value::Scalar(_) => put(node, values),
        Value::Mapping(entries) => {
            entries.iter_mut().for_each(|entry| entry.edit(|value| put(value, values)))
        }
        Value::Sequence(items) => {
            for item in items {
                match item.scalar() {
                    Some(scalar) if scalar.kind == Kind::Text => put(item, values),
                    _ => wrong = wrong.or(Some(item.place())),
                }
            }
        }
    });
    context.blocked(&field.path, blocked);
    if let Some(place) = wrong {
        context.malformed(place, "vars are looked for here, so every item must be text");
    }
}

fn put(node: &mut Node, values: &Values) {
    let Some(scalar) = node.scalar().filter(|scalar| scalar.kind == Kind::Text) else { return };
    if let Some((new, step, place)) = replaced(&scalar.text, values) {
        node.change(new, Touch { step, place });
    }
}

fn replaced(text: &str, values: &Values) -> Option<(Scalar, StepId, Place)> {
    let mut out = String::new();
    let mut rest = text;
    let mut last = None;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("$$") {
            out.push('$');
            rest = after;
            continue;
        }
        let Some((name, after)) = rest.strip_prefix("$(").and_then(|inner| inner.split_once(')'))
        else {
            out.push('$');
            rest = &rest[1..];
            continue;
        };
        let Some((scalar, step, place)) = values.get(name) else {
            out.push_str(&rest[..rest.len() - after.len()]);
            rest = after;
            continue;
        };
        if out.is_empty() && after.is_empty() && text.starts_with("$(") {
            return Some((scalar.clone(), *step, *place));
        }
        out.push_str(&scalar.text);
        last = Some((*step, *place));
        rest = after;
    }
    let new = out + rest;
    // Of two dollars one is left also where no var is.
    let any = || values.values().map(|(_, step, place)| (*step, *place)).min();
    let (step, place) = last.or_else(|| any().filter(|_| new != text))?;
    Some((Scalar::text(new), step, place))
}
