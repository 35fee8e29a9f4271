//! Choosing objects by a selector.

use regex::Regex;

use crate::id::Id;
use crate::kustomization::Selector;
use crate::object::Object;
use crate::objects::Objects;
use crate::tree::Node;

/// A selector that has been understood.
pub(crate) struct Matcher {
    /// Exactly this name, to be looked up; a pattern otherwise.
    literal: Option<String>,
    name: Option<Regex>,
    namespace: Option<Regex>,
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    labels: Vec<Requirement>,
    annotations: Vec<Requirement>,
}

impl Matcher {
    /// Understands a selector.
    ///
    /// # Errors
    /// A regular expression or a label selector that is none.
    pub(crate) fn new(selector: &Selector) -> Result<Self, String> {
        let literal = (!selector.name.is_empty()
            && selector.name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        .then(|| selector.name.clone());
        Ok(Matcher {
            literal,
            name: anchored(&selector.name)?,
            namespace: anchored(&selector.namespace)?,
            group: anchored(&selector.group)?,
            version: anchored(&selector.version)?,
            kind: anchored(&selector.kind)?,
            labels: requirements(&selector.labels)?,
            annotations: requirements(&selector.annotations)?,
        })
    }

    /// Positions of the objects that are selected, in order.
    pub(crate) fn select(&self, objects: &Objects) -> Vec<usize> {
        match &self.literal {
            Some(name) => {
                let named = objects.named(name).iter().copied();
                named.filter(|at| self.matches(&objects.list[*at])).collect()
            }
            None => (0..objects.list.len()).filter(|at| self.matches(&objects.list[*at])).collect(),
        }
    }

    /// Whether the object is selected, by who it was first or who it is now.
    pub(crate) fn matches(&self, object: &Object) -> bool {
        let now = object.id();
        let first = object.previous.first().unwrap_or(&object.original);
        let either = |pattern: &Option<Regex>, part: fn(&Id) -> &str| {
            fits(pattern, part(first)) || fits(pattern, part(&now))
        };
        either(&self.namespace, Id::effective_namespace)
            && either(&self.name, |id| &id.name)
            && fits(&self.group, &now.group)
            && fits(&self.version, &now.version)
            && fits(&self.kind, &now.kind)
            && self.labels.iter().all(|r| r.holds(object.node.at(&["metadata", "labels"])))
            && self
                .annotations
                .iter()
                .all(|r| r.holds(object.node.at(&["metadata", "annotations"])))
    }
}

fn fits(pattern: &Option<Regex>, text: &str) -> bool {
    pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
}

/// The pattern for the whole text.
fn anchored(pattern: &str) -> Result<Option<Regex>, String> {
    if pattern.is_empty() {
        return Ok(None);
    }
    Regex::new(&format!("^(?:{pattern})$"))
        .map(Some)
        .map_err(|_| format!("`{pattern}` is not a regular expression"))
}

/// One condition of a label selector.
#[derive(Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    /// The values; none for mere existence.
    values: Option<Vec<String>>,
    negated: bool,
}

impl Requirement {
    fn holds(&self, pairs: Option<&Node>) -> bool {
        let value = pairs.and_then(|pairs| pairs.get(&self.key)).and_then(Node::scalar);
        let found = match (&self.values, value) {
            (None, value) => value.is_some(),
            (Some(values), Some(value)) => values.contains(&value.text),
            (Some(_), None) => false,
        };
        found != self.negated
    }
}

/// Kubernetes' syntax: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
fn requirements(selector: &str) -> Result<Vec<Requirement>, String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for letter in selector.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("never empty").push(letter);
    }
    parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .map(|part| {
            requirement(part).ok_or_else(|| format!("`{selector}` is not a label selector"))
        })
        .collect()
}

fn requirement(part: &str) -> Option<Requirement> {
    let one = |key: &str, value: &str, negated| {
        let value = value.trim();
        Some(Requirement {
            key: name(key.trim())?,
            values: Some(vec![if value.is_empty() { String::new() } else { name(value)? }]),
            negated,
        })
    };
    if let Some((key, value)) = part.split_once("!=") {
        return one(key, value, true);
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return one(key, value, false);
    }
    if let Some((head, values)) = part.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
        let mut words = head.split_whitespace();
        let key = name(words.next()?)?;
        let negated = match words.next()? {
            "in" => false,
            "notin" => true,
            _ => return None,
        };
        let values = values.split(',').map(|value| name(value.trim())).collect::<Option<_>>()?;
        return Some(Requirement { key, values: Some(values), negated });
    }
    match part.strip_prefix('!') {
        Some(key) => Some(Requirement { key: name(key.trim())?, values: None, negated: true }),
        None => Some(Requirement { key: name(part)?, values: None, negated: false }),
    }
}

fn name(text: &str) -> Option<String> {
    let valid = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
    (!text.is_empty() && text.bytes().all(valid)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_selectors_are_read() {
        let read = requirements("a=b, c!=d,e in (f, g),!k").unwrap();
        assert_eq!(read.len(), 4);
        assert_eq!(read[2].values.as_ref().unwrap(), &["f", "g"]);
        assert!(read[3].negated && read[3].values.is_none());
        assert!(requirements("a b").is_err());
    }
}
