//! The specification as types: Compose's own keys, the `x-*` vocabulary, and the JSON Schema.
//!
//! Only shapes are said here. Values that Compose writes in several ways stay as written; `model` makes one
//! form of it.

mod catalogue;
mod environment;
mod resources;
mod service;
mod storage;
mod value;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use catalogue::{SecretEntry, SecretFiles, Variable};
pub use environment::PublishedPorts;
pub(crate) use environment::{
    Alb, ArgoCd, Authentication, Cluster, Environment, Images, Scheme, Sync,
};
pub(crate) use resources::{Deploy, Mode, Replicas, Resources};
pub(crate) use service::{
    Condition, Contract, Dependencies, EnvFile, EnvFiles, Healthcheck, Network, Networks, Port,
    Route, Service,
};
pub(crate) use storage::{Access, Config, ConfigUse, FileSecret, Mount, MountLong, Volume};
use value::Map;
pub(crate) use value::{Pairs, Scalar, Words};

/// A Compose file with the vocabulary of compose-gen.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Platform specification")]
pub(crate) struct Document {
    /// Compose's own; has no meaning any more.
    pub(crate) version: Option<Scalar>,
    /// Files that belong to this one.
    pub(crate) include: Vec<Include>,
    /// The project's name.
    pub(crate) name: Option<String>,
    /// The services.
    pub(crate) services: Map<Service>,
    /// Named volumes.
    pub(crate) volumes: Map<Option<Volume>>,
    /// Networks; they exist in Compose only.
    pub(crate) networks: Map<Option<Value>>,
    /// Files of this repository for services.
    pub(crate) configs: Map<Config>,
    /// Files that are secret, for services. `x-secrets` is the catalogue.
    #[serde(rename = "secrets")]
    pub(crate) compose_secrets: Map<Value>,
    /// The Kubernetes environments.
    #[serde(rename = "x-environments")]
    pub(crate) environments: Map<Environment>,
    /// The secret catalogue: the name in Secrets Manager and what is in it.
    #[serde(rename = "x-secrets")]
    pub(crate) secrets: Map<SecretEntry>,
    /// Env files and the profiles that read them.
    #[serde(rename = "x-env-files")]
    pub(crate) env_files: Map<Vec<String>>,
    /// How Compose services get their secrets.
    #[serde(rename = "x-secret-files")]
    pub(crate) secret_files: Option<SecretFiles>,
    /// The value of `${NAME}`.
    #[serde(rename = "x-variables")]
    pub(crate) variables: Map<Variable>,
    /// Compose's `logging` of every service that has none.
    #[serde(rename = "x-logging")]
    pub(crate) logging: Option<Logging>,
    /// The service whose image waits for others in Kubernetes.
    #[serde(rename = "x-wait")]
    pub(crate) wait: Option<String>,
}

/// How the engine keeps what containers write.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Logging {
    /// The engine's driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) driver: Option<String>,
    /// Its options.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) options: Map<String>,
}

/// Files that belong to the one that names them.
#[expect(dead_code, reason = "only the shape is checked here; the reader follows the paths")]
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Include {
    /// The path of one.
    Path(String),
    /// The long form.
    Long(IncludeLong),
}

/// The long form of an include.
#[expect(dead_code, reason = "only the shape is checked here; the reader follows the paths")]
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IncludeLong {
    /// The path, or several of which the later override the earlier.
    pub(crate) path: Words,
    /// The folder where relative paths start, instead of that of the first path.
    #[serde(default)]
    pub(crate) project_directory: Option<String>,
    /// Files of variables, instead of the `.env` of that folder.
    #[serde(default)]
    pub(crate) env_file: Option<Words>,
}
