//! The kinds of objects that others name.

use super::GATEWAY_API;

pub(super) const RBAC: &str = "rbac.authorization.k8s.io";
pub(super) const EXTERNAL_SECRETS: &str = "external-secrets.io";

/// The kind of object that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret that a pod, its service account or a secret store reads.
    Secret,
    /// The Secret with the certificate of a Gateway or an Ingress.
    Certificate,
    /// A ServiceAccount.
    ServiceAccount,
    /// A PersistentVolumeClaim.
    Claim,
    /// A Service.
    Service,
    /// A Gateway.
    Gateway,
    /// A Role.
    Role,
    /// A ClusterRole.
    ClusterRole,
    /// A SecretStore of External Secrets.
    SecretStore,
    /// A ClusterSecretStore of External Secrets.
    ClusterSecretStore,
}

impl Target {
    /// The kind of the object.
    pub fn kind(self) -> &'static str {
        match self {
            Target::ConfigMap => "ConfigMap",
            Target::Secret | Target::Certificate => "Secret",
            Target::ServiceAccount => "ServiceAccount",
            Target::Claim => "PersistentVolumeClaim",
            Target::Service => "Service",
            Target::Gateway => "Gateway",
            Target::Role => "Role",
            Target::ClusterRole => "ClusterRole",
            Target::SecretStore => "SecretStore",
            Target::ClusterSecretStore => "ClusterSecretStore",
        }
    }

    /// The group of its kind.
    pub fn group(self) -> &'static str {
        match self {
            Target::ConfigMap
            | Target::Secret
            | Target::Certificate
            | Target::ServiceAccount
            | Target::Claim
            | Target::Service => "",
            Target::Gateway => GATEWAY_API,
            Target::Role | Target::ClusterRole => RBAC,
            Target::SecretStore | Target::ClusterSecretStore => EXTERNAL_SECRETS,
        }
    }

    /// Whether the object is in no namespace.
    pub fn is_cluster_wide(self) -> bool {
        matches!(self, Target::ClusterRole | Target::ClusterSecretStore)
    }
}
