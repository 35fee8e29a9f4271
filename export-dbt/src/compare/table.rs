//! A table of one side, as DuckDB can read it.

use crate::types::DeltaType;

/// A side by its place on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hand {
    Left,
    Right,
}

impl Hand {
    /// The word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Hand::Left => "left",
            Hand::Right => "right",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// The SQL behind `FROM`.
    pub(crate) source: String,
    pub(crate) columns: Vec<Column>,
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// The type; or its name, when its values cannot be read.
    pub(crate) ty: Result<DeltaType, String>,
    /// The SQL of its value, of the type's form in DuckDB.
    pub(crate) value: String,
    /// A loss on the way to this side that the reader of the result has to know.
    pub(crate) note: Option<&'static str>,
}
