//! `vars`: deprecated, and still in old overlays.

use std::collections::HashMap;

use crate::facts::{ProblemKind, StepKind};
use crate::id::{Id, fits};
use crate::object::Object;
use crate::render::{Accumulated, Context};
use crate::tree::{Node, Place, Scalar, StepId, Touch, Value};

/// Puts the values of vars where containers and a few other fields say `$(NAME)`.
pub(crate) fn apply(done: &mut Accumulated, context: &mut Context) {
    let mut values: HashMap<String, (Scalar, StepId, Place)> = HashMap::new();
    for var in &done.vars {
        let step = context.step(StepKind::Var, var.place, None);
        let wanted = &var.object;
        let is = |id: &Id| {
            id.name == wanted.name
                && id.kind == wanted.kind
                && fits(&wanted.group, &id.group)
                && fits(&wanted.version, &id.version)
                && fits(&wanted.namespace, &id.namespace)
        };
        let list = &done.objects.list;
        let found: Vec<&Object> = done
            .objects
            .named(&wanted.name)
            .iter()
            .map(|at| &list[*at])
            .filter(|object| object.ids().any(|id| is(&id)))
            .collect();
        let [object] = found.as_slice() else {
            let message = format!("the object of the var {} is not there, or not alone", var.name);
            context.problem(ProblemKind::NoMatch, Some(var.place), message);
            continue;
        };
        let value = var.path.split('.').try_fold(&object.node, |node, part| {
            let (key, index) = match part.split_once('[') {
                Some((key, rest)) => (key, rest.trim_end_matches(']').parse::<usize>().ok()),
                None => (part, None),
            };
            let child = node.get(key)?;
            match index {
                Some(at) => child.items().get(at),
                None => Some(child),
            }
        });
        let Some(scalar) = value.and_then(Node::scalar) else {
            let message = format!("the var {} finds nothing at {}", var.name, var.path);
            context.problem(ProblemKind::NoMatch, Some(var.place), message);
            continue;
        };
        if values.insert(var.name.clone(), (scalar.clone(), step, var.place)).is_some() {
            let message = format!("the var {} is there twice", var.name);
            context.problem(ProblemKind::Build, Some(var.place), message);
        }
    }
    if values.is_empty() {
        return;
    }
    for object in &mut done.objects.list {
        expand(&mut object.node, &values, &mut Vec::new());
    }
}

/// Keys below which kustomize looks for vars.
const FIELDS: [&str; 8] =
    ["args", "command", "env", "annotations", "rules", "tls", "mountPath", "lifecycle"];

fn expand(
    node: &mut Node,
    values: &HashMap<String, (Scalar, StepId, Place)>,
    path: &mut Vec<String>,
) {
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(|item| expand(item, values, path)),
        Value::Mapping(entries) => {
            for entry in entries {
                path.push(entry.key.clone());
                expand(&mut entry.value, values, path);
                path.pop();
            }
        }
        Value::Scalar(scalar) => {
            // Labels of the object itself, and not of its template.
            let own = matches!(path.as_slice(), [a, b, _] if a == "metadata" && b == "labels");
            // Of a volume only the server is known.
            let server = matches!(path.as_slice(), [.., a, b, c]
                if a == "volumes" && b == "nfs" && c == "server");
            let known = own || server || path.iter().any(|key| FIELDS.contains(&key.as_str()));
            if !known || !scalar.text.contains("$(") && !scalar.text.contains("$$") {
                return;
            }
            if let Some((new, step, place)) = replaced(&scalar.text, values) {
                node.change(new, Touch { step, place });
            }
        }
    }
}

fn replaced(
    text: &str,
    values: &HashMap<String, (Scalar, StepId, Place)>,
) -> Option<(Scalar, StepId, Place)> {
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
        let name = rest.strip_prefix("$(").and_then(|inner| inner.split_once(')'));
        match name.and_then(|(name, after)| values.get(name).map(|value| (value, after))) {
            Some(((scalar, step, place), after)) => {
                if out.is_empty() && after.is_empty() && text.starts_with("$(") {
                    return Some((scalar.clone(), *step, *place));
                }
                out.push_str(&scalar.text);
                last = Some((*step, *place));
                rest = after;
            }
            None => {
                out.push('$');
                rest = &rest[1..];
            }
        }
    }
    let new = out + rest;
    // Of two dollars one is left also where no var is.
    let any = || values.values().map(|(_, step, place)| (*step, *place)).min();
    let (step, place) = last.or_else(|| any().filter(|_| new != text))?;
    Some((Scalar::text(new), step, place))
}
