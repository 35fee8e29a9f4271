//! `x-environments`: where the platform runs besides Docker Compose.

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Map, Scalar};

/// A Kubernetes environment.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Environment {
    /// The kind of cluster that runs it.
    pub(crate) cluster: Cluster,
    /// Where everything goes.
    pub(crate) namespace: String,
    /// The profiles it runs [all].
    #[serde(default)]
    pub(crate) profiles: Option<Vec<String>>,
    /// Profiles that have a folder of their own, which the overlay does not deploy: as in Compose,
    /// a person asks for them.
    #[serde(default, rename = "opt-in")]
    pub(crate) opt_in: Vec<String>,
    /// Whether a NetworkPolicy keeps services of different networks apart [false].
    #[serde(default, rename = "network-policies")]
    pub(crate) network_policies: bool,
    /// The type of a further Service for the ports that Compose publishes on the host [none: they stay in the
    /// cluster]. A port of a loopback address stays in the cluster.
    #[serde(default, rename = "published-ports")]
    pub(crate) published_ports: Option<PublishedPorts>,
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
    /// The values that a deployment fills in.
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

/// The kind of cluster that runs an environment.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Cluster {
    /// A local cluster.
    #[default]
    Kind,
    /// Amazon EKS.
    Eks,
}

/// The type of the Service that leads to published ports.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum PublishedPorts {
    /// A port of every node: the published one where it is from 30000 to 32767, else one that the cluster
    /// chooses.
    NodePort,
    /// A load balancer with the published port.
    LoadBalancer,
}

/// A memory budget.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Memory {
    /// Of all nodes together.
    pub(crate) budget: Scalar,
    /// Not for pods.
    #[serde(default)]
    pub(crate) reserved: Option<Scalar>,
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
    /// The security group it has; without one the controller makes one that is open to everybody.
    #[serde(default, rename = "security-group")]
    pub(crate) security_group: Option<String>,
    /// Where each host is reached from: one to three blocks of IPv4 addresses with commas. Without it, every host is
    /// reached by whomever the security group lets in.
    #[serde(default)]
    pub(crate) sources: Option<Map<String>>,
    /// Whether the load balancer asks who somebody is.
    #[serde(default)]
    pub(crate) authentication: Option<Authentication>,
}

impl Alb {
    /// The blocks of addresses that reach the host; `None` when the security group alone decides.
    pub(crate) fn blocks(&self, host: &str) -> Option<Vec<&str>> {
        let text = self.sources.as_ref()?.get(host)?;
        Some(text.split(',').map(str::trim).collect())
    }
}

/// How a load balancer asks who somebody is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authentication {
    /// none, cognito or oidc.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The identity provider as JSON, as the AWS Load Balancer Controller takes it.
    pub(crate) provider: String,
    /// Hosts that are not asked, such as an API with keys.
    #[serde(default)]
    pub(crate) except: Vec<String>,
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
    /// The beginning of the names of the project's images.
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
    /// Image of the nodes, and with it the version of Kubernetes: `kindest/node:vX.Y.Z@sha256:…`
    /// from the release notes of kind. Without it, kind takes its own.
    #[serde(default, rename = "node-image")]
    pub(crate) node_image: Option<String>,
    /// Addresses of pods.
    #[serde(default, rename = "pod-subnet")]
    pub(crate) pod_subnet: Option<String>,
    /// Addresses of Services.
    #[serde(default, rename = "service-subnet")]
    pub(crate) service_subnet: Option<String>,
}
