//! The parts of a catalogue.

use secrecy::SecretString;

use super::template::Template;
use crate::diagnostic::Place;

/// Every secret of the platform, in the order of their names.
#[derive(Debug)]
pub struct Catalogue {
    /// The secrets, sorted by name.
    pub secrets: Vec<Secret>,
    /// The env files, sorted by name.
    pub env_files: Vec<EnvFile>,
}

/// One entry of Secrets Manager.
#[derive(Debug)]
pub struct Secret {
    /// Its name there, or its ARN.
    pub name: String,
    /// The purpose of the secret.
    pub description: String,
    /// How its value is read.
    pub format: Format,
    /// Its keys in the order of the file; exactly one, without a name, unless the format is
    /// [`Format::Json`].
    pub keys: Vec<Key>,
    /// Variables that are put together from those of the keys.
    pub composed: Vec<Composed>,
    /// The services that use it, sorted.
    pub services: Vec<String>,
    /// Where it is written.
    pub place: Place,
}

/// How the value of a secret is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object; each key becomes a variable.
    Json,
    /// Plain text; the whole becomes one variable.
    Text,
    /// SecretBinary; base64 of the whole becomes one variable.
    Base64,
}

/// One value inside a secret.
#[derive(Debug)]
pub struct Key {
    /// The key in the JSON object; `None` where the secret is one value.
    pub name: Option<String>,
    /// Whether the name is a path with dots into nested objects, as `key:` says it.
    pub path: bool,
    /// The environment variable it becomes.
    pub variable: String,
    /// The value in development.
    pub dev: SecretString,
    /// Whether an object, a list or null inside is wanted, as JSON text.
    pub nested: bool,
    /// Where the variable's name is written.
    pub place: Place,
}

/// A variable that is put together from those of a secret's keys.
#[derive(Debug)]
pub struct Composed {
    /// The environment variable.
    pub variable: String,
    /// How it is put together. Each variable in it is one of the secret's keys.
    pub template: Template,
    /// Where the variable's name is written.
    pub place: Place,
}

/// One env file.
#[derive(Debug)]
pub struct EnvFile {
    /// `core` for `core.env`.
    pub name: String,
    /// The Compose profiles whose services read it.
    pub profiles: Vec<String>,
    /// Indexes into [`Catalogue::secrets`], ascending.
    pub secrets: Vec<usize>,
}

impl Secret {
    /// Every variable that the secret gives: those of its keys, and those put together from them.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let keys = self.keys.iter().map(|key| key.variable.as_str());
        keys.chain(self.composed.iter().map(|composed| composed.variable.as_str()))
    }
}

impl EnvFile {
    pub(super) fn serves(&self, profile: &str) -> bool {
        self.name == profile || self.profiles.iter().any(|name| name == profile)
    }
}

impl Key {
    /// The key as messages name it.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or("the whole value")
    }
}
