//! `images`.

use regex::Regex;

use crate::facts::{FactKind, StepKind};
use crate::kustomization::Image;
use crate::load::Context;
use crate::objects::Objects;
use crate::tree::{FieldSpec, Node, Scalar, Touch, Value, Walk};

/// Sets the image in every list of containers, and then in the fields: a suffix of the tag arrives twice
/// in fields that are both, as in kustomize.
pub(crate) fn apply(
    image: &Image,
    fields: &[FieldSpec],
    objects: &mut Objects,
    context: &mut Context,
) {
    let step = context.step(StepKind::Image, image.place, None);
    // kustomize puts the name into a pattern as it is.
    let pattern = format!("^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$", image.name);
    let Ok(pattern) = Regex::new(&pattern) else {
        return context.malformed(image.place, format!("`{}` is not an image name", image.name));
    };
    let place = [&image.new_tag, &image.digest, &image.new_name, &image.tag_suffix]
        .into_iter()
        .flatten()
        .next()
        .map_or(image.place, |spot| spot.place);
    let touch = Touch { step, place };
    let mut matched = Vec::new();
    for object in &mut objects.list {
        if object.kind() == "CustomResourceDefinition" {
            continue;
        }
        let id = object.id();
        let (mut seen, mut wrong) = (false, None);
        containers(&mut object.node, &pattern, image, touch, &mut seen);
        for field in fields.iter().filter(|field| field.selects(&id)) {
            let blocked = Walk::scalars(&mut object.node, &field.path, None, &mut |value| {
                if value.scalar().is_none() {
                    wrong.get_or_insert(value.place());
                }
                set(value, &pattern, image, touch, &mut seen);
            });
            context.blocked(&field.path, blocked);
        }
        if let Some(place) = wrong {
            context.malformed(place, "an image must be text");
        }
        if seen {
            matched.push(object.key);
        }
    }
    let tag_and_digest = image.new_tag.is_some() && image.digest.is_some();
    let name = image.name.clone();
    context.fact(step, image.place, FactKind::Image { name, matched, tag_and_digest });
}

/// Every list of containers, at whatever depth, also of kinds that are not built in.
fn containers(node: &mut Node, pattern: &Regex, image: &Image, touch: Touch, seen: &mut bool) {
    match &mut node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => {
            for item in items {
                containers(item, pattern, image, touch, seen);
            }
        }
        Value::Mapping(entries) => {
            for entry in entries {
                if entry.value.scalar().is_some() {
                    continue;
                }
                let list = matches!(entry.key.as_str(), "containers" | "initContainers");
                entry.edit(|value| {
                    for item in value.items_mut().into_iter().flatten().filter(|_| list) {
                        item.edit("image", |value| set(value, pattern, image, touch, seen));
                    }
                    containers(value, pattern, image, touch, seen);
                });
            }
        }
    }
}

fn set(value: &mut Node, pattern: &Regex, image: &Image, touch: Touch, seen: &mut bool) {
    let Some(text) = value.as_str().filter(|text| pattern.is_match(text)) else { return };
    let new = renamed(text, image);
    *seen = true;
    value.change(Scalar::text(new), touch);
}

/// An image without tag and digest.
pub(crate) fn name(image: &str) -> &str {
    parts(image).0
}

/// Name, tag and digest of an image.
pub(crate) fn parts(image: &str) -> (&str, Option<&str>, Option<&str>) {
    let (rest, digest) = match image.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (image, None),
    };
    // A colon before the last slash is a registry's port.
    let from = rest.rfind('/').map_or(0, |slash| slash + 1);
    match rest[from..].find(':') {
        Some(colon) => (&rest[..from + colon], Some(&rest[from + colon + 1..]), digest),
        None => (rest, None, digest),
    }
}

fn renamed(text: &str, image: &Image) -> String {
    let (name, mut tag, mut digest) = parts(text);
    let name = image.new_name.as_ref().map_or(name, |spot| spot.value.as_str());
    let (new_tag, new_digest) = (
        image.new_tag.as_ref().map(|spot| spot.value.as_str()),
        image.digest.as_ref().map(|spot| spot.value.as_str()),
    );
    let suffixed;
    if new_tag.is_some() || new_digest.is_some() {
        tag = new_tag;
        digest = new_digest;
    } else if let Some(suffix) = &image.tag_suffix {
        suffixed = format!("{}{}", tag.unwrap_or_default(), suffix.value);
        tag = Some(&suffixed);
        digest = None;
    }
    let mut out = name.to_owned();
    if let Some(tag) = tag {
        out.push(':');
        out.push_str(tag);
    }
    if let Some(digest) = digest {
        out.push('@');
        out.push_str(digest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_registrys_port_is_not_a_tag() {
        assert_eq!(parts("r:5000/a/b"), ("r:5000/a/b", None, None));
        assert_eq!(parts("r:5000/a:1"), ("r:5000/a", Some("1"), None));
        assert_eq!(parts("a:1@sha256:x"), ("a", Some("1"), Some("sha256:x")));
    }
}
