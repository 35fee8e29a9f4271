//! YAML that a person wrote: read with positions, bounded in size, depth and aliases.
//!
//! Typed reading and writing of generated YAML is serde's business; this is for files where
//! an error must point at the line.

mod loader;
mod node;

pub use loader::{Error, Limits, Loaded, load};
pub use node::{Entry, Node, Style, Value};
