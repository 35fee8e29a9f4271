//! The objects that another one names and cannot do without: ConfigMaps, Secrets, claims and
//! service accounts of a pod, and the image pull secrets of a service account.

use super::{Tree, containers, group, kind, template};

/// The kind of an object that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
    /// A ServiceAccount.
    ServiceAccount,
    /// A PersistentVolumeClaim.
    Claim,
}

impl Target {
    /// The kind of the object.
    pub fn kind(self) -> &'static str {
        match self {
            Target::ConfigMap => "ConfigMap",
            Target::Secret => "Secret",
            Target::ServiceAccount => "ServiceAccount",
            Target::Claim => "PersistentVolumeClaim",
        }
    }
}

/// A name of another object, in the object's own namespace.
#[derive(Debug)]
pub struct Need<'a, T> {
    /// The kind that it names.
    pub target: Target,
    /// The scalar with the name.
    pub name: &'a T,
    /// The scalar with the key, where one key is meant.
    pub key: Option<&'a T>,
    /// Whether the pod starts without it.
    pub optional: bool,
}

impl<'a, T: Tree> Need<'a, T> {
    /// The name; never empty.
    pub fn name(&self) -> &'a str {
        self.name.word().unwrap_or_default()
    }

    /// The key, where one is meant.
    pub fn key(&self) -> Option<&'a str> {
        self.key?.word()
    }
}

/// The objects that every namespace has.
const MADE_BY_CLUSTER: [(Target, &str); 2] =
    [(Target::ConfigMap, "kube-root-ca.crt"), (Target::ServiceAccount, "default")];

/// Volumes of storage drivers, and the path of the Secret with the driver's credentials.
const DRIVERS: &[&[&str]] = &[
    &["azureFile", "secretName"],
    &["cephfs", "secretRef", "name"],
    &["csi", "nodePublishSecretRef", "name"],
    &["flexVolume", "secretRef", "name"],
    &["iscsi", "secretRef", "name"],
    &["rbd", "secretRef", "name"],
    &["scaleIO", "secretRef", "name"],
    &["storageos", "secretRef", "name"],
];

/// Everything that an object needs by name: its pods' references, or the image pull secrets of
/// a service account, which every pod of that account gets.
pub fn of<T: Tree>(object: &T) -> Vec<Need<'_, T>> {
    let mut found = Found(Vec::new());
    match template(object).and_then(|template| template.get("spec")) {
        Some(pod) => found.pod(pod),
        None if kind(object) == "ServiceAccount" && group(object).is_empty() => {
            found.pull_secrets(object);
        }
        None => {}
    }
    found.0
}

struct Found<'a, T>(Vec<Need<'a, T>>);

impl<'a, T: Tree> Found<'a, T> {
    fn add(&mut self, target: Target, name: Option<&'a T>, key: Option<&'a T>, optional: bool) {
        let Some(name) = name else { return };
        let made_by_cluster = |word| MADE_BY_CLUSTER.contains(&(target, word));
        if name.word().is_some_and(|word| !word.is_empty() && !made_by_cluster(word)) {
            self.0.push(Need { target, name, key, optional });
        }
    }

    fn pull_secrets(&mut self, holder: &'a T) {
        for secret in holder.list("imagePullSecrets") {
            self.add(Target::Secret, secret.get("name"), None, false);
        }
    }

    fn pod(&mut self, pod: &'a T) {
        let account = pod.get("serviceAccountName").or_else(|| pod.get("serviceAccount"));
        self.add(Target::ServiceAccount, account, None, false);
        self.pull_secrets(pod);
        let volumes = pod.list("volumes");
        for container in containers(pod) {
            for source in container.list("envFrom") {
                self.variables(source, ["configMapRef", "secretRef"]);
            }
            for source in container.list("env").iter().filter_map(|own| own.get("valueFrom")) {
                self.variables(source, ["configMapKeyRef", "secretKeyRef"]);
            }
            for mount in container.list("volumeMounts") {
                self.mounted_file(volumes, mount);
            }
        }
        for volume in volumes {
            self.volume(volume, "secretName");
            for source in volume.get("projected").map_or(&[][..], |own| own.list("sources")) {
                self.volume(source, "name");
            }
            self.add(
                Target::Claim,
                volume.at(&["persistentVolumeClaim", "claimName"]),
                None,
                false,
            );
            for path in DRIVERS {
                self.add(Target::Secret, volume.at(path), None, false);
            }
        }
    }

    /// A variable, or all keys of an object as variables.
    fn variables(&mut self, source: &'a T, [of_map, of_secret]: [&str; 2]) {
        for (field, target) in [(of_map, Target::ConfigMap), (of_secret, Target::Secret)] {
            if let Some(node) = source.get(field) {
                self.add(target, node.get("name"), node.get("key"), optional(node));
            }
        }
    }

    /// A volume of a ConfigMap or Secret: all of it, or some of its keys.
    fn volume(&mut self, volume: &'a T, secret_name: &str) {
        for (target, node, name) in sources(volume, secret_name) {
            let keys = node.list("items");
            if keys.is_empty() {
                self.add(target, Some(name), None, optional(node));
            }
            for item in keys {
                self.add(target, Some(name), item.get("key"), optional(node));
            }
        }
    }

    /// A single file of a volume that holds all of a ConfigMap or Secret: without the key, the
    /// container finds an empty folder in its place.
    fn mounted_file(&mut self, volumes: &'a [T], mount: &'a T) {
        let Some(file) = mount.get("subPath") else { return };
        let is_key = file.word().is_some_and(|path| !path.is_empty() && !path.contains('/'));
        let name = mount.word_at(&["name"]).filter(|_| is_key);
        let mut named = volumes.iter().filter(|_| name.is_some());
        let Some(volume) = named.find(|volume| volume.word_at(&["name"]) == name) else { return };
        for (target, node, name) in sources(volume, "secretName") {
            if node.list("items").is_empty() {
                self.add(target, Some(name), Some(file), optional(node));
            }
        }
    }
}

/// The ConfigMap and the Secret of a volume: its fields, and the scalar with the name.
fn sources<'a, T: Tree>(
    volume: &'a T,
    secret_name: &str,
) -> impl Iterator<Item = (Target, &'a T, &'a T)> {
    [("configMap", Target::ConfigMap, "name"), ("secret", Target::Secret, secret_name)]
        .map(|(field, target, name)| {
            let node = volume.get(field)?;
            Some((target, node, node.get(name)?))
        })
        .into_iter()
        .flatten()
}

fn optional<T: Tree>(node: &T) -> bool {
    node.is_true(&["optional"])
}

#[cfg(all(test, feature = "json"))]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn needs(object: &Value) -> Vec<String> {
        let shown = |need: Need<'_, Value>| {
            let key = need.key().map(|key| format!(" key {key}")).unwrap_or_default();
            let optional = if need.optional { " optional" } else { "" };
            format!("{} {}{key}{optional}", need.target.kind(), need.name())
        };
        of(object).into_iter().map(shown).collect()
    }

    fn pod(spec: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})
    }

    #[test]
    fn a_pod_needs_its_account_and_its_pull_secrets() {
        let spec = json!({"serviceAccountName": "a", "imagePullSecrets": [{"name": "r"}]});
        assert_eq!(needs(&pod(spec)), ["ServiceAccount a", "Secret r"]);
    }

    #[test]
    fn a_service_account_needs_its_pull_secrets() {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
                             "imagePullSecrets": [{"name": "r"}]});
        assert_eq!(needs(&account), ["Secret r"]);
    }

    #[test]
    fn variables_name_keys_and_may_be_optional() {
        let spec = json!({"initContainers": [
            {"envFrom": [{"configMapRef": {"name": "c", "optional": true}}],
             "env": [{"name": "V", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}]});
        assert_eq!(needs(&pod(spec)), ["ConfigMap c optional", "Secret s key k"]);
    }

    #[test]
    fn volumes_name_objects_keys_claims_and_credentials() {
        let spec = json!({"volumes": [
            {"name": "a", "secret": {"secretName": "s", "items": [{"key": "k", "path": "p"}]}},
            {"name": "b", "projected": {"sources": [{"secret": {"name": "t", "optional": true}},
                                                    {"configMap": {"name": "c"}}]}},
            {"name": "d", "persistentVolumeClaim": {"claimName": "e"}},
            {"name": "f", "csi": {"driver": "x", "nodePublishSecretRef": {"name": "g"}}}]});
        let all = [
            "Secret s key k",
            "Secret t optional",
            "ConfigMap c",
            "PersistentVolumeClaim e",
            "Secret g",
        ];
        assert_eq!(needs(&pod(spec)), all);
    }

    #[test]
    fn a_mounted_file_is_a_key() {
        let spec = json!({"containers": [{"volumeMounts": [{"name": "v", "subPath": "f"}]}],
                          "volumes": [{"name": "v", "configMap": {"name": "c"}}]});
        assert_eq!(needs(&pod(spec)), ["ConfigMap c key f", "ConfigMap c"]);
    }

    #[test]
    fn the_cluster_makes_some_objects_itself() {
        let spec = json!({"serviceAccountName": "default",
                          "volumes": [{"name": "v", "configMap": {"name": "kube-root-ca.crt"}}]});
        assert!(needs(&pod(spec)).is_empty());
    }

    #[test]
    fn an_empty_name_is_no_need() {
        assert!(needs(&pod(json!({"serviceAccountName": ""}))).is_empty());
    }
}
