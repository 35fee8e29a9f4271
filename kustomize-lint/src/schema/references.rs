//! Fields that name other objects. Source: kustomize's default name reference configuration.

use crate::tree::FieldSpec;

/// A kind, and the fields that name objects of it.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) fields: &'static [FieldSpec<'static>],
}

const fn field(group: &'static str, kind: &'static str, path: &'static str) -> FieldSpec<'static> {
    FieldSpec { group, version: "", kind, path, create: false }
}

macro_rules! in_pods {
    ($($tail:literal),*; $($extra:expr),* $(,)?) => {
        &[
            $(
                field("", "Pod", concat!("spec/", $tail)),
                field("", "Deployment", concat!("spec/template/spec/", $tail)),
                field("", "ReplicaSet", concat!("spec/template/spec/", $tail)),
                field("", "DaemonSet", concat!("spec/template/spec/", $tail)),
                field("", "StatefulSet", concat!("spec/template/spec/", $tail)),
                field("", "ReplicationController", concat!("spec/template/spec/", $tail)),
                field("", "Job", concat!("spec/template/spec/", $tail)),
                field("", "CronJob", concat!("spec/jobTemplate/spec/template/spec/", $tail)),
                field("", "PodTemplate", concat!("template/spec/", $tail)),
            )*
            $($extra),*
        ]
    };
}

const SCALED: &[FieldSpec<'static>] =
    &[field("", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name")];

pub(crate) const REFERENCES: &[Reference] = &[
    Reference { group: "", version: "", kind: "Deployment", fields: SCALED },
    Reference { group: "", version: "", kind: "ReplicationController", fields: SCALED },
    Reference { group: "", version: "", kind: "ReplicaSet", fields: SCALED },
    Reference { group: "", version: "", kind: "StatefulSet", fields: SCALED },
    Reference {
        group: "",
        version: "v1",
        kind: "ConfigMap",
        fields: in_pods![
            "volumes/configMap/name",
            "containers/env/valueFrom/configMapKeyRef/name",
            "initContainers/env/valueFrom/configMapKeyRef/name",
            "containers/envFrom/configMapRef/name",
            "initContainers/envFrom/configMapRef/name",
            "volumes/projected/sources/configMap/name";
            field("", "Node", "spec/configSource/configMap/name"),
            field("rbac.authorization.k8s.io", "Role", "rules/resourceNames"),
            field("rbac.authorization.k8s.io", "ClusterRole", "rules/resourceNames"),
            field("metacontroller.k8s.io", "CompositeController", "spec/hooks/finalize/webhook/service/name"),
        ],
    },
    Reference {
        group: "",
        version: "v1",
        kind: "Secret",
        fields: in_pods![
            "volumes/secret/secretName",
            "containers/env/valueFrom/secretKeyRef/name",
            "initContainers/env/valueFrom/secretKeyRef/name",
            "containers/envFrom/secretRef/name",
            "initContainers/envFrom/secretRef/name",
            "imagePullSecrets/name",
            "volumes/projected/sources/secret/name";
            field("networking.k8s.io", "Ingress", "spec/tls/secretName"),
            field("extensions", "Ingress", "spec/tls/secretName"),
            field("", "Ingress", "metadata/annotations/ingress.kubernetes.io\\/auth-secret"),
            field("", "Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret"),
            field("", "Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret"),
            field("", "ServiceAccount", "imagePullSecrets/name"),
            field("", "PersistentVolume", "spec/azureFile/secretName"),
            field("", "PersistentVolume", "spec/cephfs/secretRef/name"),
            field("", "PersistentVolume", "spec/csi/controllerPublishSecretRef/name"),
            field("", "PersistentVolume", "spec/csi/nodePublishSecretRef/name"),
            field("", "PersistentVolume", "spec/csi/nodeStageSecretRef/name"),
            field("", "PersistentVolume", "spec/csi/controllerExpandSecretRef/name"),
            field("", "PersistentVolume", "spec/flexVolume/secretRef/name"),
            field("", "PersistentVolume", "spec/iscsi/secretRef/name"),
            field("", "PersistentVolume", "spec/rbd/secretRef/name"),
            field("", "PersistentVolume", "spec/scaleIO/secretRef/name"),
            field("", "PersistentVolume", "spec/storageos/secretRef/name"),
            field("storage.k8s.io", "StorageClass", "parameters/adminSecretName"),
            field("storage.k8s.io", "StorageClass", "parameters/userSecretName"),
            field("storage.k8s.io", "StorageClass", "parameters/secretName"),
            field("storage.k8s.io", "StorageClass", "parameters/csi.storage.k8s.io\\/provisioner-secret-name"),
            field("storage.k8s.io", "StorageClass", "parameters/csi.storage.k8s.io\\/node-publish-secret-name"),
            field("storage.k8s.io", "StorageClass", "parameters/csi.storage.k8s.io\\/node-stage-secret-name"),
            field("storage.k8s.io", "StorageClass", "parameters/csi.storage.k8s.io\\/controller-publish-secret-name"),
            field("storage.k8s.io", "StorageClass", "parameters/csi.storage.k8s.io\\/controller-expand-secret-name"),
            field("rbac.authorization.k8s.io", "Role", "rules/resourceNames"),
            field("rbac.authorization.k8s.io", "ClusterRole", "rules/resourceNames"),
        ],
    },
    Reference {
        group: "",
        version: "v1",
        kind: "Service",
        fields: &[
            field("apps", "StatefulSet", "spec/serviceName"),
            field("networking.k8s.io", "Ingress", "spec/rules/http/paths/backend/serviceName"),
            field("extensions", "Ingress", "spec/rules/http/paths/backend/serviceName"),
            field("networking.k8s.io", "Ingress", "spec/backend/serviceName"),
            field("extensions", "Ingress", "spec/backend/serviceName"),
            field("networking.k8s.io", "Ingress", "spec/rules/http/paths/backend/service/name"),
            field("networking.k8s.io", "Ingress", "spec/defaultBackend/service/name"),
            field("apiregistration.k8s.io", "APIService", "spec/service/name"),
            field("", "MutatingWebhookConfiguration", "webhooks/clientConfig/service"),
            field("", "ValidatingWebhookConfiguration", "webhooks/clientConfig/service"),
        ],
    },
    Reference {
        group: "rbac.authorization.k8s.io",
        version: "",
        kind: "Role",
        fields: &[field("rbac.authorization.k8s.io", "RoleBinding", "roleRef/name")],
    },
    Reference {
        group: "rbac.authorization.k8s.io",
        version: "",
        kind: "ClusterRole",
        fields: &[
            field("rbac.authorization.k8s.io", "RoleBinding", "roleRef/name"),
            field("rbac.authorization.k8s.io", "ClusterRoleBinding", "roleRef/name"),
        ],
    },
    Reference {
        group: "",
        version: "v1",
        kind: "ServiceAccount",
        fields: in_pods![
            "serviceAccountName";
            field("rbac.authorization.k8s.io", "RoleBinding", "subjects"),
            field("rbac.authorization.k8s.io", "ClusterRoleBinding", "subjects"),
        ],
    },
    Reference {
        group: "",
        version: "v1",
        kind: "PersistentVolumeClaim",
        fields: in_pods!["volumes/persistentVolumeClaim/claimName";],
    },
    Reference {
        group: "",
        version: "v1",
        kind: "PersistentVolume",
        fields: &[
            field("", "PersistentVolumeClaim", "spec/volumeName"),
            field("rbac.authorization.k8s.io", "ClusterRole", "rules/resourceNames"),
        ],
    },
    Reference {
        group: "storage.k8s.io",
        version: "v1",
        kind: "StorageClass",
        fields: &[
            field("", "PersistentVolume", "spec/storageClassName"),
            field("", "PersistentVolumeClaim", "spec/storageClassName"),
            field("", "StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"),
        ],
    },
    Reference {
        group: "scheduling.k8s.io",
        version: "v1",
        kind: "PriorityClass",
        fields: in_pods!["priorityClassName";],
    },
    Reference {
        group: "admissionregistration.k8s.io",
        version: "",
        kind: "ValidatingAdmissionPolicy",
        fields: &[field(
            "admissionregistration.k8s.io",
            "ValidatingAdmissionPolicyBinding",
            "spec/policyName",
        )],
    },
];
