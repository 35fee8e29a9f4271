//! What several of the tools share, and nothing that belongs to one of them.
//!
//! - [`exit`]: the exit status every tool uses
//! - [`diagnostic`]: an error with its place in a file, and reports of many
//! - [`yaml`]: YAML a person wrote, read with positions and bounded in size
//! - [`spec`]: the specification folder, found and read
//! - [`catalogue`]: the secrets of the platform, checked
//! - [`compose`]: what Docker Compose makes of the texts in its files
//! - [`project`]: the files of a Compose project, merged as Docker Compose merges them
//! - [`files`]: files replaced whole, never half-written
//! - [`stop`], [`streams`]: why a command ends early; what it says where
//! - [`table`]: aligned tables for a terminal
//! - `docs` (feature): shell completions and man pages from a command line's definition
//! - `aws` (feature): deadlines and endpoint of an AWS client

#[cfg(feature = "aws")]
pub mod aws;
pub mod catalogue;
pub mod compose;
pub mod diagnostic;
#[cfg(feature = "docs")]
pub mod docs;
pub mod exit;
pub mod files;
pub mod project;
pub mod spec;
pub mod stop;
pub mod streams;
pub mod table;
pub mod yaml;
