//! Limits of values that the API server checks and the sources do not state.
//!
//! - Kubernetes' published schemas call a field a text or an integer whatever values it takes.
//!   Source: the constants and validation of Kubernetes' API types, 1.29–1.33. Fields whose values
//!   differ among these versions are left out. An empty text is a field that is not set.
//! - The types of the custom resources have lost patterns and bounds. Source: the specification
//!   of Gateway API 1.4, and External Secrets Operator's API specification.

use kustomize_lint::api::definition::{Form, Name, Type};

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

const PORT: (i64, i64) = (1, 65535);
const COUNT: (i64, i64) = (0, i32::MAX as i64);
const AT_LEAST_ONE: (i64, i64) = (1, i32::MAX as i64);

/// Definition, field, smallest and largest value.
const BOUNDS: &[(&str, &str, (i64, i64))] = &[
    ("apps/v1#DaemonSetSpec", "minReadySeconds", COUNT),
    ("apps/v1#DaemonSetSpec", "revisionHistoryLimit", COUNT),
    ("apps/v1#DeploymentSpec", "minReadySeconds", COUNT),
    ("apps/v1#DeploymentSpec", "replicas", COUNT),
    ("apps/v1#DeploymentSpec", "revisionHistoryLimit", COUNT),
    ("apps/v1#ReplicaSetSpec", "replicas", COUNT),
    ("apps/v1#StatefulSetSpec", "replicas", COUNT),
    ("autoscaling/v1#HorizontalPodAutoscalerSpec", "maxReplicas", AT_LEAST_ONE),
    ("autoscaling/v2#HorizontalPodAutoscalerSpec", "maxReplicas", AT_LEAST_ONE),
    ("batch/v1#JobSpec", "backoffLimit", COUNT),
    ("batch/v1#JobSpec", "completions", COUNT),
    ("batch/v1#JobSpec", "parallelism", COUNT),
    ("core/v1#ContainerPort", "containerPort", PORT),
    ("core/v1#ServicePort", "port", PORT),
    ("networking/v1#NetworkPolicyPort", "endPort", PORT),
];

/// A row of the tables.
pub(super) type Row = (&'static str, &'static str);

/// The definitions and fields of the tables.
pub(super) fn rows() -> impl Iterator<Item = Row> {
    let allowed = TABLE.iter().map(|(definition, field, _)| (*definition, *field));
    allowed.chain(BOUNDS.iter().map(|(definition, field, _)| (*definition, *field)))
}

/// Makes the type of a field of Kubernetes narrower where a table has it; which row it was.
pub(super) fn narrow(
    type_name: &Name,
    field: &str,
    r#type: &mut Type,
) -> Result<Option<Row>, String> {
    let full = format!("{}#{}", type_name.chunk, type_name.name);
    if let Some(row) = TABLE.iter().find(|row| row.0 == full && row.1 == field) {
        let innermost = match r#type {
            Type::List(item) => item.as_mut(),
            other => other,
        };
        if *innermost != Type::Text {
            return Err(format!("{field} is no text"));
        }
        let values = std::iter::once("").chain(row.2.split(' '));
        *innermost = Type::OneOf(values.map(str::to_owned).collect());
        return Ok(Some((row.0, row.1)));
    }
    let Some(row) = BOUNDS.iter().find(|row| row.0 == full && row.1 == field) else {
        return Ok(None);
    };
    if *r#type != Type::Int32 {
        return Err(format!("{field} is no integer of 32 bits"));
    }
    *r#type = Type::Range(row.2.0, row.2.1);
    Ok(Some((row.0, row.1)))
}

/// The narrower type of a field of a custom resource, by the kopium name of its parent.
pub(super) fn narrow_custom(group: &str, owner: &str, field: &str, r#type: &Type) -> Option<Type> {
    // The status is the controller's to write.
    if owner.contains("Status") {
        return None;
    }
    let is_header = ["Headers", "Add", "Set", "QueryParams"].iter().any(|end| owner.ends_with(end));
    let form = match (group, field, r#type) {
        ("gateway.networking.k8s.io", "port", Type::Int32) => {
            return Some(Type::Range(PORT.0, PORT.1));
        }
        ("gateway.networking.k8s.io", "weight", Type::Int32) => {
            return Some(Type::Range(0, 1_000_000));
        }
        ("gateway.networking.k8s.io", "hostnames", Type::List(_)) => {
            return Some(Type::List(Box::new(Type::Form(Form::Hostname))));
        }
        ("gateway.networking.k8s.io", "hostname", Type::Text) => {
            let listener = owner.ends_with("Listeners");
            if listener { Form::Hostname } else { Form::DnsSubdomain }
        }
        ("gateway.networking.k8s.io", "sectionName", Type::Text) => Form::DnsSubdomain,
        ("gateway.networking.k8s.io", "namespace", Type::Text) => Form::DnsLabel,
        ("gateway.networking.k8s.io", "name", Type::Text) if is_header => Form::HeaderName,
        ("gateway.networking.k8s.io", "request" | "backendRequest", Type::Text) => {
            Form::GatewayDuration
        }
        // The schema takes any text, and the controller refuses the object.
        ("external-secrets.io", "refreshInterval", Type::Text) => Form::GoDuration,
        _ => return None,
    };
    Some(Type::Form(form))
}
