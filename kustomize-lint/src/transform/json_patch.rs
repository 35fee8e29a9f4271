//! JSON 6902 patches. Source: RFC 6902 and RFC 6901, and kustomize's leniencies.

use crate::tree::{self, Node, Origin, Place, StepId, Touch, Value};

/// Copies of copies would fill the memory otherwise.
const MAX_COPIED: usize = 100_000;

#[derive(Clone, Debug)]
pub(crate) struct Operation {
    kind: Kind,
    path: String,
    from: String,
    value: Option<Node>,
    /// The operation in its file.
    pub(crate) place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Add,
    Remove,
    Replace,
    Move,
    Copy,
    Test,
}

impl Operation {
    /// Whether it only looks.
    pub(crate) fn is_test(&self) -> bool {
        self.kind == Kind::Test
    }
}

/// Reads a list of operations.
///
/// # Errors
/// What is not an operation, and where.
pub(crate) fn read(node: &Node) -> Result<Vec<Operation>, (Place, String)> {
    let one = |item: &Node| {
        let place = item.origin.base;
        let text = |key: &str| item.get(key).and_then(Node::as_str).map(str::to_owned);
        let kind = match text("op").as_deref() {
            Some("add") => Kind::Add,
            Some("remove") => Kind::Remove,
            Some("replace") => Kind::Replace,
            Some("move") => Kind::Move,
            Some("copy") => Kind::Copy,
            Some("test") => Kind::Test,
            _ => {
                let message = "`op` is add, remove, replace, move, copy or test";
                return Err((place, message.to_owned()));
            }
        };
        let Some(path) = text("path") else {
            return Err((place, "an operation needs a `path`".to_owned()));
        };
        let from = text("from");
        if from.is_none() && matches!(kind, Kind::Move | Kind::Copy) {
            return Err((place, "this operation needs `from`".to_owned()));
        }
        Ok(Operation {
            kind,
            path,
            from: from.unwrap_or_default(),
            value: item.get("value").cloned().map(rounded),
            place,
        })
    };
    if node.items().is_empty() {
        return Err((node.origin.base, "this patch has no operations".to_owned()));
    }
    node.items().iter().map(one).collect()
}

/// The value as JSON readers have it whose numbers are floats: of a large integer the first digits.
fn rounded(mut node: Node) -> Node {
    node.each_scalar_mut(&mut |scalar| {
        if scalar.kind == tree::Kind::Int
            && let Ok(number) = scalar.text.parse::<f64>()
        {
            scalar.text = number.to_string();
        }
    });
    node
}

/// Applies one operation. Its messages are cases that upstream's JSON patch library passes over in silence: a
/// `replace` that creates a key, a `null` where a value is missing.
///
/// # Errors
/// The path leads to nothing, or a test fails.
pub(crate) fn apply(
    root: &mut Node,
    operation: &Operation,
    step: StepId,
) -> Result<Option<String>, String> {
    let path = &operation.path;
    let touch = Touch { step, place: operation.place };
    let value = || match &operation.value {
        Some(value) => value.clone().touched(step),
        None => Node::null(Origin::added(touch)),
    };
    let valueless =
        matches!(operation.kind, Kind::Add | Kind::Replace) && operation.value.is_none();
    let mut said = valueless.then(|| format!("there is no value for {path}, and null is written"));
    match operation.kind {
        Kind::Add => add(root, path, value())?,
        Kind::Remove => drop(remove(root, path, touch)?),
        Kind::Replace => {
            if path.is_empty() {
                *root = value();
                return Ok(None);
            }
            let slot = match find(root, path) {
                Ok(slot) => slot,
                Err(message) => {
                    let (node, last) = parent(root, path)?;
                    if !node.is_mapping() {
                        return Err(message);
                    }
                    let mut message = format!("there is no {path} to replace");
                    let known = node.entries().iter().map(|entry| entry.key.as_str());
                    if let Some(near) = common::diagnostic::nearest(&last, known) {
                        message = format!("{message}; did you mean `{near}`?");
                    }
                    node.set(&last, value());
                    return Ok(Some(format!("{message}; it is created")));
                }
            };
            let base = slot.origin.base;
            *slot = value();
            slot.origin.base = base;
        }
        Kind::Move => {
            let mut moved = remove(root, &operation.from, touch)?;
            moved.origin.last = Some(touch);
            add(root, path, moved)?;
        }
        Kind::Copy if operation.from.is_empty() => {
            return Err("the whole object cannot be copied into itself".to_owned());
        }
        Kind::Copy => {
            let mut copied = match find(root, &operation.from) {
                Ok(found) => found.clone(),
                Err(message) => {
                    let (node, _) = parent(root, &operation.from)?;
                    if !node.is_mapping() {
                        return Err(message);
                    }
                    said = Some(format!("{message}, and null is copied"));
                    Node::null(Origin::added(touch))
                }
            };
            let mut values = 0;
            copied.each_scalar(&mut |_, _| values += 1);
            if values > MAX_COPIED {
                return Err(format!(
                    "{} has more than {MAX_COPIED} values to copy",
                    operation.from
                ));
            }
            copied.origin.last = Some(touch);
            add(root, path, copied)?;
        }
        Kind::Test => {
            let null = operation.value.as_ref().is_none_or(Node::is_null);
            match find(root, path) {
                Ok(found) if null && found.is_null() => {}
                Ok(found) if operation.value.as_ref().is_some_and(|v| v.same(found)) => {}
                Err(_) if null => {}
                _ => return Err(format!("the test of {path} fails")),
            }
        }
    }
    Ok(said)
}

/// The keys of a pointer. kustomize never looks at what stands before the first slash.
fn split(pointer: &str) -> Result<Vec<String>, String> {
    match pointer.split_once('/') {
        Some((_, rest)) => {
            Ok(rest.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect())
        }
        None => Err(format!("the path `{pointer}` does not begin with `/`")),
    }
}

/// The container that the last part of a pointer is about, and that part.
fn parent<'a>(root: &'a mut Node, pointer: &str) -> Result<(&'a mut Node, String), String> {
    let mut parts = split(pointer)?;
    let last = parts.pop().unwrap_or_default();
    let mut node = root;
    for part in parts {
        node = step_into(node, &part).ok_or_else(|| format!("{pointer} does not exist"))?;
    }
    Ok((node, last))
}

fn step_into<'a>(node: &'a mut Node, part: &str) -> Option<&'a mut Node> {
    match &mut node.value {
        Value::Mapping(entries) => {
            entries.iter_mut().find(|entry| entry.key == part).map(|entry| &mut entry.value)
        }
        Value::Sequence(items) => {
            let at = position(part, items.len()).ok()?;
            items.get_mut(at)
        }
        Value::Scalar(_) => None,
    }
}

/// An index into a list of `length`; negative ones count from the end.
fn position(part: &str, length: usize) -> Result<usize, String> {
    let index: i64 = part.parse().map_err(|_| format!("`{part}` is not an index"))?;
    let at = if index < 0 { index + length as i64 } else { index };
    usize::try_from(at).map_err(|_| format!("the index {index} is out of the list"))
}

fn find<'a>(root: &'a mut Node, pointer: &str) -> Result<&'a mut Node, String> {
    if pointer.is_empty() {
        return Ok(root);
    }
    let (node, last) = parent(root, pointer)?;
    step_into(node, &last).ok_or_else(|| format!("{pointer} does not exist"))
}

fn add(root: &mut Node, pointer: &str, value: Node) -> Result<(), String> {
    if pointer.is_empty() {
        *root = value;
        return Ok(());
    }
    let (node, last) = parent(root, pointer)?;
    match &mut node.value {
        Value::Mapping(_) => {
            let base = node.get(&last).map(|before| before.origin.base);
            let mut value = value;
            if let Some(base) = base {
                value.origin.base = base;
            }
            node.set(&last, value);
            Ok(())
        }
        Value::Sequence(items) if last == "-" => {
            items.push(value);
            Ok(())
        }
        Value::Sequence(items) => {
            let at = match last.parse::<i64>() {
                // One before the end is where the last but one would stand.
                Ok(index) if index < 0 => position(&last, items.len() + 1)?,
                _ => position(&last, items.len())?,
            };
            if at > items.len() {
                return Err(format!("{pointer} is beyond the end of the list"));
            }
            items.insert(at, value);
            Ok(())
        }
        Value::Scalar(_) => Err(format!("{pointer} does not exist")),
    }
}

fn remove(root: &mut Node, pointer: &str, touch: Touch) -> Result<Node, String> {
    let (node, last) = parent(root, pointer)?;
    let removed = match &mut node.value {
        Value::Mapping(_) => node.remove(&last).map(|entry| entry.value.clone()),
        Value::Sequence(items) => {
            let at = position(&last, items.len())?;
            (at < items.len()).then(|| items.remove(at))
        }
        Value::Scalar(_) => None,
    };
    node.origin.last = Some(touch);
    removed.ok_or_else(|| format!("{pointer} does not exist"))
}
