//! `ValueAddTransformer`: puts one value into fields of chosen objects.

use crate::facts::StepKind;
use crate::kustomization::{Fields, Selector, Spot, reading};
use crate::load::{Context, Folder};
use crate::objects::Objects;
use crate::select::Matcher;
use crate::tree::{Dialect, Node, Place, Scalar, Touch, Walk};

/// A field of chosen objects.
struct Target {
    selector: Option<Selector>,
    path: String,
    /// Where in a path of folders the value goes, counted from 1; 0 for in place of all.
    position: usize,
}

pub(super) fn apply(
    folder: &Folder,
    node: &Node,
    place: Place,
    objects: &mut Objects,
    context: &mut Context,
) {
    let mut wrong = Vec::new();
    let mut f = Fields::of(node, &mut wrong);
    let mut value = f.text("value").trim().to_owned();
    if value.is_empty() {
        // The name of the folder stands for a value that is not said.
        let name = folder.canonical.file_name().unwrap_or_default();
        value = name.to_string_lossy().into_owned();
    }
    let mut targets = targets(&mut f);
    if let Some(path) = f.spot("targetFilePath") {
        targets.extend(from_file(folder, &path, context));
    }
    if targets.is_empty() {
        f.complain(place, "a ValueAddTransformer needs `targets`");
    }
    for (place, message) in wrong {
        context.malformed(place, message);
    }
    let step = context.step(StepKind::ValueAdd, place, None);
    let touch = Touch { step, place };
    for target in &targets {
        let chosen = match target.selector.as_ref().map(Matcher::new) {
            None => (0..objects.list.len()).collect(),
            Some(Ok(matcher)) => matcher.select(objects),
            Some(Err(message)) => {
                context.malformed(place, message);
                continue;
            }
        };
        for at in chosen {
            let object = &mut objects.list[at];
            let namespaced = object.id().is_namespaced();
            if target.path == "metadata/namespace" && !namespaced {
                continue;
            }
            let blocked = Walk::scalars(&mut object.node, &target.path, Some(touch), &mut |node| {
                let new = match target.position {
                    0 => value.clone(),
                    position => inserted(node.word().unwrap_or_default(), position - 1, &value),
                };
                node.change(Scalar::text(new), touch);
            });
            context.blocked(&target.path, blocked);
        }
    }
    objects.reindex();
}

fn targets(f: &mut Fields<'_>) -> Vec<Target> {
    let read = |f: &mut Fields<'_>| Target {
        selector: f.get("selector").map(|node| f.inside(node, reading::selector)),
        path: f.text("fieldPath"),
        position: f.int("filePathPosition").and_then(|at| usize::try_from(at).ok()).unwrap_or(0),
    };
    f.list("targets").iter().map(|node| f.inside(node, read)).collect()
}

fn from_file(folder: &Folder, path: &Spot<String>, context: &mut Context) -> Vec<Target> {
    let Some(documents) = folder.documents(path, Dialect::Kustomization, context) else {
        return Vec::new();
    };
    let mut wrong = Vec::new();
    let read = documents.iter().flat_map(|node| targets(&mut Fields::of(node, &mut wrong)));
    let found = read.collect();
    for (place, message) in wrong {
        context.malformed(place, message);
    }
    found
}

/// The path with one more part; a slash at its beginning stays.
fn inserted(path: &str, position: usize, part: &str) -> String {
    let absolute = if path.starts_with('/') { "/" } else { "" };
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(position.min(parts.len()), part);
    format!("{absolute}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::inserted;

    #[test]
    fn a_part_goes_where_the_position_says() {
        for (path, position, wanted) in [
            ("", 0, "x"),
            ("/", 3, "/x"),
            ("/pie", 0, "/x/pie"),
            ("raw", 1, "raw/x"),
            ("a/nice/warm/pie", 3, "a/nice/warm/x/pie"),
        ] {
            assert_eq!(inserted(path, position, "x"), wanted);
        }
    }
}
