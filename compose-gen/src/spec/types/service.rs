//! A service: Compose's own keys, and what it says beyond them.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{ConfigUse, Deploy, Map, Mount, Pairs, Replicas, Resources, Scalar, Words};
use crate::spec::uncarried;

/// A service.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = uncarried::describe)]
pub(crate) struct Service {
    /// The image.
    pub(crate) image: Option<String>,
    /// The service from which it takes over everything that it does not say itself.
    pub(crate) extends: Option<Extends>,
    /// Where the image is built from.
    pub(crate) build: Option<Value>,
    /// The profiles it runs in; the first is its home.
    pub(crate) profiles: Vec<String>,
    /// The program, instead of the image's entrypoint.
    pub(crate) entrypoint: Option<Words>,
    /// Its arguments, instead of the image's command.
    pub(crate) command: Option<Words>,
    /// Environment variables.
    pub(crate) environment: Pairs,
    /// Files of environment variables.
    pub(crate) env_file: Option<EnvFiles>,
    /// Published ports.
    pub(crate) ports: Vec<Port>,
    /// Container ports that are not published.
    pub(crate) expose: Vec<Scalar>,
    /// The services that start before it.
    pub(crate) depends_on: Option<Dependencies>,
    /// How its health is checked.
    pub(crate) healthcheck: Option<Healthcheck>,
    /// The mounts of its container.
    pub(crate) volumes: Vec<Mount>,
    /// Files of the top-level `configs`.
    pub(crate) configs: Vec<ConfigUse>,
    /// Memory-backed folders.
    pub(crate) tmpfs: Option<Words>,
    /// Size of /dev/shm.
    pub(crate) shm_size: Option<Scalar>,
    /// When it starts again.
    pub(crate) restart: Option<String>,
    /// Scheduling and resources.
    pub(crate) deploy: Option<Deploy>,
    /// Memory limit.
    pub(crate) mem_limit: Option<Scalar>,
    /// Memory request.
    pub(crate) mem_reservation: Option<Scalar>,
    /// CPU limit.
    pub(crate) cpus: Option<Scalar>,
    /// `uid` or `uid:gid`.
    pub(crate) user: Option<Scalar>,
    /// Further groups.
    pub(crate) group_add: Vec<Scalar>,
    /// The folder it starts in.
    pub(crate) working_dir: Option<String>,
    /// Full access to the host.
    pub(crate) privileged: Option<bool>,
    /// Capabilities added.
    pub(crate) cap_add: Vec<String>,
    /// Capabilities dropped.
    pub(crate) cap_drop: Vec<String>,
    /// A root file system that cannot be written.
    pub(crate) read_only: Option<bool>,
    /// Time from SIGTERM to SIGKILL [10s].
    pub(crate) stop_grace_period: Option<String>,
    /// Networks and its other names there.
    pub(crate) networks: Option<Networks>,
    /// Lines of /etc/hosts.
    pub(crate) extra_hosts: Option<Pairs>,
    /// Kernel settings of its namespaces.
    pub(crate) sysctls: Pairs,
    /// Labels; annotations of the pod.
    pub(crate) labels: Pairs,
    /// When the image is pulled.
    pub(crate) pull_policy: Option<String>,
    /// A terminal.
    pub(crate) tty: Option<bool>,
    /// Standard input stays open.
    pub(crate) stdin_open: Option<bool>,
    /// Environment → what stands in for the service there.
    #[serde(rename = "x-absent")]
    pub(crate) absent: Map<String>,
    /// Environment → variables with another value there; null leaves the variable out.
    #[serde(rename = "x-environment")]
    pub(crate) overrides: Map<Map<Option<Scalar>>>,
    /// Environment → resources there.
    #[serde(rename = "x-resources")]
    pub(crate) resources: Map<Resources>,
    /// How many pods.
    #[serde(rename = "x-replicas")]
    pub(crate) replicas: Option<Replicas>,
    /// How it is reached from outside the cluster.
    #[serde(rename = "x-routes")]
    pub(crate) routes: Vec<Route>,
    /// Whether a failing health check restarts it.
    #[serde(rename = "x-liveness")]
    pub(crate) liveness: bool,
    /// The IAM role's ServiceAccount.
    #[serde(rename = "x-role")]
    pub(crate) role: Option<String>,
    /// Whether folders, sockets and devices of the host may be mounted.
    #[serde(rename = "x-host-paths")]
    pub(crate) host_paths: bool,
    /// The data that its image promises to read and write; the service is in CONTRACT.md.
    #[serde(rename = "x-contract")]
    pub(crate) contract: Option<Contract>,
    /// Environment or `all` → strategic merge patch of the workload.
    #[serde(rename = "x-patches")]
    pub(crate) patches: Map<Map<Value>>,
}

/// One file or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum EnvFiles {
    /// One.
    One(String),
    /// Several; the last wins.
    List(Vec<EnvFile>),
}

/// An env file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum EnvFile {
    /// Its path.
    Path(String),
    /// Its path, and whether it must be there.
    Long(EnvFileLong),
}

/// An env file that may be absent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnvFileLong {
    /// Its path.
    pub(crate) path: String,
    /// Whether it must be there [true].
    #[serde(default)]
    pub(crate) required: Option<bool>,
    /// raw, for a file without quotes and variables.
    #[serde(default)]
    pub(crate) format: Option<String>,
}

/// A published port.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Port {
    /// `[ip:][published:]target[/protocol]`
    Text(String),
    /// The container port.
    Number(u16),
    /// The long form.
    Long(PortLong),
}

/// The long form of a port.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PortLong {
    /// The container port.
    pub(crate) target: u16,
    /// The host's port.
    #[serde(default)]
    pub(crate) published: Option<Scalar>,
    /// The host's address.
    #[serde(default)]
    pub(crate) host_ip: Option<String>,
    /// tcp or udp.
    #[serde(default)]
    pub(crate) protocol: Option<String>,
    /// A name for it.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// Compose's own.
    #[serde(default)]
    pub(crate) mode: Option<String>,
    /// Compose's own.
    #[serde(default)]
    pub(crate) app_protocol: Option<String>,
}

/// The services that start before a service.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Dependencies {
    /// Only the order.
    List(Vec<String>),
    /// With conditions.
    Map(Map<Dependency>),
}

/// One dependency.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dependency {
    /// The condition that must hold.
    #[serde(default)]
    pub(crate) condition: Condition,
    /// Whether the other service must be there [true].
    #[serde(default)]
    pub(crate) required: Option<bool>,
    /// Compose's own: restart with it.
    #[serde(default)]
    pub(crate) restart: Option<bool>,
}

/// The condition that a dependant waits for.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::enum_variant_names)] // Compose's own names
pub(crate) enum Condition {
    /// It has started.
    #[default]
    ServiceStarted,
    /// Its health check passes.
    ServiceHealthy,
    /// It has ended with status 0.
    ServiceCompletedSuccessfully,
}

/// A health check.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Healthcheck {
    /// The command.
    pub(crate) test: Option<Words>,
    /// Time between two checks [30s].
    pub(crate) interval: Option<String>,
    /// How long a check may take [30s].
    pub(crate) timeout: Option<String>,
    /// Failures in a row that make it unhealthy [3].
    pub(crate) retries: Option<u32>,
    /// Time in which failures do not count [0s].
    pub(crate) start_period: Option<String>,
    /// Time between two checks in that time.
    pub(crate) start_interval: Option<String>,
    /// No health check, also not the image's.
    pub(crate) disable: Option<bool>,
}

/// Networks of a service.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Networks {
    /// Their names.
    List(Vec<String>),
    /// With aliases.
    Map(Map<Option<Network>>),
}

/// A service in a network.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Network {
    /// Other names of the service.
    pub(crate) aliases: Vec<String>,
    /// Compose's own.
    pub ipv4_address: Option<String>,
    /// Compose's own.
    pub ipv6_address: Option<String>,
    /// Compose's own.
    pub(crate) priority: Option<i64>,
    /// Compose's own.
    pub(crate) gw_priority: Option<f64>,
    /// Compose's own.
    pub(crate) driver_opts: Option<Value>,
    /// Compose's own.
    pub(crate) interface_name: Option<String>,
    /// Compose's own.
    pub(crate) link_local_ips: Option<Value>,
    /// Compose's own.
    pub(crate) mac_address: Option<String>,
}

impl Network {
    /// The keys that only Docker's networks have, and their values.
    pub(crate) fn engine(&self) -> [(&'static str, Value); 8] {
        let text = |value: &Option<String>| value.clone().map_or(Value::Null, Value::from);
        [
            ("ipv4_address", text(&self.ipv4_address)),
            ("ipv6_address", text(&self.ipv6_address)),
            ("priority", self.priority.map_or(Value::Null, Value::from)),
            ("gw_priority", self.gw_priority.map_or(Value::Null, Value::from)),
            ("driver_opts", self.driver_opts.clone().unwrap_or_default()),
            ("interface_name", text(&self.interface_name)),
            ("link_local_ips", self.link_local_ips.clone().unwrap_or_default()),
            ("mac_address", text(&self.mac_address)),
        ]
    }
}

/// How a service is reached from outside.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Route {
    /// Path prefix under a Gateway, such as /api/.
    pub(crate) path: Option<String>,
    /// Label below the domain at an ALB.
    pub(crate) host: Option<String>,
    /// Container port [the first].
    pub(crate) port: Option<u16>,
    /// The text in the place of the prefix.
    pub(crate) rewrite: Option<String>,
    /// The ALB's health-check path.
    pub(crate) health: Option<String>,
}

/// The contract of an image that is built elsewhere.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Contract {
    /// The data that it reads.
    pub(crate) reads: Data,
    /// The data that it writes.
    pub(crate) writes: Data,
}

/// Data outside of the container.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Data {
    /// Kafka topics.
    pub(crate) topics: Vec<String>,
    /// Delta tables.
    pub(crate) tables: Vec<String>,
}

/// The service that another one extends.
#[expect(dead_code, reason = "only the shape is checked here; the reader resolves it")]
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Extends {
    /// A service of the same file.
    Name(String),
    /// The long form.
    Long(ExtendsLong),
}

/// The long form of `extends`.
#[expect(dead_code, reason = "only the shape is checked here; the reader resolves it")]
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtendsLong {
    /// The service.
    pub(crate) service: String,
    /// Its file.
    #[serde(default)]
    pub(crate) file: Option<String>,
}
