//! The fields that labels, annotations, replicas and the others go to. Source: kustomize's
//! default transformer configuration.

use crate::tree::FieldSpec;

const fn on(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    path: &'static str,
    create: bool,
) -> FieldSpec<'static> {
    FieldSpec { group, version, kind, path, create }
}

macro_rules! affinity {
    ($group:literal, $kind:literal) => {
        [
            on($group, "", $kind, "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels", false),
            on($group, "", $kind, "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels", false),
            on($group, "", $kind, "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels", false),
            on($group, "", $kind, "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels", false),
            on($group, "", $kind, "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels", false),
        ]
    };
}

/// Labels of templates.
pub(crate) const TEMPLATE_LABELS: &[FieldSpec<'static>] = &[
    on("", "v1", "ReplicationController", "spec/template/metadata/labels", true),
    on("", "", "Deployment", "spec/template/metadata/labels", true),
    on("", "", "ReplicaSet", "spec/template/metadata/labels", true),
    on("", "", "DaemonSet", "spec/template/metadata/labels", true),
    on("apps", "", "StatefulSet", "spec/template/metadata/labels", true),
    on("apps", "", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", true),
    on("batch", "", "Job", "spec/template/metadata/labels", true),
    on("batch", "", "CronJob", "spec/jobTemplate/metadata/labels", true),
    on("batch", "", "CronJob", "spec/jobTemplate/spec/template/metadata/labels", true),
];

/// Selectors.
pub(crate) const SELECTORS: &[&[FieldSpec<'static>]] = &[
    &[
        on("", "v1", "Service", "spec/selector", true),
        on("", "v1", "ReplicationController", "spec/selector", true),
        on("", "", "Deployment", "spec/selector/matchLabels", true),
        on("", "", "ReplicaSet", "spec/selector/matchLabels", true),
        on("", "", "DaemonSet", "spec/selector/matchLabels", true),
        on("apps", "", "StatefulSet", "spec/selector/matchLabels", true),
        on("batch", "", "Job", "spec/selector/matchLabels", false),
        on("batch", "", "CronJob", "spec/jobTemplate/spec/selector/matchLabels", false),
        on("policy", "", "PodDisruptionBudget", "spec/selector/matchLabels", false),
        on("networking.k8s.io", "", "NetworkPolicy", "spec/podSelector/matchLabels", false),
        on(
            "networking.k8s.io",
            "",
            "NetworkPolicy",
            "spec/ingress/from/podSelector/matchLabels",
            false,
        ),
        on(
            "networking.k8s.io",
            "",
            "NetworkPolicy",
            "spec/egress/to/podSelector/matchLabels",
            false,
        ),
    ],
    &affinity!("apps", "Deployment"),
    &affinity!("apps", "StatefulSet"),
];

/// Labels of the object itself.
pub(crate) const OWN_LABELS: FieldSpec<'static> = FieldSpec::any("metadata/labels", true);

/// Where annotations go.
pub(crate) const ANNOTATIONS: &[FieldSpec<'static>] = &[
    FieldSpec::any("metadata/annotations", true),
    on("", "v1", "ReplicationController", "spec/template/metadata/annotations", true),
    on("", "", "Deployment", "spec/template/metadata/annotations", true),
    on("", "", "ReplicaSet", "spec/template/metadata/annotations", true),
    on("", "", "DaemonSet", "spec/template/metadata/annotations", true),
    on("", "", "StatefulSet", "spec/template/metadata/annotations", true),
    on("batch", "", "Job", "spec/template/metadata/annotations", true),
    on("batch", "", "CronJob", "spec/jobTemplate/metadata/annotations", true),
    on("batch", "", "CronJob", "spec/jobTemplate/spec/template/metadata/annotations", true),
];

/// Where a number of replicas stands.
pub(crate) const REPLICAS: &[FieldSpec<'static>] = &[
    on("", "", "Deployment", "spec/replicas", true),
    on("", "", "ReplicationController", "spec/replicas", true),
    on("", "", "ReplicaSet", "spec/replicas", true),
    on("", "", "StatefulSet", "spec/replicas", true),
];

/// Where a namespace is written beside `metadata/namespace`.
pub(crate) const NAMESPACES: &[FieldSpec<'static>] = &[
    on("", "", "Namespace", "metadata/name", true),
    on("apiregistration.k8s.io", "", "APIService", "spec/service/namespace", false),
    on(
        "apiextensions.k8s.io",
        "",
        "CustomResourceDefinition",
        "spec/conversion/webhook/clientConfig/service/namespace",
        false,
    ),
];

/// Whether names of the kind stay as they are under `namePrefix` and `nameSuffix`.
pub(crate) fn keeps_name(group: &str, kind: &str) -> bool {
    matches!(
        (group, kind),
        (_, "CustomResourceDefinition" | "Namespace") | ("apiregistration.k8s.io", "APIService")
    )
}
