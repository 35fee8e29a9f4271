//! The annotations that the AWS Load Balancer Controller reads from Ingresses and Services.
//!
//! Source: the controller's documentation, «Ingress annotations», as of release 2.13, and the
//! names that later releases have added.
//!
//! The controller ignores an annotation that it does not know, so a typing mistake goes unnoticed,
//! and refuses the whole Ingress for a value that it cannot read. A newer release may know more
//! names than this table: an unknown one is a violation only when it is close to a known one.

use std::sync::LazyLock;

use common::diagnostic::nearest;

use super::path::segment;
use super::violation::{Problem, Violation};
use crate::listed::is_listed;
use crate::tree::Node;

const PREFIX: &str = "alb.ingress.kubernetes.io/";

/// The form of a value.
#[derive(Clone)]
enum Shape {
    Text,
    Integer,
    Boolean,
    Json,
    /// `a=1,b=2`.
    Pairs,
    OneOf(Vec<&'static str>),
    /// An integer, or this word.
    IntegerOr(&'static str),
}

use Shape::{Boolean, Integer, IntegerOr, Json, OneOf, Pairs, Text};

/// The texts that Go's strconv.ParseBool takes.
const BOOLEANS: &str = "1 t T true TRUE True 0 f F false FALSE False";

/// Names behind the prefix, and what their values look like.
static KNOWN: LazyLock<Vec<(&str, Shape)>> = LazyLock::new(|| {
    let lines = include_str!("alb.txt").lines().filter(|line| !line.starts_with('#'));
    let rows = lines.map(|line| line.split_once(' ').expect("a name and a shape"));
    rows.map(|(name, shape)| (name, Shape::read(shape))).collect()
});

/// Checks the controller's annotations of an Ingress or a Service.
pub(super) fn check(object: &Node, kind: &str, violations: &mut Vec<Violation>) {
    if !matches!(kind, "Ingress" | "Service") {
        return;
    }
    let annotations = object.entries_at(&["metadata", "annotations"]);
    for entry in annotations {
        let Some(name) = entry.key.strip_prefix(PREFIX) else { continue };
        let path = || format!("metadata.annotations{}", segment(&entry.key, false));
        match shape(name) {
            // A value that is no text is a violation of the schema already.
            Some(shape) => {
                let problem = entry.value.as_str().and_then(|value| shape.problem(value));
                violations.extend(problem.map(|problem| Violation {
                    path: path(),
                    place: entry.value.place(),
                    problem,
                }));
            }
            None => {
                let near = nearest(name, KNOWN.iter().map(|(known, _)| *known));
                violations.extend(near.map(|near| Violation {
                    path: path(),
                    place: entry.place(),
                    problem: Problem::UnknownAnnotation { near: full(near) },
                }));
            }
        }
    }
}

fn shape(name: &str) -> Option<&'static Shape> {
    let fits = |known: &str| match known.strip_suffix('.') {
        Some(_) => name.len() > known.len() && name.starts_with(known),
        None => name == known,
    };
    KNOWN.iter().find(|(known, _)| fits(known)).map(|(_, shape)| shape)
}

/// The name with its prefix.
fn full(name: &str) -> String {
    format!("{PREFIX}{name}")
}

impl Shape {
    fn read(text: &'static str) -> Self {
        match text {
            "text" => Text,
            "integer" => Integer,
            "boolean" => Boolean,
            "json" => Json,
            "pairs" => Pairs,
            _ => match text.strip_prefix("integer-or:") {
                Some(word) => IntegerOr(word),
                None => OneOf(text.split('|').collect()),
            },
        }
    }

    fn problem(&self, value: &str) -> Option<Problem> {
        let is_integer = value.trim().parse::<i64>().is_ok();
        let (fits, expected) = match self {
            Text => return None,
            Integer => (is_integer, "an integer"),
            Boolean => (is_listed(BOOLEANS, value), "`true` or `false`"),
            Json => (serde_json::from_str::<serde_json::Value>(value).is_ok(), "JSON"),
            Pairs => (
                value.split(',').all(|pair| pair.trim().is_empty() || pair.contains('=')),
                "a list of pairs such as `a=1,b=2`",
            ),
            IntegerOr(word) => (is_integer || value == *word, "an integer or `traffic-port`"),
            OneOf(allowed) if allowed.contains(&value) => return None,
            OneOf(allowed) => {
                return Some(Problem::NotAllowed {
                    found: value.to_owned(),
                    allowed: allowed.iter().map(|value| (*value).to_owned()).collect(),
                    near: nearest(value, allowed.iter().copied()).map(str::to_owned),
                });
            }
        };
        (!fits).then_some(Problem::Malformed { expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_without_doubles() {
        assert!(KNOWN.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn names_with_a_part_of_the_users_are_found() {
        for name in ["actions.forward", "listener-attributes.HTTPS-443", "scheme", "group.name"] {
            assert!(shape(name).is_some(), "{name}");
        }
        for name in ["actions", "actions.", "schemes", "", "Scheme"] {
            assert!(shape(name).is_none(), "{name}");
        }
    }

    #[test]
    fn values_have_the_shape_that_the_controller_reads() {
        let fits = |name: &str, value: &str| shape(name).unwrap().problem(value).is_none();
        for (name, good, bad) in [
            ("listen-ports", "[{\"HTTP\": 80}]", "[{HTTP: 80}]"),
            ("ssl-redirect", "443", "https"),
            ("tags", "a=b,c=d", "a:b"),
            ("scheme", "internal", "public"),
            ("shield-advanced-protection", "true", "yes"),
            ("target-type", "ip", "IP"),
            ("frontend-nlb-healthcheck-port", "traffic-port", "http"),
            ("actions.a", "{}", "{"),
        ] {
            assert!(fits(name, good) && !fits(name, bad), "{name}");
        }
    }
}
