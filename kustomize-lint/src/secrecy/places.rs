//! Where the secrets of a text are, so that no message shows them.
//!
//! A hidden place costs a reader a few words of a line; a missed secret may end up in the log of a build. In
//! doubt it is hidden, also where the text has a mistake: those are the lines that messages show.

use common::secrets::tree::REFERENCES;
use common::secrets::{Words, is_harmless, names_secret, shows_secret};

use crate::listed::is_listed;
use crate::tree::{Entry, Node, Place, Value};

/// Keys beside the name of something that say what it is, and never a secret.
const PLAIN_KEYS: &str = "\
    apiVersion containerPort group hostPort image imagePullPolicy key kind mountPath name \
    namespace optional port protocol readOnly secretName subPath targetPort";

/// Keys of an object's name.
const REFERENCE_KEYS: &str = "\
    annotationSelector apiVersion fieldPath group key kind labelSelector name namespace options \
    version";

/// Where the secrets of an object are, of a patch, of a kustomization or of a list of them.
/// `secret` says that it is about a Secret, whatever it says itself.
pub(super) fn places(node: &Node, secret: bool) -> Vec<Place> {
    let mut found = Vec::new();
    let operations = node.items().iter().any(|item| item.get("op").is_some());
    if operations {
        node.items().iter().for_each(|item| operation(item, secret, &mut found));
    } else if secret && node.is_mapping() {
        object(node, &mut found);
    } else {
        collect(node, &mut found);
    }
    found
}

fn collect(node: &Node, found: &mut Vec<Place>) {
    match &node.value {
        Value::Scalar(scalar) if shows_secret(&scalar.text) => found.push(node.origin.base),
        Value::Scalar(_) => {}
        Value::Sequence(items) => {
            let mut before = false;
            let mut command = Words::default();
            for item in items {
                let password = item.as_str().and_then(|word| Some(&word[command.next(word)?]));
                match item.as_str() {
                    Some(_) if password.is_some_and(|password| !is_harmless(password)) => {
                        found.push(item.origin.base);
                    }
                    // `--password`, and the value behind it.
                    Some(text) if before && !is_harmless(text) => found.push(item.origin.base),
                    _ => collect(item, found),
                }
                let flag = item.as_str().filter(|text| text.starts_with('-'));
                before = flag.is_some_and(|flag| !flag.contains('=') && names_secret(flag));
            }
        }
        Value::Mapping(entries) => mapping(node, entries, found),
    }
}

fn mapping(node: &Node, entries: &[Entry], found: &mut Vec<Place>) {
    let kind = node.word_at(&["kind"]).unwrap_or_default().to_ascii_lowercase();
    let reference = entries.iter().all(|entry| is_listed(REFERENCE_KEYS, &entry.key));
    if matches!(kind.as_str(), "secret" | "secrets") && !reference {
        return object(node, found);
    }
    let operation_like = node.get("op").is_some() && node.get("path").is_some();
    if operation_like {
        return operation(node, false, found);
    }
    // A container may have such a name, too.
    let named = node.word_at(&["name"]).is_some_and(names_secret) && node.get("image").is_none();
    let made = ["secret", "secretstore"].iter().any(|end| kind.ends_with(end));
    for entry in entries {
        let (key, value) = (entry.key.as_str(), &entry.value);
        let lower = key.to_ascii_lowercase();
        let reference = key == "secretKey" || key.ends_with("Ref");
        if key == "patch" && value.scalar().is_some() {
            // Secrets of the patch are hidden where the patch is read.
        } else if lower == "stringdata" {
            found.push(value.origin.base);
        } else if lower.starts_with("secretgenerator") {
            value.items().iter().for_each(|one| generator(one, found));
            if !value.is_sequence() {
                scalars(value, found);
            }
        } else if key == "sourceValue" || lower.ends_with("last-applied-configuration") {
            hide(value, found);
        } else if made && matches!(key, "spec") {
            made_secret(value, found);
            collect(value, found);
        } else if named && !is_listed(PLAIN_KEYS, key) && key != "valueFrom" {
            // Of `{name: PASSWORD, valu: …}`, all that may be the value.
            if value.is_mapping() && !lower.starts_with("val") {
                collect(value, found);
            } else {
                scalars(value, found);
            }
        } else if !reference
            && !REFERENCES.contains(&key)
            && names_secret(key)
            && !value.is_mapping()
        {
            scalars(value, found);
        } else {
            collect(value, found);
        }
    }
}

/// All values of a Secret but those that say which one it is.
fn object(node: &Node, found: &mut Vec<Place>) {
    for entry in node.entries() {
        match entry.key.as_str() {
            "apiVersion" | "kind" | "type" | "immutable" if entry.value.scalar().is_some() => {}
            "metadata" if entry.value.is_mapping() => {
                for entry in entry.value.entries() {
                    match entry.key.as_str() {
                        "name" | "namespace" | "labels" => {}
                        "annotations" => annotations(&entry.value, found),
                        _ => scalars(&entry.value, found),
                    }
                }
            }
            _ => found.push(entry.value.origin.base),
        }
    }
}

/// The annotations of a Secret: all but those for a controller that is known.
fn annotations(node: &Node, found: &mut Vec<Place>) {
    let plain = |key: &str| key.starts_with("argocd.argoproj.io/");
    let secret = node.entries().iter().filter(|entry| !plain(&entry.key));
    secret.for_each(|entry| scalars(&entry.value, found));
    if !node.is_mapping() {
        scalars(node, found);
    }
}

/// A generator of a Secret: all but its names and its files.
fn generator(node: &Node, found: &mut Vec<Place>) {
    for entry in node.entries() {
        let plain = ["behavior", "env", "envs", "files", "name", "namespace", "options", "type"];
        if !plain.contains(&entry.key.as_str()) {
            scalars(&entry.value, found);
        }
    }
    if !node.is_mapping() {
        scalars(node, found);
    }
}

/// The values in an ExternalSecret, a similar object, or a store: texts of a template, and the values of a
/// provider for tests.
fn made_secret(node: &Node, found: &mut Vec<Place>) {
    for entry in node.entries() {
        match entry.key.as_str() {
            "template" => template(&entry.value, found),
            "value" | "valueMap" => scalars(&entry.value, found),
            _ => made_secret(&entry.value, found),
        }
    }
    node.items().iter().for_each(|item| made_secret(item, found));
}

fn template(node: &Node, found: &mut Vec<Place>) {
    for entry in node.entries() {
        match entry.key.as_str() {
            "type" | "engineVersion" | "mergePolicy" | "metadata" | "templateFrom" => {}
            _ => scalars(&entry.value, found),
        }
    }
}

/// An operation of a JSON patch.
fn operation(node: &Node, secret: bool, found: &mut Vec<Place>) {
    let path = node.word_at(&["path"]).unwrap_or_default();
    let mut segments = path.split('/').skip(1);
    let first = segments.clone().next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let inside = segments.any(|one| matches!(one, "env" | "args" | "command"));
    // Below these the names are not to be seen.
    let unknown = !path.starts_with('/')
        || first.eq_ignore_ascii_case("data") && !last.is_empty()
        || first.eq_ignore_ascii_case("stringData")
        || inside && last != "name"
        || matches!(last, "value" | "vaule" | "valu")
        || names_secret(last);
    for entry in node.entries() {
        match entry.key.as_str() {
            "op" | "path" | "from" => {}
            "value" if secret => found.push(entry.value.origin.base),
            "value" => match &entry.value.value {
                Value::Scalar(scalar) if unknown => {
                    let flag = scalar.text.starts_with('-') && !shows_secret(&scalar.text);
                    if !flag {
                        hide(&entry.value, found);
                    }
                }
                Value::Mapping(_) if first.eq_ignore_ascii_case("stringData") => {
                    found.push(entry.value.origin.base);
                }
                _ => collect(&entry.value, found),
            },
            _ => scalars(&entry.value, found),
        }
    }
}

/// Every value in it.
fn scalars(node: &Node, found: &mut Vec<Place>) {
    node.each_scalar(&mut |node, _| hide(node, found));
}

fn hide(node: &Node, found: &mut Vec<Place>) {
    if node.scalar().is_none_or(|scalar| !is_harmless(&scalar.text)) {
        found.push(node.origin.base);
    }
}
