//! How much a service may use, and how often it runs.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Map, Scalar};

/// Scheduling and resources.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Deploy {
    /// replicated, or global for one on each node.
    pub(crate) mode: Option<Mode>,
    /// How many.
    pub(crate) replicas: Option<u32>,
    /// Limits and requests.
    pub(crate) resources: DeployResources,
    /// Swarm's own.
    pub(crate) restart_policy: Option<Value>,
    /// Swarm's own.
    pub(crate) update_config: Option<Value>,
    /// Swarm's own.
    pub(crate) rollback_config: Option<Value>,
    /// Swarm's own.
    pub(crate) placement: Option<Value>,
    /// Swarm's own.
    pub(crate) endpoint_mode: Option<String>,
    /// Swarm's own.
    pub(crate) labels: Option<Value>,
}

/// How many pods.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mode {
    /// A number of them.
    Replicated,
    /// One on each node.
    Global,
    /// As replicated; Compose itself does not make jobs of it.
    ReplicatedJob,
    /// As global.
    GlobalJob,
}

/// Limits and requests of `deploy`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DeployResources {
    /// At most.
    pub(crate) limits: Amounts,
    /// At least.
    pub(crate) reservations: Amounts,
}

/// Memory and CPUs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Amounts {
    /// CPUs.
    pub(crate) cpus: Option<Scalar>,
    /// Memory.
    pub(crate) memory: Option<Scalar>,
    /// Processes.
    pub(crate) pids: Option<u32>,
    /// Devices.
    pub(crate) devices: Option<Value>,
}

/// Resources in one environment.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Resources {
    /// Memory limit.
    pub(crate) memory: Option<Scalar>,
    /// CPU limit.
    pub(crate) cpus: Option<Scalar>,
    /// Memory request.
    #[serde(rename = "memory-request")]
    pub(crate) memory_request: Option<Scalar>,
    /// CPU request.
    #[serde(rename = "cpus-request")]
    pub(crate) cpus_request: Option<Scalar>,
}

/// How many pods.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Replicas {
    /// Everywhere.
    All(u32),
    /// By environment.
    Map(Map<u32>),
}
