//! YAML that a person wrote: read with positions, bounded in size, depth and aliases.
//!
//! Typed reading and writing of generated YAML is serde's business (`plain`, a feature); the rest is for
//! files where an error must point at the line.

mod flow;
mod loader;
mod node;
#[cfg(feature = "plain-yaml")]
pub mod plain;
mod quoted;

pub use loader::{Error, Keep, Limits, Loaded, load, load_keeping};
pub use node::{Entry, Node, Style, Value};
pub use quoted::{OLD_BREAKS, is_break};
