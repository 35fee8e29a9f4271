//! The kinds that the server knows, and how discovery lists them.

use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Type {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) plural: String,
    pub(super) namespaced: bool,
}

const BUILT_IN: &[(&str, &str, &str, &str, bool)] = &[
    ("", "v1", "Namespace", "namespaces", false),
    ("", "v1", "Node", "nodes", false),
    ("", "v1", "PersistentVolume", "persistentvolumes", false),
    ("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true),
    ("", "v1", "Pod", "pods", true),
    ("", "v1", "Service", "services", true),
    ("", "v1", "ServiceAccount", "serviceaccounts", true),
    ("", "v1", "ConfigMap", "configmaps", true),
    ("", "v1", "Secret", "secrets", true),
    ("", "v1", "Event", "events", true),
    ("apps", "v1", "Deployment", "deployments", true),
    ("apps", "v1", "StatefulSet", "statefulsets", true),
    ("apps", "v1", "DaemonSet", "daemonsets", true),
    ("apps", "v1", "ReplicaSet", "replicasets", true),
    ("batch", "v1", "Job", "jobs", true),
    ("batch", "v1", "CronJob", "cronjobs", true),
    ("rbac.authorization.k8s.io", "v1", "Role", "roles", true),
    ("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", true),
    ("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false),
    ("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", false),
    ("storage.k8s.io", "v1", "StorageClass", "storageclasses", false),
    ("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", true),
    ("events.k8s.io", "v1", "Event", "events", true),
    ("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false),
];

pub(super) fn built_in() -> Vec<Type> {
    BUILT_IN
        .iter()
        .map(|(group, version, kind, plural, namespaced)| Type {
            group: (*group).into(),
            version: (*version).into(),
            kind: (*kind).into(),
            plural: (*plural).into(),
            namespaced: *namespaced,
        })
        .collect()
}

/// The types of a CustomResourceDefinition, one for each version that it serves.
pub(super) fn defined(definition: &Value) -> Vec<Type> {
    let spec = &definition["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    spec["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|version| version["served"] != json!(false))
        .map(|version| Type {
            group: text(&spec["group"]),
            version: text(&version["name"]),
            kind: text(&spec["names"]["kind"]),
            plural: text(&spec["names"]["plural"]),
            namespaced: spec["scope"] != "Cluster",
        })
        .collect()
}

/// `/apis`.
pub(super) fn groups(types: &[Type]) -> Value {
    let mut names: Vec<&str> = Vec::new();
    for found in types {
        if !found.group.is_empty() && !names.contains(&found.group.as_str()) {
            names.push(&found.group);
        }
    }
    let groups: Vec<Value> = names
        .into_iter()
        .map(|group| {
            let mut versions: Vec<&str> = Vec::new();
            for found in types.iter().filter(|found| found.group == group) {
                if !versions.contains(&found.version.as_str()) {
                    versions.push(&found.version);
                }
            }
            let versions: Vec<Value> = versions
                .iter()
                .map(|v| json!({"groupVersion": format!("{group}/{v}"), "version": v}))
                .collect();
            json!({"name": group, "preferredVersion": versions[0], "versions": versions})
        })
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/api/v1` or `/apis/GROUP/VERSION`; `None` when nothing is served there.
pub(super) fn resources(types: &[Type], group: &str, version: &str) -> Option<Value> {
    let verbs = ["create", "delete", "get", "list", "patch", "update", "watch"];
    let mut resources = Vec::new();
    for found in types.iter().filter(|found| found.group == group && found.version == version) {
        let mut add = |name: String, kind: &str, verbs: &[&str]| {
            resources.push(json!({"name": name, "singularName": found.kind.to_lowercase(),
                "namespaced": found.namespaced, "kind": kind, "verbs": verbs}));
        };
        add(found.plural.clone(), &found.kind, &verbs);
        add(format!("{}/status", found.plural), &found.kind, &["get", "patch", "update"]);
        if found.kind == "Pod" {
            add("pods/log".into(), "Pod", &["get"]);
            add("pods/exec".into(), "PodExecOptions", &["create", "get"]);
        }
        if ["Deployment", "StatefulSet"].contains(&found.kind.as_str()) {
            add(format!("{}/scale", found.plural), "Scale", &["get", "patch", "update"]);
        }
    }
    let name = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    (!resources.is_empty()).then(|| {
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name,
               "resources": resources})
    })
}
