//! An object against its schema.

use common::diagnostic::nearest;

use super::alb;
use super::bundle::{Schemas, group_of};
use super::definition::{Definition, Field, Form, Name, Type, field};
use super::path::segment;
use super::removed::removed;
use super::version::Version;
use super::violation::{Problem, Violation};
use crate::tree::{Kind, Node, Place, Sort, Value};

/// The knowledge on an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was checked; without violations, the API server decodes it.
    Checked(Vec<Violation>),
    /// Its kind is not known here: a custom resource, or an API version that [`removed`] knows.
    Unknown,
}

/// Fields of Gateway API that a cluster has with the experimental definitions, and not with the standard ones.
/// Each with its kind and its path.
const EXPERIMENTAL: [(&str, &str); 11] = [
    ("GRPCRoute", "spec.rules[].sessionPersistence"),
    ("GRPCRoute", "spec.useDefaultGateways"),
    ("Gateway", "spec.defaultScope"),
    ("HTTPRoute", "spec.rules[].backendRefs[].filters[].externalAuth"),
    ("HTTPRoute", "spec.rules[].filters[].externalAuth"),
    ("HTTPRoute", "spec.rules[].retry"),
    ("HTTPRoute", "spec.rules[].sessionPersistence"),
    ("HTTPRoute", "spec.useDefaultGateways"),
    ("TCPRoute", "spec.useDefaultGateways"),
    ("TLSRoute", "spec.useDefaultGateways"),
    ("UDPRoute", "spec.useDefaultGateways"),
];

fn is_experimental(api_version: &str, kind: &str, path: &str) -> bool {
    let parts = path.split('[').map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()));
    let path = parts.collect::<Vec<_>>().join("[");
    group_of(api_version) == "gateway.networking.k8s.io"
        && EXPERIMENTAL.contains(&(kind, path.as_str()))
}

/// Checks an object as the API server of this version does with strict field validation.
///
/// - A field that the schema does not have is a violation, also in custom resources.
/// - `null` is the same as an absent field, as the API server drops it.
/// - Quantities are not parsed: any text and any number is one here.
///
/// The order of the violations is that of the object's text; missing fields come before what is
/// wrong in the mapping that lacks them.
pub fn validate(object: &Node, version: Version) -> Verdict {
    let schemas = Schemas::of(version);
    let (Some(api_version), Some(kind)) = (object.get("apiVersion"), object.get("kind")) else {
        return Verdict::Unknown;
    };
    let (Some(api), Some(name)) = (api_version.as_str(), kind.as_str()) else {
        return Verdict::Unknown;
    };
    let known = schemas.kinds(api).iter().find(|known| known.kind == name && known.is_in(version));
    let mut violations = Vec::new();
    let Some(known) = known else {
        match unknown_kind(schemas, api, name) {
            Some(problem) => {
                // The part that is wrong: the kind where the API version is right.
                let right = schemas.kinds(api).iter().any(|known| known.is_in(version));
                let node = if right { kind } else { api_version };
                let place = node.place();
                let path = if right { "kind" } else { "apiVersion" }.to_owned();
                violations.push(Violation { path, place, problem });
                return Verdict::Checked(violations);
            }
            None => return Verdict::Unknown,
        }
    };
    let mut walk = Walk { schemas, api_version: api, kind: name, path: String::new(), violations };
    walk.named(object, &known.name);
    if known.builtin {
        alb::check(object, name, &mut walk.violations);
    }
    Verdict::Checked(walk.violations)
}

/// Fields that schemas require and that the API server does without: their empty value is one.
const OPTIONAL: &[(&str, &str)] = &[
    ("CSIDriver", "spec"),
    ("CSINode", "spec"),
    ("CSINodeSpec", "drivers"),
    ("CustomResourceDefinitionVersion", "served"),
    ("CustomResourceDefinitionVersion", "storage"),
    ("Event", "involvedObject"),
    ("ForZone", "name"),
    ("HTTPHeader", "value"),
    ("LimitRangeSpec", "limits"),
    ("NetworkPolicySpec", "podSelector"),
    ("PodFailurePolicy", "rules"),
    ("PreferredSchedulingTerm", "preference"),
    ("RoleRef", "apiGroup"),
    ("SleepAction", "seconds"),
    ("StatefulSetSpec", "serviceName"),
    ("Sysctl", "value"),
    ("TokenRequest", "audience"),
    ("TypedLocalObjectReference", "kind"),
    ("TypedLocalObjectReference", "name"),
];

/// Why an object's kind is not in the schemas; `None` when nothing is known against it.
fn unknown_kind(schemas: &Schemas, api_version: &str, kind: &str) -> Option<Problem> {
    let group = group_of(api_version);
    let known = schemas.kinds(api_version);
    // A custom resource's group may have kinds that are not in the bundle.
    // Groups of custom resources are domains.
    let foreign = !schemas.is_builtin(group) && group.contains('.');
    if foreign && let Some(problem) = typo(schemas, api_version, kind) {
        return Some(problem);
    }
    let elsewhere = foreign || removed(api_version, kind).is_some();
    // Objects in a list have kinds of their own, and the list is none of the server's.
    if elsewhere || (api_version, kind) == ("v1", "List") {
        return None;
    }
    let version = schemas.version();
    let names = known.iter().filter(|known| known.is_in(version)).map(|known| known.kind.as_str());
    let near = nearest(kind, names).map(str::to_owned);
    let mut served = schemas.served(group, kind);
    if served.is_empty() && near.is_none() {
        served = schemas.built_in(kind);
    }
    let served = served.into_iter().map(str::to_owned).collect();
    let (kind, api_version) = (kind.to_owned(), api_version.to_owned());
    Some(Problem::UnknownKind { kind, api_version, near, served })
}

/// A group or a kind that is one letter from a known one, as nobody would name another.
fn typo(schemas: &Schemas, api_version: &str, kind: &str) -> Option<Problem> {
    let unknown = |near: Option<&str>, served: Vec<String>| Problem::UnknownKind {
        kind: kind.to_owned(),
        api_version: api_version.to_owned(),
        near: near.map(str::to_owned),
        served,
    };
    let kinds = schemas.kinds(api_version).iter().map(|known| known.kind.as_str());
    let near = kinds.into_iter().find(|known| {
        known.eq_ignore_ascii_case(kind) || format!("{known}s") == kind || is_swapped(known, kind)
    });
    if near.is_some() {
        return Some(unknown(near, Vec::new()));
    }
    let served = schemas.near_versions(api_version, kind);
    (!served.is_empty()).then(|| unknown(None, served))
}

/// Whether a text is another with two neighbours swapped, or with one letter more or less.
fn is_swapped(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (a, b) = (&one[same..], &other[same..]);
    match (a, b) {
        ([first, second, rest @ ..], [third, fourth, other @ ..])
            if first == fourth && second == third && rest == other =>
        {
            true
        }
        ([_, rest @ ..], all) if rest == all => true,
        (all, [_, rest @ ..]) => rest == all,
        _ => false,
    }
}

fn cut(fits: bool, bits: u8) -> Option<Problem> {
    (!fits).then_some(Problem::Cut { bits })
}

struct Walk<'a> {
    schemas: &'static Schemas,
    /// The version and the kind of the object, which also decide about a part of it.
    api_version: &'a str,
    kind: &'a str,
    path: String,
    violations: Vec<Violation>,
}

impl Walk<'_> {
    fn report(&mut self, place: Place, problem: Problem) {
        self.violations.push(Violation { path: self.path.clone(), place, problem });
    }

    fn wrong_type(&mut self, node: &Node, expected: Sort) {
        let found = match &node.value {
            Value::Scalar(scalar) if expected == Sort::Integer && scalar.kind == Kind::Float => {
                Sort::Fraction
            }
            _ => node.kind(),
        };
        self.report(node.place(), Problem::WrongType { expected, found });
    }

    /// Goes into a part of the object.
    fn within(&mut self, segment: &str, go: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push_str(segment);
        go(self);
        self.path.truncate(length);
    }

    fn check(&mut self, node: &Node, r#type: &Type) {
        // A missing required field is the business of whoever holds it.
        if node.is_null() {
            return;
        }
        let kind = node.scalar().map(|scalar| scalar.kind);
        match r#type {
            Type::Any => {}
            Type::AnyMapping => self.expect(node, Sort::Mapping, node.is_mapping()),
            Type::Text => self.expect(node, Sort::Text, kind == Some(Kind::Text)),
            Type::Number => {
                self.expect(node, Sort::Number, matches!(kind, Some(Kind::Int | Kind::Float)));
            }
            Type::Bool => self.expect(node, Sort::Boolean, kind == Some(Kind::Bool)),
            Type::Quantity => self.expect(
                node,
                Sort::Quantity,
                matches!(kind, Some(Kind::Text | Kind::Int | Kind::Float)),
            ),
            Type::IntOrText => {
                self.expect(
                    node,
                    Sort::IntegerOrText,
                    matches!(kind, Some(Kind::Text | Kind::Int)),
                );
            }
            Type::Int32 => self.integer(node, |n| cut(i32::try_from(n).is_ok(), 32)),
            Type::Int64 => self.integer(node, |n| cut(i64::try_from(n).is_ok(), 64)),
            &Type::Range(first, last) => self.integer(node, |n| {
                let fits = (i128::from(first)..=i128::from(last)).contains(&n);
                (!fits).then_some(Problem::OutOfRange { first, last })
            }),
            Type::Form(form) => match node.as_str() {
                None => self.wrong_type(node, Sort::Text),
                Some(text) => {
                    let expected = form.description();
                    let problem = match form {
                        Form::GoDuration => Problem::Unreadable { expected },
                        _ => Problem::Malformed { expected },
                    };
                    if !form.fits(text) {
                        self.report(node.place(), problem);
                    }
                }
            },
            Type::OneOf(allowed) => self.one_of(node, allowed),
            Type::OneOfInts(allowed) => self.integer(node, |n| {
                let fits = allowed.iter().any(|value| i128::from(*value) == n);
                (!fits).then(|| Problem::NotAllowed {
                    found: n.to_string(),
                    allowed: allowed.iter().map(i64::to_string).collect(),
                    near: None,
                })
            }),
            Type::List(item) => self.list(node, item),
            Type::Map(value) => self.map(node, value),
            Type::Named(name) => self.named(node, name),
        }
    }

    fn expect(&mut self, node: &Node, expected: Sort, fits: bool) {
        if !fits {
            self.wrong_type(node, expected);
        }
    }

    fn integer(&mut self, node: &Node, problem: impl Fn(i128) -> Option<Problem>) {
        match node.scalar().filter(|scalar| scalar.kind == Kind::Int) {
            None => self.wrong_type(node, Sort::Integer),
            Some(scalar) => {
                // The reader keeps integers within 65 bits.
                let problem = problem(scalar.text.parse().unwrap_or(i128::MAX));
                if let Some(problem) = problem {
                    self.report(node.place(), problem);
                }
            }
        }
    }

    fn one_of(&mut self, node: &Node, allowed: &[String]) {
        let Some(text) = node.as_str() else { return self.wrong_type(node, Sort::Text) };
        if allowed.iter().any(|value| value == text) {
            return;
        }
        let allowed = allowed.iter().filter(|value| !value.is_empty());
        let near = nearest(text, allowed.clone().map(String::as_str)).map(str::to_owned);
        let (found, allowed) = (text.to_owned(), allowed.cloned().collect());
        self.report(node.place(), Problem::NotAllowed { found, allowed, near });
    }

    fn list(&mut self, node: &Node, r#type: &Type) {
        if !node.is_sequence() {
            return self.wrong_type(node, Sort::List);
        }
        for (at, item) in node.items().iter().enumerate() {
            self.within(&format!("[{at}]"), |walk| match r#type {
                // An item is never absent: without a value it is an object without fields.
                Type::Named(name) => walk.named(item, name),
                _ => walk.check(item, r#type),
            });
        }
    }

    fn map(&mut self, node: &Node, r#type: &Type) {
        if !node.is_mapping() {
            return self.wrong_type(node, Sort::Mapping);
        }
        for entry in node.entries() {
            let segment = segment(&entry.key, self.path.is_empty());
            self.within(&segment, |walk| walk.check(&entry.value, r#type));
        }
    }

    fn named(&mut self, node: &Node, name: &Name) {
        let definition = self.schemas.definition(name);
        match definition.expect("every name in the bundle leads to a definition") {
            Definition::Alias(alias) => self.check(node, alias),
            Definition::Object(fields) => self.object(node, name, fields),
        }
    }

    fn object(&mut self, node: &Node, name: &Name, fields: &[Field]) {
        if !node.is_mapping() && !node.is_null() {
            return self.wrong_type(node, Sort::Mapping);
        }
        let is_optional = |field: &Field| {
            let known = |row: &&(&str, &str)| row.0 == name.name && row.1 == field.name;
            OPTIONAL.iter().any(|row| known(&row))
        };
        for field in fields.iter().filter(|field| field.required && !is_optional(field)) {
            let entry = node.entry(&field.name);
            if entry.is_none_or(|entry| entry.value.is_null()) {
                let origin = entry.map_or(node.origin, |entry| entry.origin);
                self.report(origin.place(), Problem::Missing { field: field.name.clone() });
            }
        }
        for entry in node.entries() {
            let segment = segment(&entry.key, self.path.is_empty());
            match field(fields, &entry.key) {
                Some(field) => {
                    self.within(&segment, |walk| walk.check(&entry.value, &field.r#type));
                }
                None => {
                    let free = fields.iter().filter(|field| node.get(&field.name).is_none());
                    let near = nearest(&entry.key, free.map(|field| field.name.as_str()));
                    let (field, near) = (entry.key.clone(), near.map(str::to_owned));
                    self.within(&segment, |walk| {
                        let is_experimental =
                            is_experimental(walk.api_version, walk.kind, &walk.path);
                        let problem = match is_experimental {
                            true => Problem::Experimental { field },
                            false => Problem::UnknownField { field, near },
                        };
                        walk.report(entry.place(), problem);
                    });
                }
            }
        }
    }
}
