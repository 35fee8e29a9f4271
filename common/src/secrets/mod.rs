//! The rule of what counts as a secret and how it is kept out of messages, for all tools.
//!
//! - [`names`]: the names of variables that hold a secret, as a table
//! - [`values`]: values that are a secret whatever their name, and values that are none
//! - `command`: options of commands with a password behind them
//! - [`text`]: secrets in a line, a command, a log or a file, found and masked
//! - [`tree`]: secrets in a YAML file that a person wrote
//!
//! Two questions are asked. *Report it?* is [`is_secret`]: a name of a secret with a value that may
//! be one; a placeholder or a switch is no finding. *Show it?* is [`mask`] and [`tree::hidden`]: the
//! value of a secret's name is hidden whatever it is, because a wrongly hidden word costs a reader
//! little and a wrongly shown one stays in a build's log.

mod assignment;
mod command;
pub mod names;
mod scan;
pub mod text;
pub mod tree;
pub mod values;

pub use command::Words;
pub use names::names_secret;
pub use text::{MASK, mask, shows_secret, unquoted, unreadable};
pub use values::{has_only_references, has_password, is_harmless, is_placeholder, is_secret};

/// Whether no message may show the value of a variable.
pub fn is_hidden(name: &str, value: &str) -> bool {
    names_secret(name) && !is_harmless(value) || shows_secret(value)
}
