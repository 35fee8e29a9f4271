//! The checks that the rules about names of other objects have in common.

use std::collections::HashSet;

use common::kubernetes::needs;

use crate::finding::{Finding, Findings};
use crate::lint::Overlay;
use crate::object::Object;
use crate::rule::Severity;
use crate::tree::{Node, Place};
use crate::view::{Keys, Target, words};

/// The hint for an object that only a manifest makes.
pub(super) const OTHERWISE: &str = "add it to the resources, or declare it with `externals`";

/// Reports objects that are needed and that nothing provides, once per object and name.
pub(super) fn missing(
    overlay: &Overlay<'_>,
    findings: &mut Findings<'_>,
    target: Target,
    is_made: impl Fn(&str, &str) -> bool,
    hint: &str,
) {
    let kind = target.kind();
    for object in overlay.objects() {
        let mut seen = HashSet::new();
        for need in needs::of(&object.node) {
            let (namespace, name) = (need.namespace, need.name());
            if need.target != target
                || need.optional
                || is_made(namespace, name)
                || !lacks(overlay, target, namespace, name)
                || !seen.insert((namespace, name))
            {
                continue;
            }
            let finding =
                not_there(overlay, findings, object, need.name, (kind, namespace, name), hint);
            if let Some(other) = overlay.elsewhere(kind, name) {
                let label = match other.namespace() {
                    "" => {
                        // A namespace of kubectl's command line, or of an overlay elsewhere, may be the right one.
                        finding.at_most(Severity::Warning);
                        "this one has no namespace".to_owned()
                    }
                    namespace => format!("this one is in the namespace {namespace}"),
                };
                finding.also(overlay.files.first_line(name_place(other)), label);
            }
        }
    }
}

fn lacks(overlay: &Overlay<'_>, target: Target, namespace: &str, name: &str) -> bool {
    if target.is_cluster_wide() {
        overlay.lacks_everywhere(target.kind(), name)
    } else {
        overlay.lacks(target.kind(), namespace, name)
    }
}

/// Reports that an object names another one that is certainly not there.
pub(super) fn not_there<'f>(
    overlay: &Overlay<'_>,
    findings: &'f mut Findings<'_>,
    object: &Object,
    node: &Node,
    (kind, namespace, name): (&str, &str, &str),
    otherwise: &str,
) -> &'f mut Finding {
    let message = format!("there is no {kind} {name} for {object}");
    let hint = overlay.meant(kind, namespace, name, otherwise);
    findings.value(node, message).about(object, hint)
}

/// Where the object got its name first.
pub(super) fn name_place(object: &Object) -> Place {
    let name = object.node.at(&["metadata", "name"]).filter(|_| object.generator.is_none());
    name.map_or(object.source, |name| name.origin.base)
}

/// Reports keys that objects name and that the ConfigMap or Secret does not have.
pub(super) fn missing_keys(overlay: &Overlay<'_>, findings: &mut Findings<'_>, target: Target) {
    let kind = target.kind();
    for object in overlay.objects() {
        for need in needs::of(&object.node) {
            let (Some(key), Some(node)) = (need.key(), need.key) else { continue };
            let (namespace, name) = (need.namespace, need.name());
            if need.target != target
                || need.optional
                || overlay.is_incomplete()
                || overlay.settings.is_external(kind, namespace, name)
                || overlay.custom().mentions(name)
            {
                continue;
            }
            let Some(keys) = overlay.provided().keys(target, namespace, name) else { continue };
            if keys.open || keys.names.contains(key) {
                continue;
            }
            let name = match overlay.find(kind, namespace, name) {
                Some(object) if object.generator.is_some() => object.original.name.as_str(),
                _ => name,
            };
            let finding = findings.value(node, format!("{kind} {name} has no key {key}"));
            finding.about(object, hint(keys, key));
            finding.also(overlay.place_of(keys), "its keys are listed here").detail(key);
        }
    }
}

/// The key that is meant, or those that there are.
fn hint(keys: &Keys, key: &str) -> String {
    const SHOWN: usize = 8;
    let known = || keys.names.iter().map(String::as_str);
    let near = known().find(|known| known.eq_ignore_ascii_case(key));
    if let Some(near) = near.or_else(|| common::diagnostic::nearest(key, known())) {
        return format!("did you mean `{near}`?");
    }
    let shown: Vec<&str> = known().take(SHOWN).collect();
    let more = if keys.names.len() > SHOWN { ", …" } else { "" };
    format!("its keys are {}{more}", shown.join(", "))
}

/// Every text that an object uses, its own name and namespace aside.
pub(super) fn uses<'a>(node: &'a Node, each: &mut impl FnMut(&'a str)) {
    words(node, &mut |word| {
        if !matches!(word.keys, ["metadata", "name" | "namespace"] | ["kind" | "apiVersion"]) {
            each(word.text);
        }
    });
}
