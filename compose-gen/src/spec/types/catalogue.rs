//! Secrets, and the variables of the specification itself.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Map, Scalar};

/// A secret of the catalogue.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SecretEntry {
    /// The service or account that it opens.
    pub(crate) description: Option<String>,
    /// The services that use it.
    pub(crate) services: Vec<String>,
    /// json, text or base64 [json].
    pub(crate) format: Option<String>,
    /// The keys of a JSON secret.
    pub(crate) keys: Map<SecretKey>,
    /// Variables that are put together from those of the keys.
    pub(crate) composed: Map<Composed>,
    /// The variable of a secret that is one value.
    pub(crate) variable: Option<String>,
    /// The development value of a secret that is one value.
    pub(crate) dev: Option<String>,
}

/// A key of a secret.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SecretKey {
    /// The variable it becomes [its own name].
    pub(crate) variable: Option<String>,
    /// Its key in the secret, or a path with dots into nested objects [its own name].
    pub(crate) key: Option<String>,
    /// Its value in development.
    pub(crate) dev: Option<String>,
    /// An object, a list or null inside, as JSON text.
    pub(crate) nested: Option<bool>,
}

/// A variable that is put together from those of a secret's keys: `${NAME}` is a variable, `$$` a dollar sign.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Composed {
    /// A URL; the variables in it are percent-encoded, `${NAME:raw}` is not.
    pub(crate) url: Option<String>,
    /// A text; the variables stand in it as they are.
    pub(crate) text: Option<String>,
}

/// How Compose services get their secrets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretFiles {
    /// The service that writes the env files.
    pub(crate) service: String,
    /// The named volume it writes to.
    pub(crate) volume: String,
    /// Where the volume is mounted.
    pub(crate) path: String,
}

/// The value of a name. Names are resolved before this type is read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)]
pub(crate) enum Variable {
    /// Always the same.
    Fixed(Scalar),
    /// With more to say.
    Long(VariableLong),
}

/// A variable with more to say.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct VariableLong {
    /// Its value.
    pub(crate) default: Option<Scalar>,
    /// Whether `docker compose up` may change it.
    #[serde(rename = "at-up")]
    pub(crate) at_up: bool,
    /// The purpose of the variable.
    pub(crate) description: Option<String>,
}
