//! A mistake in an object, and its place.

use std::borrow::Cow;

use crate::tree::{Place, Sort};

/// The part of an object that a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An amount that cannot be read.
    Amount,
    /// A request above its limit.
    RequestAboveLimit,
    /// A selector that does not select its template.
    Selection,
    /// A value that some clusters refuse, by their version or their configuration, or that is refused only in the
    /// pods of a template.
    Cluster,
    /// Anything else.
    Rule,
}

/// A field, or an object, that the API server refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The path to it from the object's top: `spec.containers[0].image`,
    /// `metadata.labels["app.kubernetes.io/name"]`. Empty for the object itself.
    pub path: String,
    /// Where it is written: the key of a field that is unknown, or null and required; the mapping
    /// that lacks a field; else the value.
    pub place: Place,
    /// The mistake.
    pub problem: Problem,
}

/// The kinds of mistakes. No variant holds a value that may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The API version has no such kind.
    UnknownKind {
        /// The kind.
        kind: String,
        /// The API version.
        api_version: String,
        /// The kind that was probably meant.
        near: Option<String>,
        /// The API versions of the group that have the kind.
        served: Vec<String>,
    },
    /// There is no such field.
    UnknownField {
        /// Its name.
        field: String,
        /// The field that was probably meant.
        near: Option<String>,
    },
    /// A field that only the experimental definitions of a kind have.
    Experimental {
        /// Its name.
        field: String,
    },
    /// A field has to be there and is not, or is null, which is the same.
    Missing {
        /// Its name.
        field: String,
    },
    /// A value of another type.
    WrongType {
        /// The expected type: `an integer`.
        expected: Sort,
        /// The type in the object: `text`.
        found: Sort,
    },
    /// A text or an integer that is not among the allowed ones.
    NotAllowed {
        /// The value.
        found: String,
        /// The allowed ones.
        allowed: Vec<String>,
        /// The name that was probably meant.
        near: Option<String>,
    },
    /// An integer that is too small or too large.
    OutOfRange {
        /// The smallest that is allowed.
        first: i64,
        /// The largest that is allowed.
        last: i64,
    },
    /// A value of the right type that is not written as it has to be.
    Malformed {
        /// How it has to be: `base64`.
        expected: &'static str,
    },
    /// A text that the API server takes and the controller of the object cannot read.
    Unreadable {
        /// How it has to be.
        expected: &'static str,
    },
    /// An integer with more bits than the field has. A client may refuse it; server-side apply keeps what
    /// is left of it.
    Cut {
        /// The bits that the field has.
        bits: u8,
    },
    /// A value that fits the schema, and that the API server refuses.
    Refused {
        /// The part that it is about.
        subject: Subject,
        /// The fault, as the end of a sentence that begins with the path.
        why: String,
        /// The server's words.
        server: Cow<'static, str>,
    },
    /// An annotation of a known controller with a name that the controller does not know.
    UnknownAnnotation {
        /// The name that was probably meant.
        near: String,
    },
}

impl Problem {
    /// Whether the API server may take the object all the same.
    pub fn may_be_accepted(&self) -> bool {
        matches!(
            self,
            Problem::Unreadable { .. }
                | Problem::Cut { .. }
                | Problem::Experimental { .. }
                | Problem::UnknownAnnotation { .. }
                | Problem::Refused { subject: Subject::Cluster, .. }
        )
    }
}

impl Violation {
    /// The mistake, as a sentence without a full stop.
    pub fn message(&self) -> String {
        let path = &self.path;
        match &self.problem {
            Problem::UnknownKind { kind, api_version, .. } => {
                format!("`{api_version}` has no kind `{kind}`")
            }
            Problem::UnknownField { field, .. } => {
                let parent = path.strip_suffix(field.as_str()).and_then(|p| p.strip_suffix('.'));
                match parent {
                    Some(parent) => format!("`{parent}` has no field `{field}`"),
                    None => format!("there is no field `{path}`"),
                }
            }
            Problem::Experimental { field } => {
                format!("`{field}` is a field of the experimental definitions only")
            }
            Problem::Missing { field } if path.is_empty() => {
                format!("the required field `{field}` is missing")
            }
            Problem::Missing { field } => {
                format!("the required field `{field}` of `{path}` is missing")
            }
            Problem::WrongType { expected, found } => {
                format!("`{path}` has to be {expected} and is {found}")
            }
            Problem::NotAllowed { found, .. } => format!("`{path}` cannot be `{found}`"),
            Problem::OutOfRange { first, last } => {
                format!("`{path}` has to be from {first} to {last}")
            }
            Problem::Cut { bits } => format!("`{path}` is not an integer of {bits} bits"),
            Problem::Unreadable { expected } | Problem::Malformed { expected } => {
                format!("`{path}` is not {expected}")
            }
            Problem::Refused { why, .. } if path.is_empty() => format!("the object {why}"),
            Problem::Refused { why, .. } => format!("`{path}` {why}"),
            Problem::UnknownAnnotation { .. } => {
                format!("`{path}` is not an annotation of the AWS Load Balancer Controller")
            }
        }
    }

    /// The hint, where it can say more than the message.
    pub fn hint(&self) -> Option<String> {
        let meant = |near: &str| format!("did you mean `{near}`?");
        match &self.problem {
            Problem::UnknownKind { near: Some(near), .. }
            | Problem::UnknownField { near: Some(near), .. }
            | Problem::UnknownAnnotation { near } => Some(meant(near)),
            Problem::UnknownKind { served, .. } if !served.is_empty() => {
                Some(format!("use `{}`", served.join("` or `")))
            }
            Problem::Refused { server, .. } => Some(format!("the API server says: {server}")),
            Problem::NotAllowed { near: Some(near), .. } => Some(meant(near)),
            Problem::NotAllowed { allowed, .. } => {
                Some(format!("one of `{}`", allowed.join("`, `")))
            }
            Problem::WrongType { expected, found } => match (expected, found) {
                (Sort::Text, Sort::Number | Sort::Boolean) => Some("put it in quotes".into()),
                (Sort::Integer | Sort::Number | Sort::Boolean, Sort::Text) => {
                    Some("write it without quotes".into())
                }
                (Sort::List, _) => Some("write it as a list, with `- ` before the item".into()),
                _ => None,
            },
            _ => None,
        }
    }
}
