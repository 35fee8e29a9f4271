//! Where the secrets of a text are, so that no message shows them.
//!
//! What is hidden here costs a reader a few words of a line; what is not may end up in the log of
//! a build. In doubt it is hidden, also where the text has a mistake: those are the lines that
//! messages show.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{has_password, is_placeholder, is_secret, names_secret};
use crate::tree::{Entry, Node, Place, Value};

/// `NAME=value`, `name: value` and `--name value` within a text.
static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"((?:^|[\s"'])--?[A-Za-z][\w.-]*[ \t]+|[A-Za-z_][\w.-]*["']?[ \t]*[:=][ \t]*)["']?([^\s"',;&?=]+)"#;
    Regex::new(pattern).expect("a pattern")
});

/// Keys beside the name of something that say what it is, and never a secret.
const PLAIN_KEYS: [&str; 18] = [
    "apiVersion",
    "containerPort",
    "group",
    "hostPort",
    "image",
    "imagePullPolicy",
    "key",
    "kind",
    "mountPath",
    "name",
    "namespace",
    "optional",
    "port",
    "protocol",
    "readOnly",
    "secretName",
    "subPath",
    "targetPort",
];

/// Keys of what names an object.
const REFERENCE_KEYS: [&str; 11] = [
    "annotationSelector",
    "apiVersion",
    "fieldPath",
    "group",
    "key",
    "kind",
    "labelSelector",
    "name",
    "namespace",
    "options",
    "version",
];

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

/// The same for a text that nobody can read: all of it where it is about Secrets, otherwise the
/// lines that may be.
pub(super) fn unreadable(text: &str) -> Vec<Range<usize>> {
    if ["Secret", "stringData", "stringdata", "secretGenerator"].iter().any(|w| text.contains(w)) {
        return std::iter::once(0..text.len()).collect();
    }
    let mut found = Vec::new();
    let (mut start, mut before) = (0, false);
    for line in text.split_inclusive('\n') {
        let words = || line.split(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)));
        let named = words().any(sounds_secret) || line.contains("/env/");
        if named || before || says_secret(line) {
            found.push(start..start + line.len());
        }
        // The value stands in the next line.
        before = named;
        start += line.len();
    }
    found
}

fn collect(node: &Node, found: &mut Vec<Place>) {
    match &node.value {
        Value::Scalar(scalar) if says_secret(&scalar.text) => found.push(node.origin.base),
        Value::Scalar(_) => {}
        Value::Sequence(items) => {
            let mut before = false;
            for item in items {
                match item.as_str() {
                    // `--password`, and the value behind it.
                    Some(text) if before && !harmless(text) => found.push(item.origin.base),
                    _ => collect(item, found),
                }
                let flag = item.as_str().filter(|text| text.starts_with('-'));
                before = flag.is_some_and(|flag| !flag.contains('=') && sounds_secret(flag));
            }
        }
        Value::Mapping(entries) => mapping(node, entries, found),
    }
}

fn mapping(node: &Node, entries: &[Entry], found: &mut Vec<Place>) {
    let kind = node.word_at(&["kind"]).unwrap_or_default().to_ascii_lowercase();
    let reference = entries.iter().all(|entry| REFERENCE_KEYS.contains(&entry.key.as_str()));
    if matches!(kind.as_str(), "secret" | "secrets") && !reference {
        return object(node, found);
    }
    let operation_like = node.get("op").is_some() && node.get("path").is_some();
    if operation_like {
        return operation(node, false, found);
    }
    let named = node.word_at(&["name"]).is_some_and(sounds_secret);
    let made = ["secret", "secretstore"].iter().any(|end| kind.ends_with(end));
    for entry in entries {
        let (key, value) = (entry.key.as_str(), &entry.value);
        let lower = key.to_ascii_lowercase();
        let reference = key == "secretKey" || key.ends_with("Ref");
        if key == "patch" && value.scalar().is_some() {
            // Whoever reads the patch hides what is in it.
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
        } else if named && !PLAIN_KEYS.contains(&key) && key != "valueFrom" {
            // Of `{name: PASSWORD, valu: …}`, all that may be the value.
            if value.is_mapping() && !lower.starts_with("val") {
                collect(value, found);
            } else {
                scalars(value, found);
            }
        } else if !reference && key != "name" && names_secret(key) && !value.is_mapping() {
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

/// What an ExternalSecret or its like, or a store, says itself: texts of a template, and the
/// values of a provider for tests.
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
        || sounds_secret(last);
    for entry in node.entries() {
        match entry.key.as_str() {
            "op" | "path" | "from" => {}
            "value" if secret => found.push(entry.value.origin.base),
            "value" => match &entry.value.value {
                Value::Scalar(scalar) if unknown => {
                    let flag = scalar.text.starts_with('-') && !says_secret(&scalar.text);
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
    match &node.value {
        Value::Scalar(_) => hide(node, found),
        Value::Sequence(items) => items.iter().for_each(|item| scalars(item, found)),
        Value::Mapping(entries) => entries.iter().for_each(|entry| scalars(&entry.value, found)),
    }
}

fn hide(node: &Node, found: &mut Vec<Place>) {
    if node.scalar().is_none_or(|scalar| !harmless(&scalar.text)) {
        found.push(node.origin.base);
    }
}

/// What is certain to be no secret.
fn harmless(value: &str) -> bool {
    is_placeholder(value) || matches!(value, "true" | "false")
}

/// Whether a variable of this name may hold a secret. More do than [`names_secret`] is certain
/// of.
pub(super) fn sounds_secret(name: &str) -> bool {
    let end = name.trim_end_matches(|c: char| !c.is_alphabetic()).as_bytes();
    let words = ["PASS", "PWD", "KEY", "SECRETS", "TOKENS", "AUTHORIZATION", "DSN"];
    let ends = |word: &str| {
        end.len().checked_sub(word.len()).is_some_and(|at| {
            end.get(at..).is_some_and(|tail| tail.eq_ignore_ascii_case(word.as_bytes()))
        })
    };
    super::SECRET_WORDS.iter().chain(&words).any(|word| ends(word))
}

/// Whether a text says a secret itself: an address with a password, an assignment, a key.
pub(crate) fn says_secret(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let start = rest[..at].rfind(char::is_whitespace).map_or(0, |space| space + 1);
        if has_password(rest.get(start..).unwrap_or(rest)) {
            return true;
        }
        rest = &rest[at + 3..];
    }
    if text.contains("PRIVATE KEY-----") {
        return true;
    }
    if ["Bearer ", "Basic "].iter().any(|word| text.starts_with(word)) && !is_placeholder(text) {
        return true;
    }
    text.contains(['=', ':', '-'])
        && ASSIGNMENT.captures_iter(text).any(|found| {
            let name = found[1].trim_matches([' ', '\t', '\n', ':', '=', '"', '\'']);
            is_secret(name, &found[2])
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_say_a_secret() {
        for text in [
            "--password=hunter2",
            "redis-server --requirepass-password hunter2",
            "export DB_PASSWORD=hunter2 && run",
            "see http://web and postgres://app:hunter2@db/app",
            "password: \"hunter2\"",
            "Bearer hunter2",
            "https://hooks.example.com/?token=hunter2",
        ] {
            assert!(says_secret(text), "{text}");
        }
        for text in [
            "--log-level=debug",
            "--password=$(PASSWORD)",
            "http://web:80/path",
            "--token-ttl=3600",
            "registry.example.com/web:1.0",
            "--secret-name=web",
        ] {
            assert!(!says_secret(text), "{text}");
        }
    }

    #[test]
    fn lines_of_a_text_that_nobody_can_read() {
        let shown = |text: &str| {
            let hidden = unreadable(text);
            let lines = text.split_inclusive('\n').scan(0, |start, line| {
                let at = *start;
                *start += line.len();
                Some((at, line))
            });
            let free = lines.filter(|(at, _)| !hidden.iter().any(|range| range.contains(at)));
            free.map(|(_, line)| line).collect::<String>()
        };
        assert_eq!(shown("kind: Secret\na: [b\n"), "");
        assert_eq!(shown("a: [b\n- name: PASSWORD\n  value: x\nb: c\n"), "a: [b\nb: c\n");
    }
}
