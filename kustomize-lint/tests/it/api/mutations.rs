//! This repository's own objects, each with one change: the same verdict as the peer's.

use kustomize_lint::api::{Problem, Version};
use kustomize_lint::object::Object;
use kustomize_lint::tree::{Files, Node, Scalar, Value};
use rideshare_tests::root;

use super::{rendered, violations};
use crate::peer;

/// One change in so many is looked at, which takes the peer a few seconds.
const STEP: usize = 47;

/// The replacements of a value.
fn replacements(old: &Node) -> [Value; 7] {
    let scalar = |text: &str| Value::Scalar(Scalar::plain(text));
    [
        scalar("word"),
        scalar("7"),
        scalar("1.5"),
        scalar("true"),
        Value::Sequence(Vec::new()),
        Value::Mapping(Vec::new()),
        Value::Sequence(vec![old.clone()]),
    ]
}

/// Makes one change: the first after so many others that could be made. A value is another, a key
/// is another, or an entry is not there. False when there are not so many.
fn mutate(node: &mut Node, skip: &mut usize) -> bool {
    let replacements = replacements(node);
    if let Some(value) = replacements.get(*skip) {
        node.value = value.clone();
        return true;
    }
    *skip -= replacements.len();
    match &mut node.value {
        Value::Scalar(_) => false,
        Value::Sequence(items) => items.iter_mut().any(|item| mutate(item, skip)),
        Value::Mapping(entries) => {
            for at in 0..entries.len() {
                if mutate(&mut entries[at].value, skip) {
                    return true;
                }
                match *skip {
                    0 => entries[at].key.push('x'),
                    1 => drop(entries.remove(at)),
                    _ => {
                        *skip -= 2;
                        continue;
                    }
                }
                return true;
            }
            false
        }
    }
}

fn is_builtin(object: &Object) -> bool {
    let group = object.id().group;
    !["argoproj.io", "external-secrets.io", "gateway.networking.k8s.io"].contains(&group.as_str())
}

/// The fields that choose the schema; without it nobody knows.
fn kind(node: &Node) -> [Option<&str>; 2] {
    ["apiVersion", "kind"].map(|key| node.get(key).and_then(Node::as_str))
}

#[test]
fn a_change_anywhere_has_the_verdict_of_the_peer() {
    let mut sample = Vec::new();
    let mut skip = 0;
    for part in ["overlays/local", "overlays/production"] {
        let rendering =
            rendered(&root().join("infrastructure/kubernetes").join(part), &mut Files::default());
        for object in rendering.objects.iter().filter(|object| is_builtin(object)) {
            loop {
                let mut changed = object.clone();
                let mut left = skip;
                if !mutate(&mut changed.node, &mut left) {
                    skip = left;
                    break;
                }
                skip += STEP;
                if kind(&changed.node) == kind(&object.node) {
                    let version = Version::KNOWN[sample.len() % Version::KNOWN.len()];
                    sample.push((version, changed));
                }
            }
        }
    }
    let objects: Vec<_> =
        sample.iter().map(|(version, o)| (version.to_string(), o.node.to_json())).collect();
    let folder = tempfile::tempdir().unwrap();
    let Some(verdicts) = peer::verdicts(&objects, folder.path()) else { return };
    let mut refused = 0;
    for (theirs, (version, object)) in verdicts.iter().zip(&sample) {
        let mut found = violations(object, *version);
        // Limits that the published schemas do not state.
        found.retain(|violation| {
            !matches!(
                violation.problem,
                Problem::NotAllowed { .. }
                    | Problem::OutOfRange { .. }
                    | Problem::Malformed { .. }
                    | Problem::UnknownAnnotation { .. }
            )
        });
        assert_eq!(
            found.is_empty(),
            theirs == "valid",
            "{version}: {theirs}\n{found:?}\n{:#}",
            object.node.to_json()
        );
        refused += usize::from(!found.is_empty());
    }
    let all = sample.len();
    assert!(all > 1000 && refused > all / 2 && refused < all, "{refused} of {all}");
}
