//! Docker Compose's reading of the texts in its files. Each part says what Compose 2.26 was
//! seen to do.
//!
//! - [`variables`]: `$NAME` and `${NAME:-default}`
//! - [`dotenv`]: `.env` and the files of `env_file`
//! - [`scalar`]: values without quotes
//! - [`words`]: a command line
//! - [`ports`]: the short form of a port
//! - [`mounts`]: the short form of a mount
//! - [`quantity`]: memory and durations

pub mod dotenv;
pub mod mounts;
pub mod ports;
pub mod quantity;
pub mod scalar;
pub mod variables;
pub mod words;

/// Stands in a text for what is known only later. A character for private use, which no file of
/// a project holds.
pub const OPAQUE: char = '\u{F0000}';
