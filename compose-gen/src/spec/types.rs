//! The specification as types: Compose's own keys, the `x-*` vocabulary, and the JSON Schema.
//!
//! Only shapes are said here. What Compose writes in several ways stays as written; `model`
//! makes one form of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::uncarried;

type Map<T> = BTreeMap<String, T>;

/// A Compose file with the vocabulary of compose-gen.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Platform specification")]
pub(crate) struct Document {
    /// Compose's own; has no meaning any more.
    pub(crate) version: Option<Scalar>,
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
    /// What `${NAME}` stands for.
    #[serde(rename = "x-variables")]
    pub(crate) variables: Map<Variable>,
    /// The service whose image waits for others in Kubernetes.
    #[serde(rename = "x-wait")]
    pub(crate) wait: Option<String>,
}

/// A string, number or boolean.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Scalar {
    /// Text.
    Text(String),
    /// true or false.
    Boolean(bool),
    /// A number.
    Number(serde_json::Number),
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scalar::Text(text) => f.write_str(text),
            Scalar::Boolean(value) => value.fmt(f),
            Scalar::Number(number) => number.fmt(f),
        }
    }
}

/// A word or a list of words.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Words {
    /// One string; Compose splits it as a shell does.
    Line(String),
    /// The words themselves.
    List(Vec<String>),
}

/// Names with values, or a list of `NAME=value`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Pairs {
    /// `NAME: value`
    Map(Map<Option<Scalar>>),
    /// `- NAME=value`
    List(Vec<String>),
}

impl Default for Pairs {
    fn default() -> Self {
        Pairs::Map(Map::new())
    }
}

/// A service.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = uncarried::describe)]
pub(crate) struct Service {
    /// The image.
    pub(crate) image: Option<String>,
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
    /// What starts before it.
    pub(crate) depends_on: Option<Dependencies>,
    /// How its health is checked.
    pub(crate) healthcheck: Option<Healthcheck>,
    /// What is mounted into it.
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

/// What starts before a service.
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
    /// What must have happened.
    #[serde(default)]
    pub(crate) condition: Condition,
    /// Whether the other service must be there [true].
    #[serde(default)]
    pub(crate) required: Option<bool>,
    /// Compose's own: restart with it.
    #[serde(default)]
    pub(crate) restart: Option<bool>,
}

/// What a dependant waits for.
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

/// What is mounted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Mount {
    /// `source:target[:mode]`
    Text(String),
    /// The long form.
    Long(MountLong),
}

/// The long form of a mount.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MountLong {
    /// volume, bind or tmpfs.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The volume or the path.
    #[serde(default)]
    pub(crate) source: Option<String>,
    /// Where it is mounted.
    pub(crate) target: String,
    /// Whether it cannot be written.
    #[serde(default)]
    pub(crate) read_only: Option<bool>,
    /// Compose's own.
    #[serde(default)]
    pub(crate) bind: Option<Value>,
    /// Compose's own.
    #[serde(default)]
    pub(crate) volume: Option<Value>,
    /// Compose's own.
    #[serde(default)]
    pub(crate) tmpfs: Option<Value>,
}

/// A file of the top-level `configs`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Its path.
    #[serde(default)]
    pub(crate) file: Option<String>,
    /// Its content.
    #[serde(default)]
    pub(crate) content: Option<String>,
}

/// A service's use of a config.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ConfigUse {
    /// Its name; mounted at `/name`.
    Name(String),
    /// With a target.
    Long(ConfigUseLong),
}

/// A config and where it goes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigUseLong {
    /// Its name.
    pub(crate) source: String,
    /// Where it is mounted.
    #[serde(default)]
    pub(crate) target: Option<String>,
    /// Permission bits.
    #[serde(default)]
    pub(crate) mode: Option<Scalar>,
}

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
}

/// A named volume.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Volume {
    /// Its name for the engine.
    pub(crate) name: Option<String>,
    /// The engine's driver.
    pub(crate) driver: Option<String>,
    /// Its options.
    pub(crate) driver_opts: Option<Value>,
    /// Made elsewhere.
    pub(crate) external: Option<bool>,
    /// Labels.
    pub(crate) labels: Option<Pairs>,
    /// The PersistentVolumeClaim.
    #[serde(rename = "x-claim")]
    pub(crate) claim: Option<Claim>,
}

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Claim {
    /// Its size, such as 5Gi [1Gi].
    pub(crate) size: Option<String>,
    /// Who may mount it [ReadWriteOnce].
    pub(crate) access: Option<Access>,
}

/// Who may mount a claim.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[allow(clippy::enum_variant_names)] // Kubernetes' own names
pub(crate) enum Access {
    /// One node.
    ReadWriteOnce,
    /// Every node.
    ReadWriteMany,
    /// Every node, without writing.
    ReadOnlyMany,
    /// One pod.
    ReadWriteOncePod,
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
    /// What the prefix becomes.
    pub(crate) rewrite: Option<String>,
    /// The ALB's health-check path.
    pub(crate) health: Option<String>,
}

/// A Kubernetes environment.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Environment {
    /// What runs it.
    pub(crate) cluster: Cluster,
    /// Where everything goes.
    pub(crate) namespace: String,
    /// The profiles it runs [all].
    #[serde(default)]
    pub(crate) profiles: Option<Vec<String>>,
    /// Memory for everything.
    #[serde(default)]
    pub(crate) memory: Option<Memory>,
    /// Worker nodes [1].
    #[serde(default)]
    pub(crate) nodes: Option<u32>,
    /// How routes become reachable.
    #[serde(default)]
    pub(crate) exposure: Option<Exposure>,
    /// Where secrets come from.
    #[serde(default, rename = "secret-store")]
    pub(crate) secret_store: Option<SecretStore>,
    /// The StorageClass of claims.
    #[serde(default, rename = "storage-class")]
    pub(crate) storage_class: Option<StorageClass>,
    /// Where own images come from.
    #[serde(default)]
    pub(crate) images: Option<Images>,
    /// What a deployment fills.
    #[serde(default)]
    #[allow(dead_code)] // read before the types are
    pub(crate) values: Option<String>,
    /// Delivery.
    #[serde(default)]
    pub(crate) argocd: Option<ArgoCd>,
    /// The Kind cluster.
    #[serde(default)]
    pub(crate) kind: Option<Kind>,
}

/// What runs an environment.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Cluster {
    /// A local cluster.
    Kind,
    /// Amazon EKS.
    Eks,
}

/// A memory budget.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Memory {
    /// Of all nodes together.
    pub(crate) budget: String,
    /// Not for pods.
    #[serde(default)]
    pub(crate) reserved: Option<String>,
}

/// How routes become reachable.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Exposure {
    /// The Gateway API.
    pub(crate) gateway: Option<Gateway>,
    /// An Application Load Balancer.
    pub(crate) alb: Option<Alb>,
}

/// A Gateway.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gateway {
    /// The GatewayClass.
    pub(crate) class: String,
    /// The listener's port [80].
    #[serde(default)]
    pub(crate) port: Option<u16>,
}

/// An Application Load Balancer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alb {
    /// The Ingress group that shares it.
    pub(crate) group: String,
    /// Hosts are labels below it.
    pub(crate) domain: String,
    /// ARN of the certificate.
    pub(crate) certificate: String,
    /// internet-facing or internal [internet-facing].
    #[serde(default)]
    pub(crate) scheme: Option<Scheme>,
}

/// Who reaches a load balancer.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scheme {
    /// Everyone.
    InternetFacing,
    /// The network it stands in.
    Internal,
}

/// Where secrets come from.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretStore {
    /// The AWS region.
    pub(crate) region: String,
    /// Where Secrets Manager answers, if not at AWS.
    #[serde(default)]
    pub(crate) endpoint: Option<String>,
}

/// A StorageClass.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StorageClass {
    /// Its name.
    pub(crate) name: String,
    /// Made with this provisioner.
    #[serde(default)]
    pub(crate) provisioner: Option<String>,
    /// The provisioner's parameters.
    #[serde(default)]
    pub(crate) parameters: Map<String>,
}

/// Where own images come from.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Images {
    /// What the names of own images begin with.
    pub(crate) prefix: String,
    /// The registry they come from.
    pub(crate) registry: String,
    /// Their tag.
    pub(crate) tag: String,
}

/// Delivery by Argo CD.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArgoCd {
    /// The Git repository.
    pub(crate) repository: String,
    /// Branch, tag or commit.
    pub(crate) revision: String,
    /// The AppProject's name.
    pub(crate) project: String,
    /// Who starts a sync.
    pub(crate) sync: Sync,
    /// The generated folder in the repository [infrastructure/kubernetes].
    #[serde(default)]
    pub(crate) path: Option<String>,
}

/// Who starts a sync.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sync {
    /// Argo CD, with prune and self-heal.
    Automated,
    /// A person.
    Manual,
}

/// A Kind cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kind {
    /// Its name.
    pub(crate) name: String,
    /// Worker nodes [2].
    #[serde(default)]
    pub(crate) workers: Option<u32>,
    /// Ports of the host that lead to the control plane.
    #[serde(default)]
    pub(crate) ports: Vec<u16>,
    /// Addresses of pods.
    #[serde(default, rename = "pod-subnet")]
    pub(crate) pod_subnet: Option<String>,
    /// Addresses of Services.
    #[serde(default, rename = "service-subnet")]
    pub(crate) service_subnet: Option<String>,
}

/// A secret of the catalogue.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SecretEntry {
    /// What it opens.
    pub(crate) description: Option<String>,
    /// The services that use it.
    pub(crate) services: Vec<String>,
    /// json, text or base64 [json].
    pub(crate) format: Option<String>,
    /// The keys of a JSON secret.
    pub(crate) keys: Map<SecretKey>,
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
    /// Its value in development.
    pub(crate) dev: Option<String>,
    /// An object, a list or null inside, as JSON text.
    pub(crate) nested: Option<bool>,
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

/// What a name stands for. Names are resolved before this type is read.
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
    /// What it is for.
    pub(crate) description: Option<String>,
}
