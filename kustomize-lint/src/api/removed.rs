//! API versions that are gone, or will be.
//!
//! Sources: Kubernetes' «Deprecated API Migration Guide» up to 1.33 and, for when a version was
//! deprecated, the life-cycle comments of Kubernetes' API types; the release notes of Gateway API
//! 0.6–1.5 and of External Secrets Operator 0.5–0.17.

use std::fmt;

use super::version::Version;

/// A release from which something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// A minor version of Kubernetes 1.
    Kubernetes(u8),
    /// A release of what brings a custom resource: its name and the release. Which one a cluster
    /// runs is not known here.
    Other(&'static str, &'static str),
}

/// What became of an API version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Since when it is deprecated.
    pub deprecated_in: Release,
    /// Since when it is not served.
    pub removed_in: Option<Release>,
    /// The API version that replaces it.
    pub instead: Option<&'static str>,
}

impl Removed {
    /// Whether a cluster of this version certainly does not serve it. Never so for a custom
    /// resource: which release of it the cluster has is not known.
    pub fn is_removed(&self, version: Version) -> bool {
        matches!(self.removed_in, Some(Release::Kubernetes(minor)) if minor <= version.minor())
    }

    /// Whether it is deprecated, or removed, in a cluster of this version.
    pub fn is_deprecated(&self, version: Version) -> bool {
        match self.deprecated_in {
            Release::Kubernetes(minor) => minor <= version.minor(),
            Release::Other(..) => true,
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Release::Kubernetes(minor) => write!(f, "Kubernetes 1.{minor}"),
            Release::Other(product, release) => write!(f, "{product} {release}"),
        }
    }
}

/// What became of this kind in this API version; `None` when it is neither deprecated nor removed.
pub fn removed(api_version: &str, kind: &str) -> Option<Removed> {
    // A list of objects goes where its objects go.
    let kind = kind.strip_suffix("List").unwrap_or(kind);
    let row =
        TABLE.iter().find(|row| row.0 == api_version && row.1.split(' ').any(|k| k == kind))?;
    let (_, _, deprecated_in, removed_in, instead) = *row;
    Some(Removed { deprecated_in, removed_in, instead })
}

type Row = (&'static str, &'static str, Release, Option<Release>, Option<&'static str>);

/// A kind of Kubernetes: deprecated in, removed in, instead.
const fn k8s(
    api_version: &'static str,
    kinds: &'static str,
    deprecated: u8,
    removed: u8,
    instead: &'static str,
) -> Row {
    let removed = Some(Release::Kubernetes(removed));
    (api_version, kinds, Release::Kubernetes(deprecated), removed, Some(instead))
}

const fn gateway(
    api_version: &'static str,
    kinds: &'static str,
    deprecated: &'static str,
    removed: Option<&'static str>,
    instead: &'static str,
) -> Row {
    other("Gateway API", (api_version, kinds), deprecated, removed, instead)
}

const fn external_secrets(
    api_version: &'static str,
    kinds: &'static str,
    deprecated: &'static str,
    removed: Option<&'static str>,
) -> Row {
    let instead = "external-secrets.io/v1";
    other("External Secrets", (api_version, kinds), deprecated, removed, instead)
}

const fn other(
    product: &'static str,
    what: (&'static str, &'static str),
    deprecated: &'static str,
    removed: Option<&'static str>,
    instead: &'static str,
) -> Row {
    let removed = match removed {
        Some(release) => Some(Release::Other(product, release)),
        None => None,
    };
    (what.0, what.1, Release::Other(product, deprecated), removed, Some(instead))
}

const WORKLOADS: &str = "DaemonSet Deployment ReplicaSet";
const RBAC: &str = "ClusterRole ClusterRoleBinding Role RoleBinding";
const RBAC_V1: &str = "rbac.authorization.k8s.io/v1";
const GATEWAY_V1: &str = "gateway.networking.k8s.io/v1";
const FLOW_CONTROL: &str = "FlowSchema PriorityLevelConfiguration";
const FLOW_CONTROL_V1: &str = "flowcontrol.apiserver.k8s.io/v1";

/// API version, kinds, deprecated in, removed in, instead.
static TABLE: &[Row] = &[
    // Removed in 1.16.
    k8s("extensions/v1beta1", WORKLOADS, 8, 16, "apps/v1"),
    k8s("extensions/v1beta1", "NetworkPolicy", 9, 16, "networking.k8s.io/v1"),
    k8s("apps/v1beta1", "Deployment StatefulSet", 8, 16, "apps/v1"),
    k8s("apps/v1beta2", "DaemonSet Deployment ReplicaSet StatefulSet", 9, 16, "apps/v1"),
    (
        "extensions/v1beta1",
        "PodSecurityPolicy",
        Release::Kubernetes(10),
        Some(Release::Kubernetes(16)),
        None,
    ),
    // Removed in 1.20 and 1.21.
    (
        "settings.k8s.io/v1alpha1",
        "PodPreset",
        Release::Kubernetes(19),
        Some(Release::Kubernetes(20)),
        None,
    ),
    k8s("batch/v2alpha1", "CronJob", 19, 21, "batch/v1"),
    // Removed in 1.22.
    k8s(
        "admissionregistration.k8s.io/v1beta1",
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
        16,
        22,
        "admissionregistration.k8s.io/v1",
    ),
    k8s(
        "apiextensions.k8s.io/v1beta1",
        "CustomResourceDefinition",
        16,
        22,
        "apiextensions.k8s.io/v1",
    ),
    k8s("apiregistration.k8s.io/v1beta1", "APIService", 19, 22, "apiregistration.k8s.io/v1"),
    k8s("authentication.k8s.io/v1beta1", "TokenReview", 19, 22, "authentication.k8s.io/v1"),
    k8s(
        "authorization.k8s.io/v1beta1",
        "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
        19,
        22,
        "authorization.k8s.io/v1",
    ),
    k8s(
        "certificates.k8s.io/v1beta1",
        "CertificateSigningRequest",
        19,
        22,
        "certificates.k8s.io/v1",
    ),
    k8s("coordination.k8s.io/v1beta1", "Lease", 19, 22, "coordination.k8s.io/v1"),
    k8s("extensions/v1beta1", "Ingress", 14, 22, "networking.k8s.io/v1"),
    k8s("networking.k8s.io/v1beta1", "Ingress IngressClass", 19, 22, "networking.k8s.io/v1"),
    k8s("rbac.authorization.k8s.io/v1alpha1", RBAC, 17, 22, RBAC_V1),
    k8s("rbac.authorization.k8s.io/v1beta1", RBAC, 17, 22, RBAC_V1),
    k8s("scheduling.k8s.io/v1alpha1", "PriorityClass", 14, 22, "scheduling.k8s.io/v1"),
    k8s("scheduling.k8s.io/v1beta1", "PriorityClass", 14, 22, "scheduling.k8s.io/v1"),
    k8s("storage.k8s.io/v1beta1", "CSINode", 17, 22, "storage.k8s.io/v1"),
    k8s(
        "storage.k8s.io/v1beta1",
        "CSIDriver StorageClass VolumeAttachment",
        19,
        22,
        "storage.k8s.io/v1",
    ),
    // Removed in 1.25.
    k8s("batch/v1beta1", "CronJob", 21, 25, "batch/v1"),
    k8s("discovery.k8s.io/v1beta1", "EndpointSlice", 21, 25, "discovery.k8s.io/v1"),
    k8s("events.k8s.io/v1beta1", "Event", 22, 25, "events.k8s.io/v1"),
    k8s("autoscaling/v2beta1", "HorizontalPodAutoscaler", 22, 25, "autoscaling/v2"),
    k8s("policy/v1beta1", "PodDisruptionBudget", 21, 25, "policy/v1"),
    (
        "policy/v1beta1",
        "PodSecurityPolicy",
        Release::Kubernetes(21),
        Some(Release::Kubernetes(25)),
        None,
    ),
    k8s("node.k8s.io/v1beta1", "RuntimeClass", 22, 25, "node.k8s.io/v1"),
    // Removed in 1.26, 1.27, 1.29, 1.32.
    k8s("autoscaling/v2beta2", "HorizontalPodAutoscaler", 23, 26, "autoscaling/v2"),
    k8s("flowcontrol.apiserver.k8s.io/v1beta1", FLOW_CONTROL, 23, 26, FLOW_CONTROL_V1),
    k8s("storage.k8s.io/v1beta1", "CSIStorageCapacity", 24, 27, "storage.k8s.io/v1"),
    k8s("flowcontrol.apiserver.k8s.io/v1beta2", FLOW_CONTROL, 26, 29, FLOW_CONTROL_V1),
    k8s("flowcontrol.apiserver.k8s.io/v1beta3", FLOW_CONTROL, 29, 32, FLOW_CONTROL_V1),
    // Deprecated and still served in 1.33.
    k8s(
        "admissionregistration.k8s.io/v1beta1",
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
        31,
        34,
        "admissionregistration.k8s.io/v1",
    ),
    ("v1", "ComponentStatus", Release::Kubernetes(19), None, None),
    ("v1", "Endpoints", Release::Kubernetes(33), None, Some("discovery.k8s.io/v1")),
    // Custom resources.
    gateway(
        "gateway.networking.k8s.io/v1alpha2",
        "Gateway GatewayClass HTTPRoute",
        "0.5",
        Some("1.0"),
        GATEWAY_V1,
    ),
    gateway("gateway.networking.k8s.io/v1alpha2", "GRPCRoute", "1.1", Some("1.2"), GATEWAY_V1),
    gateway(
        "gateway.networking.k8s.io/v1alpha2",
        "ReferenceGrant",
        "0.6",
        Some("1.2"),
        "gateway.networking.k8s.io/v1beta1",
    ),
    gateway(
        "gateway.networking.k8s.io/v1alpha2",
        "ReferencePolicy",
        "0.5",
        Some("0.6"),
        "gateway.networking.k8s.io/v1beta1",
    ),
    gateway("gateway.networking.k8s.io/v1alpha2", "TLSRoute", "1.5", None, GATEWAY_V1),
    gateway("gateway.networking.k8s.io/v1alpha3", "BackendTLSPolicy", "1.4", None, GATEWAY_V1),
    gateway("gateway.networking.k8s.io/v1alpha3", "TLSRoute", "1.5", None, GATEWAY_V1),
    gateway(
        "gateway.networking.k8s.io/v1beta1",
        "Gateway GatewayClass HTTPRoute",
        "1.0",
        None,
        GATEWAY_V1,
    ),
    external_secrets(
        "external-secrets.io/v1alpha1",
        "ClusterSecretStore ExternalSecret SecretStore",
        "0.5",
        Some("0.16"),
    ),
    external_secrets(
        "external-secrets.io/v1beta1",
        "ClusterExternalSecret ClusterSecretStore ExternalSecret SecretStore",
        "0.16",
        Some("0.17"),
    ),
];

#[cfg(test)]
mod tests {
    use super::super::bundle::Schemas;
    use super::*;

    #[test]
    fn each_kind_is_listed_once_and_in_the_order_of_time() {
        let mut seen = std::collections::HashSet::new();
        for (api_version, kinds, deprecated, removed, _) in TABLE {
            for kind in kinds.split(' ') {
                assert!(seen.insert((api_version, kind)), "{api_version} {kind}");
            }
            if let (Release::Kubernetes(deprecated), Some(Release::Kubernetes(removed))) =
                (deprecated, removed)
            {
                assert!(deprecated < removed, "{api_version} {kinds}");
            }
        }
    }

    /// What a version of Kubernetes serves has a schema there, and what is removed has none. What
    /// replaces it has one in any case.
    #[test]
    fn the_table_agrees_with_the_schemas() {
        let mut compared = 0;
        for version in Version::KNOWN {
            let schemas = Schemas::of(version);
            let has = |api_version: &str, kind: &str| {
                let mut kinds = schemas.kinds(api_version).iter();
                kinds.any(|known| known.kind == kind && known.is_in(version))
            };
            for (api_version, kinds, deprecated, _, instead) in TABLE {
                for kind in kinds.split(' ') {
                    let found = removed(api_version, kind).unwrap();
                    if let Release::Kubernetes(_) = deprecated {
                        let served = !found.is_removed(version);
                        assert_eq!(
                            has(api_version, kind),
                            served,
                            "{version}: {api_version} {kind}"
                        );
                    }
                    // Kinds that have got another name.
                    let renamed = ["Endpoints", "ReferencePolicy"].contains(&kind);
                    if let Some(instead) = instead.filter(|_| !renamed) {
                        assert!(
                            has(instead, kind) || !found.is_deprecated(version),
                            "{instead} {kind}"
                        );
                    }
                    compared += 1;
                }
            }
        }
        assert!(compared > 250, "{compared}");
    }

    #[test]
    fn the_answer_depends_on_the_version() {
        let flow = removed("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema").unwrap();
        let [old, .., new] = Version::KNOWN;
        assert!(!flow.is_removed(old) && flow.is_deprecated(old));
        assert!(flow.is_removed(new));
        assert!(flow.is_removed(Version::default()));
        assert_eq!(flow.removed_in.unwrap().to_string(), "Kubernetes 1.32");
        let endpoints = removed("v1", "Endpoints").unwrap();
        assert!(!endpoints.is_deprecated(Version::default()) && endpoints.is_deprecated(new));
        let store = removed("external-secrets.io/v1beta1", "SecretStoreList").unwrap();
        assert_eq!(store.instead, Some("external-secrets.io/v1"));
        assert!(store.is_deprecated(old) && !store.is_removed(new));
        assert_eq!(store.removed_in.unwrap().to_string(), "External Secrets 0.17");
        let route = removed("gateway.networking.k8s.io/v1beta1", "HTTPRoute").unwrap();
        assert!(route.is_deprecated(old) && !route.is_removed(new));
        assert_eq!(removed("external-secrets.io/v1alpha1", "PushSecret"), None);
        assert_eq!(removed("gateway.networking.k8s.io/v1beta1", "ReferenceGrant"), None);
        assert_eq!(removed("apps/v1", "Deployment"), None);
    }
}
