//! YAML values that remember where they come from.

mod folded;
mod letters;
mod node;
mod origin;
mod path;
mod read;
mod scalar;
mod shared;
mod sort;
mod text;
mod timestamp;
mod unreadable;
mod write;

pub(crate) use node::Index;
pub use node::{Entry, Head, Line, Node, Value};
pub(crate) use origin::Texts;
pub use origin::{FileId, Files, Location, Origin, Place, SourceFile, StepId, Touch};
pub use path::FieldSpec;
pub(crate) use path::Walk;
pub(crate) use read::{Dialect, Text, read};
pub use scalar::{Kind, Scalar};
pub use shared::Shared;
pub use sort::Sort;
pub(crate) use unreadable::{stays_a_key, unreadable};
pub(crate) use write::write;
