//! What a pod needs by name: ConfigMaps, Secrets, claims, its service account.

use super::workload::Workload;
use crate::tree::Node;

/// What kind of object a pod names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    ConfigMap,
    Secret,
    ServiceAccount,
    Claim,
}

impl Target {
    /// The kind of the object.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Target::ConfigMap => "ConfigMap",
            Target::Secret => "Secret",
            Target::ServiceAccount => "ServiceAccount",
            Target::Claim => "PersistentVolumeClaim",
        }
    }
}

/// A name in a pod.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference<'a> {
    /// What it names.
    pub(crate) target: Target,
    /// The scalar with the name.
    pub(crate) name: &'a Node,
    /// The scalar with the key, where one key is meant.
    pub(crate) key: Option<&'a Node>,
    /// Whether the pod starts without it.
    pub(crate) optional: bool,
}

impl<'a> Reference<'a> {
    /// The name.
    pub(crate) fn name(&self) -> &'a str {
        self.name.scalar().map_or("", |scalar| scalar.text.as_str())
    }

    /// The key, where one is meant.
    pub(crate) fn key(&self) -> Option<&'a str> {
        Some(self.key?.scalar()?.text.as_str())
    }
}

/// Everything that the pods of a workload need by name.
pub(crate) fn references<'a>(workload: &Workload<'a>) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    let pod = workload.pod;
    if let Some(name) = pod.get("serviceAccountName").or_else(|| pod.get("serviceAccount")) {
        add(&mut found, Target::ServiceAccount, Some(name), None, false);
    }
    for secret in items(pod, "imagePullSecrets") {
        // The kubelet pulls without it when it is not there.
        add(&mut found, Target::Secret, secret.get("name"), None, true);
    }
    for container in workload.containers() {
        for source in container.list("envFrom") {
            for (field, target) in
                [("configMapRef", Target::ConfigMap), ("secretRef", Target::Secret)]
            {
                if let Some(node) = source.get(field) {
                    add(&mut found, target, node.get("name"), None, optional(node));
                }
            }
        }
        for variable in container.list("env") {
            for (field, target) in
                [("configMapKeyRef", Target::ConfigMap), ("secretKeyRef", Target::Secret)]
            {
                if let Some(node) = variable.at(&["valueFrom", field]) {
                    add(&mut found, target, node.get("name"), node.get("key"), optional(node));
                }
            }
        }
    }
    let volumes = items(pod, "volumes");
    for container in workload.containers() {
        for mount in container.list("volumeMounts") {
            mounted_file(&mut found, volumes, mount);
        }
    }
    for volume in volumes {
        source(&mut found, volume, "secretName");
        for projected in volume.get("projected").map_or(&[][..], |node| items(node, "sources")) {
            source(&mut found, projected, "name");
        }
        if let Some(claim) = volume.get("persistentVolumeClaim") {
            add(&mut found, Target::Claim, claim.get("claimName"), None, false);
        }
    }
    found
}

/// A volume of a ConfigMap or Secret: all of it, or some of its keys.
fn source<'a>(found: &mut Vec<Reference<'a>>, volume: &'a Node, secret_name: &str) {
    for (field, target, name) in
        [("configMap", Target::ConfigMap, "name"), ("secret", Target::Secret, secret_name)]
    {
        let Some(node) = volume.get(field) else { continue };
        let keys = items(node, "items");
        if keys.is_empty() {
            add(found, target, node.get(name), None, optional(node));
        }
        for item in keys {
            add(found, target, node.get(name), item.get("key"), optional(node));
        }
    }
}

/// A single file of a volume that holds all of a ConfigMap or Secret: without the key, the
/// container finds an empty folder in its place.
fn mounted_file<'a>(found: &mut Vec<Reference<'a>>, volumes: &'a [Node], mount: &'a Node) {
    let Some(file) = mount.get("subPath") else { return };
    let is_key = file.as_str().is_some_and(|path| !path.is_empty() && !path.contains('/'));
    let name = mount.word_at(&["name"]).filter(|_| is_key);
    let volume = volumes.iter().find(|volume| name.is_some() && volume.word_at(&["name"]) == name);
    let Some(volume) = volume else { return };
    for (field, target, name) in
        [("configMap", Target::ConfigMap, "name"), ("secret", Target::Secret, "secretName")]
    {
        if let Some(node) = volume.get(field).filter(|node| items(node, "items").is_empty()) {
            add(found, target, node.get(name), Some(file), optional(node));
        }
    }
}

fn add<'a>(
    found: &mut Vec<Reference<'a>>,
    target: Target,
    name: Option<&'a Node>,
    key: Option<&'a Node>,
    optional: bool,
) {
    if let Some(name) = name.filter(|node| node.scalar().is_some() && !node.is_null()) {
        found.push(Reference { target, name, key, optional });
    }
}

fn items<'a>(node: &'a Node, field: &str) -> &'a [Node] {
    node.get(field).map_or(&[], Node::items)
}

fn optional(node: &Node) -> bool {
    node.get("optional").and_then(Node::as_bool).unwrap_or(false)
}
