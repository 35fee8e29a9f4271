//! Values of Kubernetes' fields. Its published schemas call these fields texts; the API server
//! takes the values here and, as for any field that is not set, an empty text.
//!
//! Source: the constants and validation of Kubernetes' API types, 1.29–1.33. Fields whose values
//! differ among these versions are left out.

use kustomize_lint::api::definition::Name;

const OPERATORS: &str = "DoesNotExist Exists In NotIn";
const POLICIES: &str = "Delete Retain";
const PROTOCOLS: &str = "SCTP TCP UDP";
const TAINTS: &str = "NoExecute NoSchedule PreferNoSchedule";
const MODES: &str = "ReadOnlyMany ReadWriteMany ReadWriteOnce ReadWriteOncePod";
const FILES: &str = "BlockDevice CharDevice Directory DirectoryOrCreate File FileOrCreate Socket";
const HONOUR: &str = "Honor Ignore";
const PULL: &str = "Always IfNotPresent Never";
const TERMINATION: &str = "FallbackToLogsOnError File";
const TRAFFIC: &str = "Cluster Local";
const UPDATE: &str = "OnDelete RollingUpdate";
const VOLUME_MODES: &str = "Block Filesystem";

/// Definition, field, values.
const TABLE: &[(&str, &str, &str)] = &[
    ("admissionregistration/v1#MutatingWebhook", "failurePolicy", "Fail Ignore"),
    ("admissionregistration/v1#MutatingWebhook", "matchPolicy", "Equivalent Exact"),
    ("admissionregistration/v1#MutatingWebhook", "reinvocationPolicy", "IfNeeded Never"),
    ("admissionregistration/v1#MutatingWebhook", "sideEffects", "None NoneOnDryRun"),
    ("admissionregistration/v1#ValidatingWebhook", "failurePolicy", "Fail Ignore"),
    ("admissionregistration/v1#ValidatingWebhook", "matchPolicy", "Equivalent Exact"),
    ("admissionregistration/v1#ValidatingWebhook", "sideEffects", "None NoneOnDryRun"),
    ("apiextensions/v1#CustomResourceDefinitionSpec", "scope", "Cluster Namespaced"),
    ("apps/v1#DaemonSetUpdateStrategy", "type", UPDATE),
    ("apps/v1#DeploymentStrategy", "type", "Recreate RollingUpdate"),
    ("apps/v1#StatefulSetPersistentVolumeClaimRetentionPolicy", "whenDeleted", POLICIES),
    ("apps/v1#StatefulSetPersistentVolumeClaimRetentionPolicy", "whenScaled", POLICIES),
    ("apps/v1#StatefulSetSpec", "podManagementPolicy", "OrderedReady Parallel"),
    ("apps/v1#StatefulSetUpdateStrategy", "type", UPDATE),
    ("autoscaling/v2#HPAScalingPolicy", "type", "Percent Pods"),
    ("autoscaling/v2#HPAScalingRules", "selectPolicy", "Disabled Max Min"),
    ("autoscaling/v2#MetricSpec", "type", "ContainerResource External Object Pods Resource"),
    ("autoscaling/v2#MetricTarget", "type", "AverageValue Utilization Value"),
    ("batch/v1#CronJobSpec", "concurrencyPolicy", "Allow Forbid Replace"),
    ("batch/v1#JobSpec", "completionMode", "Indexed NonIndexed"),
    ("batch/v1#JobSpec", "podReplacementPolicy", "Failed TerminatingOrFailed"),
    ("core/v1#Container", "imagePullPolicy", PULL),
    ("core/v1#Container", "terminationMessagePolicy", TERMINATION),
    ("core/v1#ContainerPort", "protocol", PROTOCOLS),
    ("core/v1#EphemeralContainer", "imagePullPolicy", PULL),
    ("core/v1#EphemeralContainer", "terminationMessagePolicy", TERMINATION),
    ("core/v1#HTTPGetAction", "scheme", "HTTP HTTPS"),
    ("core/v1#HostPathVolumeSource", "type", FILES),
    ("core/v1#LimitRangeItem", "type", "Container PersistentVolumeClaim Pod"),
    ("core/v1#NodeSelectorRequirement", "operator", "DoesNotExist Exists Gt In Lt NotIn"),
    ("core/v1#PersistentVolumeClaimSpec", "accessModes", MODES),
    ("core/v1#PersistentVolumeClaimSpec", "volumeMode", VOLUME_MODES),
    ("core/v1#PersistentVolumeSpec", "accessModes", MODES),
    ("core/v1#PersistentVolumeSpec", "persistentVolumeReclaimPolicy", "Delete Recycle Retain"),
    ("core/v1#PersistentVolumeSpec", "volumeMode", VOLUME_MODES),
    ("core/v1#PodSecurityContext", "fsGroupChangePolicy", "Always OnRootMismatch"),
    ("core/v1#PodSpec", "dnsPolicy", "ClusterFirst ClusterFirstWithHostNet Default None"),
    ("core/v1#PodSpec", "preemptionPolicy", "Never PreemptLowerPriority"),
    ("core/v1#PodSpec", "restartPolicy", "Always Never OnFailure"),
    ("core/v1#SeccompProfile", "type", "Localhost RuntimeDefault Unconfined"),
    ("core/v1#SecurityContext", "procMount", "Default Unmasked"),
    ("core/v1#ServicePort", "protocol", PROTOCOLS),
    ("core/v1#ServiceSpec", "externalTrafficPolicy", TRAFFIC),
    ("core/v1#ServiceSpec", "internalTrafficPolicy", TRAFFIC),
    ("core/v1#ServiceSpec", "ipFamilies", "IPv4 IPv6"),
    ("core/v1#ServiceSpec", "ipFamilyPolicy", "PreferDualStack RequireDualStack SingleStack"),
    ("core/v1#ServiceSpec", "sessionAffinity", "ClientIP None"),
    ("core/v1#ServiceSpec", "type", "ClusterIP ExternalName LoadBalancer NodePort"),
    ("core/v1#Taint", "effect", TAINTS),
    ("core/v1#Toleration", "effect", TAINTS),
    ("core/v1#Toleration", "operator", "Equal Exists"),
    ("core/v1#TopologySpreadConstraint", "nodeAffinityPolicy", HONOUR),
    ("core/v1#TopologySpreadConstraint", "nodeTaintsPolicy", HONOUR),
    ("core/v1#TopologySpreadConstraint", "whenUnsatisfiable", "DoNotSchedule ScheduleAnyway"),
    ("core/v1#VolumeMount", "mountPropagation", "Bidirectional HostToContainer None"),
    ("meta/v1#LabelSelectorRequirement", "operator", OPERATORS),
    ("networking/v1#HTTPIngressPath", "pathType", "Exact ImplementationSpecific Prefix"),
    ("networking/v1#NetworkPolicyPort", "protocol", PROTOCOLS),
    ("networking/v1#NetworkPolicySpec", "policyTypes", "Egress Ingress"),
    (
        "policy/v1#PodDisruptionBudgetSpec",
        "unhealthyPodEvictionPolicy",
        "AlwaysAllow IfHealthyBudget",
    ),
    ("rbac/v1#Subject", "kind", "Group ServiceAccount User"),
    ("storage/v1#StorageClass", "reclaimPolicy", POLICIES),
    ("storage/v1#StorageClass", "volumeBindingMode", "Immediate WaitForFirstConsumer"),
];

/// The definitions and fields of the table.
pub(super) fn fields() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.iter().map(|(definition, field, _)| (*definition, *field))
}

/// The row of a field and its values, the empty one first.
pub(super) fn values(
    own: &Name,
    field: &str,
) -> Option<((&'static str, &'static str), Vec<String>)> {
    let full = format!("{}#{}", own.chunk, own.name);
    let fits = |row: &&(&str, &str, &str)| row.0 == full && row.1 == field;
    let (definition, field, values) = TABLE.iter().find(fits)?;
    let values = std::iter::once("").chain(values.split(' ')).map(str::to_owned).collect();
    Some(((definition, field), values))
}
