//! The code that several of the tools share, and nothing that belongs to one of them.
//!
//! - [`exit`]: the exit status every tool uses
//! - [`diagnostic`]: an error with its place in a file, and reports of many
//! - [`yaml`]: YAML a person wrote, read with positions and bounded in size
//! - [`spec`]: the specification folder, found and read
//! - [`environment`]: memory and nodes of its environments
//! - [`catalogue`]: the secrets of the platform, checked
//! - [`secrets`]: the names and texts that count as secrets, and how they are kept out of messages
//! - [`compose`]: texts of Compose files, as Docker Compose reads them
//! - [`quantity`]: amounts of memory as Kubernetes and Compose write them
//! - [`kubernetes`]: the pods of an object, the objects that it needs, and the budget of all
//! - [`project`]: the files of a Compose project, merged as Docker Compose merges them
//! - [`files`]: files replaced whole, never half-written
//! - [`github`]: texts in the workflow commands of GitHub Actions
//! - [`stop`], [`streams`]: why a command ends early; its output on stdout and stderr
//! - [`fault`]: the words of faults that several tools have
//! - [`table`]: aligned tables and bars for a terminal
//! - [`markup`], [`url`]: text inside HTML, SVG and URLs
//! - `cli` (feature): empty and former variables, and options that all tools have
//! - `duration` (feature): durations of options and messages
//! - `retry` (feature): trying and asking again, with pauses that grow
//! - `docs` (feature): shell completions and man pages from a command line's definition
//! - `aws` (feature): deadlines and endpoint of an AWS client

#[cfg(feature = "aws")]
pub mod aws;
pub mod catalogue;
#[cfg(feature = "cli")]
pub mod cli;
pub mod compose;
pub mod diagnostic;
#[cfg(feature = "docs")]
pub mod docs;
#[cfg(feature = "duration")]
pub mod duration;
pub mod environment;
pub mod exit;
pub mod fault;
pub mod files;
pub mod github;
pub mod kubernetes;
pub mod markup;
pub mod project;
pub mod quantity;
#[cfg(feature = "retry")]
pub mod retry;
pub mod secrets;
pub mod spec;
pub mod stop;
pub mod streams;
pub mod table;
pub mod url;
pub mod verbose;
pub mod yaml;
