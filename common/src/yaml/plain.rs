//! YAML into and out of plain values, where no message needs a place in the file.
//!
//! The only module that names the library, so that a successor is one file's change.

use serde::de::DeserializeOwned;

pub use serde_yaml::{Error, Mapping, Value, from_slice, from_str, to_string};

/// The documents of a text, one after another.
pub fn documents<T: DeserializeOwned>(text: &str) -> impl Iterator<Item = Result<T, Error>> {
    serde_yaml::Deserializer::from_str(text).map(T::deserialize)
}
