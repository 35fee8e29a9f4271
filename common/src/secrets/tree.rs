//! Secrets in a YAML file that a person wrote.

use std::ops::Range;

use super::{Words, is_harmless, names_secret, text};
use crate::yaml::{Node, Value};

/// Keys beside a secret's name that hold its value.
const VALUES: [&str; 3] = ["default", "dev", "value"];

/// Keys below a secret's name that never hold its value.
const PLAIN: [&str; 7] =
    ["at-up", "condition", "external", "file", "required", "restart", "secretName"];

/// Sections whose keys are names of things, whatever the names say.
const SECTIONS: [&str; 8] = [
    "configs",
    "depends_on",
    "networks",
    "secrets",
    "services",
    "volumes",
    "x-environments",
    "x-secrets",
];

/// Keys whose list names secrets, and holds none.
pub const REFERENCES: [&str; 2] = ["imagePullSecrets", "secrets"];

/// The section of a specification that is the catalogue of secrets.
pub(crate) const CATALOGUE: &str = "x-secrets";

/// The bytes of `text`, which was read as `root`, that no message may show.
pub fn hidden(text: &str, root: &Node) -> Vec<Range<usize>> {
    let mut tree = Tree { text, hidden: Vec::new() };
    tree.node(root, "");
    tree.hidden
}

struct Tree<'a> {
    text: &'a str,
    hidden: Vec<Range<usize>>,
}

impl Tree<'_> {
    /// Looks at a node, which is the value of `section`.
    fn node(&mut self, node: &Node, section: &str) {
        match &node.value {
            Value::Scalar { .. } => {
                let written = self.text.get(node.span.clone()).unwrap_or_default();
                let start = node.span.start;
                let found = text::secrets(written);
                if !found.is_empty() {
                    self.comment(node.span.end);
                }
                let found = found.into_iter();
                self.hidden.extend(found.map(|range| start + range.start..start + range.end));
            }
            Value::Sequence(items) => {
                let mut flag = false;
                let mut command = Words::default();
                for item in items {
                    let password = item.as_str().and_then(|word| command.next(word));
                    match item.as_str() {
                        Some(_) if password.is_some() => self.hide(item),
                        Some(text) if flag && !text.starts_with('-') => self.hide(item),
                        _ => self.node(item, ""),
                    }
                    let text = item.as_str().unwrap_or_default();
                    flag = text.starts_with('-') && !text.contains('=') && names_secret(text);
                }
            }
            Value::Mapping(entries) => {
                let named = node.get("name").and_then(Node::as_str).is_some_and(names_secret);
                for entry in entries {
                    let key = entry.key.as_str();
                    // `spec` hides the catalogue by a rule of its own, which knows its names.
                    if key == CATALOGUE {
                        continue;
                    }
                    let secret = names_secret(key) && !REFERENCES.contains(&key);
                    let thing = SECTIONS.contains(&section)
                        && matches!(entry.value.value, Value::Mapping(_));
                    match secret && !thing || named && VALUES.contains(&key) {
                        true => self.hide(&entry.value),
                        false => self.node(&entry.value, key),
                    }
                }
            }
        }
    }

    /// Hides the comment behind a value, which may say an earlier one.
    fn comment(&mut self, end: usize) {
        let rest = self.text.get(end..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        self.hidden.extend(line.find(" #").map(|comment| end + comment..end + line.len()));
    }

    /// Hides every value in `node`.
    fn hide(&mut self, node: &Node) {
        match &node.value {
            Value::Scalar { text, .. } => {
                if is_harmless(text) {
                    return;
                }
                self.comment(node.span.end);
                self.hidden.push(node.span.clone());
            }
            Value::Sequence(items) => items.iter().for_each(|item| self.hide(item)),
            Value::Mapping(entries) => {
                for entry in entries.iter().filter(|entry| !PLAIN.contains(&entry.key.as_str())) {
                    // `{hunter2}` is a key without a value.
                    if entry.value.is_null() {
                        self.hidden.push(entry.span.clone());
                    }
                    self.hide(&entry.value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Limits, load};

    fn shown(text: &str) -> String {
        let loaded = load(text, Limits::default()).unwrap();
        let mut bytes = text.as_bytes().to_vec();
        for range in hidden(text, &loaded.documents[0]) {
            bytes[range].fill(b'*');
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn values_of_secrets_are_hidden_wherever_they_stand() {
        for text in [
            "environment: {PASSPHRASE: hunter2}",
            "environment: [\"PASSPHRASE=correct hunter2\"]",
            "environment:\n  - PASSPHRASE=correct hunter2 # was hunter2\n",
            "environment:\n  PASSPHRASE: correct hunter2 # was hunter2\n",
            "environment:\n  PASSPHRASE: |\n    hunter2\n    hunter2\n",
            "environment:\n  PASSPHRASE: correct\n    hunter2\n",
            "x-variables: {PASSPHRASE: {at-up: true, default: hunter2}}",
            "env: [{name: PASSPHRASE, value: hunter2}]",
            "command: [run, --passphrase, hunter2]",
            "command: run --passphrase hunter2",
            "command: [redis-cli, -a, hunter2]",
            "command:\n  - redis-cli\n  - -a\n  - hunter2\n",
            "command: [mysql, -phunter2]",
            "test: [CMD, curl, -u, \"app:hunter2\"]",
            "command: run ${PASSPHRASE:-hunter2}",
            "environment: {PASSPHRASE: \"${X:-hunter2}\"}",
            "environment: {URL: \"postgres://app:hunter2@db/app\"}",
            "PASSWORDS: [hunter2, {a: hunter2}]",
            "environment: {API_TOKEN: {x: hunter2}}",
            "environment: {API_TOKEN: {x: {y: [hunter2]}}}",
            "environment: {API_TOKEN: {hunter2}}",
        ] {
            assert!(!shown(text).contains("hunter2"), "{}", shown(text));
        }
    }

    #[test]
    fn names_and_other_values_stay() {
        for text in [
            "services: {web: {secrets: [db_password], environment: {LOG_LEVEL: debug}}}",
            "secrets: {db_password: {file: ./password.txt}}",
            "services: {token: {image: example/token:1, depends_on: {secrets: {condition: x}}}}",
            "services: {web: {networks: {secret: {aliases: [web]}}}}",
            "volumes: {token: {driver: local}}",
            "environment: {PASSWORD_FILE: /run/secrets/password, PASSWORD: \"${PASSWORD}\"}",
        ] {
            assert_eq!(shown(text), text);
        }
    }
}
