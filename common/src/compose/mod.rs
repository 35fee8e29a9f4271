//! What Docker Compose makes of the texts in its files. Each part says what Compose 2.26 was
//! seen to do.
//!
//! - [`variables`]: `$NAME` and `${NAME:-default}`
//! - [`dotenv`]: `.env` and the files of `env_file`
//! - [`scalar`]: values without quotes
//! - [`words`]: a command line
//! - [`ports`]: the short form of a port
//! - [`quantity`]: memory and durations

pub mod dotenv;
pub(crate) mod hide;
pub mod ports;
pub mod quantity;
pub mod scalar;
pub mod variables;
pub mod words;

/// Stands in a text for what is known only later. A character for private use, which no file of
/// a project holds.
pub const OPAQUE: char = '\u{F0000}';

/// Whether a name is one that people give to secrets.
pub fn looks_secret(name: &str) -> bool {
    let words = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "PRIVATE", "CREDENTIAL", "API_KEY"];
    let name = name.to_uppercase();
    words.iter().any(|word| name.contains(word))
}
