//! The objects that another one names and cannot do without.

use super::{
    GATEWAY_API, Tree, backends, certificates, containers, custom, group, is_ingress, is_route,
    kind, parents, template, traffic,
};

pub use super::target::Target;
use super::target::{EXTERNAL_SECRETS, RBAC};

/// A name of another object.
#[derive(Debug)]
pub struct Need<'a, T> {
    /// The kind of object that it names.
    pub target: Target,
    /// The namespace that is meant, as written; empty for an object of the whole cluster.
    pub namespace: &'a str,
    /// The scalar with the name.
    pub name: &'a T,
    /// The scalar with the key, where one key is meant.
    pub key: Option<&'a T>,
    /// The scalar with the port's number or name, where a port of a Service is meant.
    pub port: Option<&'a T>,
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

/// Whether every cluster, or every cluster of a provider, has the ClusterRole.
fn is_built_in(name: &str) -> bool {
    matches!(name, "view" | "edit" | "admin" | "cluster-admin") || name.contains(':')
}

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

/// The objects that an object needs by name: the references of its pods, the image pull secrets of
/// a service account, the Service of a StatefulSet, the role and the service accounts of a
/// binding, backends, Gateways and certificates of routes and Ingresses, the stores and
/// credentials of External Secrets, and the names in custom resources that many clusters have.
pub fn of<T: Tree>(object: &T) -> Vec<Need<'_, T>> {
    let namespace = object.word_at(&["metadata", "namespace"]).unwrap_or_default();
    let mut found = Found { namespace, all: Vec::new() };
    if let Some(pod) = template(object).and_then(|template| template.get("spec")) {
        found.pod(pod);
    }
    match (group(object), kind(object)) {
        ("", "ServiceAccount") => found.pull_secrets(object),
        ("apps", "StatefulSet") => {
            found.add(Target::Service, object.at(&["spec", "serviceName"]), None, false);
        }
        (RBAC, "RoleBinding" | "ClusterRoleBinding") => found.binding(object),
        (GATEWAY_API, "Gateway") => {
            for reference in certificates(object) {
                found.reference(Target::Certificate, reference);
            }
        }
        (EXTERNAL_SECRETS, "SecretStore" | "ClusterSecretStore") => {
            found.credentials(object.at(&["spec", "provider"]));
        }
        (EXTERNAL_SECRETS, _) => found.stores(object),
        _ if is_route(object) || is_ingress(object) => found.traffic(object),
        _ => {}
    }
    for named in custom::names(object) {
        found.add(named.target, Some(named.name), named.key, named.optional);
    }
    found.all
}

struct Found<'a, T> {
    /// The namespace of the object.
    namespace: &'a str,
    all: Vec<Need<'a, T>>,
}

impl<'a, T: Tree> Found<'a, T> {
    fn add(&mut self, target: Target, name: Option<&'a T>, key: Option<&'a T>, optional: bool) {
        if let Some(name) = name {
            let namespace = if target.is_cluster_wide() { "" } else { self.namespace };
            self.push(Need { target, namespace, name, key, port: None, optional });
        }
    }

    fn push(&mut self, need: Need<'a, T>) {
        let made_by_cluster = |word| MADE_BY_CLUSTER.contains(&(need.target, word));
        if need.name.word().is_some_and(|word| !word.is_empty() && !made_by_cluster(word)) {
            self.all.push(need);
        }
    }

    /// The namespace that a reference names, or the object's own.
    fn beside(&self, reference: &'a T) -> &'a str {
        reference.word_at(&["namespace"]).filter(|name| !name.is_empty()).unwrap_or(self.namespace)
    }

    /// A reference with a name, and perhaps a namespace and a key.
    fn reference(&mut self, target: Target, node: &'a T) {
        if let Some(name) = node.get("name") {
            let (namespace, key) = (self.beside(node), node.get("key"));
            self.push(Need { target, namespace, name, key, port: None, optional: false });
        }
    }

    /// The role of a binding, and its service accounts.
    fn binding(&mut self, object: &'a T) {
        let role = object.at(&["roleRef", "name"]);
        match object.word_at(&["roleRef", "kind"]) {
            Some("Role") if kind(object) == "RoleBinding" => {
                self.add(Target::Role, role, None, false);
            }
            Some("ClusterRole") => {
                let of_cluster = |name: &&T| !name.word().is_some_and(is_built_in);
                self.add(Target::ClusterRole, role.filter(of_cluster), None, false);
            }
            _ => {}
        }
        for subject in object.list("subjects") {
            if subject.word_at(&["kind"]) == Some("ServiceAccount") {
                self.reference(Target::ServiceAccount, subject);
            }
        }
    }

    /// The Gateways, certificates and Services of a route or an Ingress.
    fn traffic(&mut self, object: &'a T) {
        for parent in parents(object) {
            self.reference(Target::Gateway, parent);
        }
        for name in traffic::tls(object).filter(|_| is_ingress(object)) {
            self.add(Target::Certificate, Some(name), None, false);
        }
        for backend in backends(object) {
            let beside = backend.namespace.and_then(T::word).filter(|name| !name.is_empty());
            self.push(Need {
                target: Target::Service,
                namespace: beside.unwrap_or(self.namespace),
                name: backend.name,
                key: None,
                port: backend.port,
                optional: false,
            });
        }
    }

    /// Every place where an object of External Secrets names a store.
    fn stores(&mut self, object: &'a T) {
        let spec = match kind(object) {
            "ExternalSecret" => object.get("spec"),
            "ClusterExternalSecret" => object.at(&["spec", "externalSecretSpec"]),
            _ => None,
        };
        let entries = spec.into_iter().flat_map(|spec| {
            let data = spec.list("data").iter().chain(spec.list("dataFrom"));
            data.filter_map(|entry| entry.at(&["sourceRef", "storeRef"]))
        });
        let pushed = object.list_at(&["spec", "secretStoreRefs"]);
        let pushed = pushed.iter().filter(|_| kind(object) == "PushSecret");
        let of_spec = spec.and_then(|spec| spec.get("secretStoreRef"));
        for store in of_spec.into_iter().chain(entries).chain(pushed) {
            match store.word_at(&["kind"]).unwrap_or("SecretStore") {
                // It is looked for in every namespace that gets the Secret.
                "SecretStore" if kind(object) == "ClusterExternalSecret" => {}
                "SecretStore" => self.add(Target::SecretStore, store.get("name"), None, false),
                "ClusterSecretStore" => {
                    self.add(Target::ClusterSecretStore, store.get("name"), None, false);
                }
                _ => {}
            }
        }
    }

    /// Every `…SecretRef` below a store's provider, whatever the provider is.
    fn credentials(&mut self, provider: Option<&'a T>) {
        for (key, value) in provider.into_iter().flat_map(T::entries) {
            if key.ends_with("SecretRef") && value.get("name").is_some() {
                self.reference(Target::Secret, value);
            } else {
                self.credentials(Some(value));
            }
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
            for source in
                container.list("env").iter().filter_map(|variable| variable.get("valueFrom"))
            {
                self.variables(source, ["configMapKeyRef", "secretKeyRef"]);
            }
            for mount in container.list("volumeMounts") {
                self.mounted_file(volumes, mount);
            }
        }
        for volume in volumes {
            self.volume(volume, "secretName");
            for source in
                volume.get("projected").map_or(&[][..], |projected| projected.list("sources"))
            {
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

    fn custom(api_version: &str, kind: &str, spec: Value) -> Value {
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "p"}, "spec": spec})
    }

    #[test]
    fn a_rollout_needs_its_services() {
        let canary = json!({"canaryService": "c", "stableService": "s"});
        let spec = json!({"strategy": {"canary": canary}});
        let rollout = custom("argoproj.io/v1alpha1", "Rollout", spec);
        assert_eq!(needs(&rollout), ["Service c", "Service s"]);
    }

    #[test]
    fn keda_needs_the_keys_of_its_triggers() {
        let spec = json!({"secretTargetRef": [{"parameter": "p", "name": "s", "key": "k"}]});
        let triggers = custom("keda.sh/v1alpha1", "TriggerAuthentication", spec);
        assert_eq!(needs(&triggers), ["Secret s key k"]);
    }

    #[test]
    fn a_scaled_job_has_pods() {
        let containers = json!([{"name": "c", "envFrom": [{"secretRef": {"name": "s"}}]}]);
        let spec = json!({"jobTargetRef": {"template": {"spec": {"containers": containers}}}});
        assert_eq!(needs(&custom("keda.sh/v1alpha1", "ScaledJob", spec)), ["Secret s"]);
    }

    #[test]
    fn a_service_of_knative_has_pods() {
        let containers = json!([{"image": "i", "envFrom": [{"configMapRef": {"name": "c"}}]}]);
        let spec = json!({"template": {"spec": {"containers": containers}}});
        assert_eq!(needs(&custom("serving.knative.dev/v1", "Service", spec)), ["ConfigMap c"]);
    }

    #[test]
    fn flux_reads_values_from_objects() {
        let from = json!([
            {"kind": "ConfigMap", "name": "v", "valuesKey": "k"},
            {"kind": "Secret", "name": "s", "optional": true},
        ]);
        let release =
            custom("helm.toolkit.fluxcd.io/v2", "HelmRelease", json!({"valuesFrom": from}));
        assert_eq!(needs(&release), ["ConfigMap v key k", "Secret s optional"]);
        let spec = json!({"postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": "v"}]}});
        let applied = custom("kustomize.toolkit.fluxcd.io/v1", "Kustomization", spec);
        assert_eq!(needs(&applied), ["ConfigMap v"]);
    }

    #[test]
    fn a_virtual_service_needs_services_of_its_namespace() {
        let route = |host: &str| json!({"route": [{"destination": {"host": host}}]});
        let spec = json!({"http": [route("web"), route("api.example.org")]});
        let traffic = custom("networking.istio.io/v1", "VirtualService", spec);
        assert_eq!(needs(&traffic), ["Service web"]);
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

    #[test]
    fn a_binding_needs_its_role_and_accounts_and_no_built_in_role() {
        let binding = |kind: &str, role: &str| {
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                   "roleRef": {"kind": kind, "name": role},
                   "subjects": [{"kind": "ServiceAccount", "name": "a"}, {"kind": "User", "name": "u"}]})
        };
        assert_eq!(needs(&binding("Role", "r")), ["Role r", "ServiceAccount a"]);
        assert_eq!(needs(&binding("ClusterRole", "view")), ["ServiceAccount a"]);
    }

    #[test]
    fn a_subject_may_be_in_another_namespace() {
        let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                             "metadata": {"namespace": "here"},
                             "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "there"},
                                          {"kind": "ServiceAccount", "name": "b"}]});
        let namespaces: Vec<&str> = of(&binding).iter().map(|need| need.namespace).collect();
        assert_eq!(namespaces, ["there", "here"]);
    }

    #[test]
    fn an_ingress_needs_its_certificate_and_services() {
        let ingress = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {
            "tls": [{"secretName": "t"}], "defaultBackend": {"service": {"name": "d"}}}});
        assert_eq!(needs(&ingress), ["Secret t", "Service d"]);
        let old = json!({"apiVersion": "extensions/v1beta1", "kind": "Ingress",
                         "spec": {"backend": {"serviceName": "o", "servicePort": 80}}});
        assert_eq!(needs(&old), ["Service o"]);
    }

    #[test]
    fn an_external_secret_needs_every_store_that_it_names() {
        let secret = json!({"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "spec": {
            "secretStoreRef": {"name": "s"},
            "data": [{"sourceRef": {"storeRef": {"kind": "ClusterSecretStore", "name": "c"}}}]}});
        assert_eq!(needs(&secret), ["SecretStore s", "ClusterSecretStore c"]);
    }

    #[test]
    fn a_store_needs_its_credentials_wherever_they_are() {
        let store = json!({"apiVersion": "external-secrets.io/v1", "kind": "SecretStore", "spec": {
            "provider": {"aws": {"auth": {"secretRef": {"accessKeyIDSecretRef": {"name": "a", "key": "id"}}}}}}});
        assert_eq!(needs(&store), ["Secret a key id"]);
    }

    #[test]
    fn a_stateful_set_needs_its_service() {
        let set =
            json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {"serviceName": "s"}});
        assert_eq!(needs(&set), ["Service s"]);
    }
}
