//! The names of types, for people.

use std::fmt;

/// A sort of values, either found or expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Sort {
    Nothing,
    Boolean,
    Number,
    Integer,
    Fraction,
    Text,
    IntegerOrText,
    Quantity,
    List,
    Mapping,
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sort::Nothing => "nothing",
            Sort::Boolean => "a boolean",
            Sort::Number => "a number",
            Sort::Integer => "an integer",
            Sort::Fraction => "a number with a fraction",
            Sort::Text => "text",
            Sort::IntegerOrText => "an integer or text",
            Sort::Quantity => "a quantity such as `100m` or `1Gi`",
            Sort::List => "a list",
            Sort::Mapping => "a mapping",
        })
    }
}
