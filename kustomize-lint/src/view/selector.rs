//! Label selectors in objects, and the labels that they look at.

use crate::object::Object;
use crate::tree::{Entry, Node};

/// Keys and values of a mapping of labels.
pub(crate) fn labels(node: Option<&Node>) -> impl Iterator<Item = (&str, &str)> {
    node.into_iter()
        .flat_map(Node::entries)
        .filter_map(|entry| Some((entry.key.as_str(), entry.value.scalar()?.text.as_str())))
}

/// The selector of a Service that is to select pods.
pub(crate) fn of_service(service: &Object) -> Option<&Entry> {
    let spec = service.node.get("spec")?;
    let external = spec.str_at(&["type"]) == Some("ExternalName");
    let selector = spec.entry("selector").filter(|_| !external)?;
    (!Selector::plain(&selector.value).is_empty()).then_some(selector)
}

/// A selector: `matchLabels` with `matchExpressions`, or a plain mapping (of a Service).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selector<'a> {
    labels: Option<&'a Node>,
    expressions: &'a [Node],
}

impl<'a> Selector<'a> {
    /// A plain mapping.
    pub(crate) fn plain(node: &'a Node) -> Self {
        Selector { labels: Some(node), expressions: &[] }
    }

    /// A LabelSelector.
    pub(crate) fn of(node: &'a Node) -> Self {
        Selector {
            labels: node.get("matchLabels"),
            expressions: node.items_at(&["matchExpressions"]),
        }
    }

    /// Whether it says nothing: it selects everything.
    pub(crate) fn is_empty(&self) -> bool {
        labels(self.labels).next().is_none() && self.expressions.is_empty()
    }

    /// The labels that must have one value.
    pub(crate) fn equalities(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        labels(self.labels)
    }

    /// The keys of labels that it looks at.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'a str> {
        let expressions = self.expressions.iter().filter_map(|one| one.str_at(&["key"]));
        labels(self.labels).map(|(key, _)| key).chain(expressions)
    }

    /// Whether it selects something with these labels.
    pub(crate) fn selects(&self, pod_labels: Option<&Node>) -> bool {
        let value = |key: &str| pod_labels.and_then(|labels| labels.word_at(&[key]));
        labels(self.labels).all(|(key, wanted)| value(key) == Some(wanted))
            && self.expressions.iter().all(|expression| {
                let key = expression.str_at(&["key"]).unwrap_or_default();
                let listed = |value: &str| {
                    let values = expression.items_at(&["values"]);
                    values.iter().any(|item| item.scalar().is_some_and(|s| s.text == value))
                };
                match expression.str_at(&["operator"]) {
                    Some("In") => value(key).is_some_and(listed),
                    Some("NotIn") => !value(key).is_some_and(listed),
                    Some("Exists") => value(key).is_some(),
                    Some("DoesNotExist") => value(key).is_none(),
                    _ => false,
                }
            })
    }
}
