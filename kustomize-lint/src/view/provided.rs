//! What makes ConfigMaps and Secrets, and which keys these have.

use std::collections::{BTreeSet, HashMap};

use super::Target;
use crate::object::{Object, group};
use crate::tree::{Node, Place};
use common::kubernetes::effective;

/// The keys of a ConfigMap or Secret.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    /// Those that are known.
    pub(crate) names: BTreeSet<String>,
    /// Whether there may be more.
    pub(crate) open: bool,
    /// Whether something makes the object; else its keys are only added to one that is there.
    made: bool,
    /// Where the object that says them stands.
    pub(crate) place: Place,
}

/// Every ConfigMap and Secret of an overlay.
#[derive(Debug, Default)]
pub(crate) struct Provided(HashMap<(Target, String), Keys>);

/// Labels and annotations of objects that something else fills.
const FILLED: &[&str] = &[
    "config.openshift.io/inject-trusted-cabundle",
    "reflector.v1.k8s.emberstack.com/reflects",
    "replicator.v1.mittwald.de/replicate-from",
    "secret-generator.v1.mittwald.de/autogenerate",
    "service.beta.openshift.io/inject-cabundle",
    "vault.security.banzaicloud.io/vault-addr",
];

impl Provided {
    pub(crate) fn of(objects: &[Object]) -> Self {
        let mut provided = Provided::default();
        for object in objects {
            provided.look(object);
        }
        provided
    }

    /// The keys of an object; `None` when nothing is known of it.
    pub(crate) fn keys(&self, target: Target, namespace: &str, name: &str) -> Option<&Keys> {
        let namespaced = self.0.get(&(target, identity(effective(namespace), name)));
        namespaced.or_else(|| self.0.get(&(target, identity(EVERYWHERE, name))))
    }

    /// Whether something makes the object.
    pub(crate) fn makes(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let target = match kind {
            "ConfigMap" if name == ROOT_CA => return true,
            "ConfigMap" => Target::ConfigMap,
            "Secret" => Target::Secret,
            _ => return false,
        };
        self.keys(target, namespace, name).is_some_and(|keys| keys.made)
    }

    fn look(&mut self, object: &Object) {
        let node = &object.node;
        match (group(object), object.kind()) {
            ("", "ConfigMap") => self.literal(object, Target::ConfigMap, &["data", "binaryData"]),
            ("", "Secret") => self.literal(object, Target::Secret, &["data", "stringData"]),
            ("external-secrets.io", "ExternalSecret") => {
                if let Some(spec) = node.get("spec") {
                    self.external(object, object.namespace(), object.name(), spec);
                }
            }
            ("external-secrets.io", "ClusterExternalSecret") => {
                if let Some(spec) = node.at(&["spec", "externalSecretSpec"]) {
                    let name = node.word_at(&["spec", "externalSecretName"]);
                    self.external(object, EVERYWHERE, name.unwrap_or(object.name()), spec);
                }
            }
            ("bitnami.com", "SealedSecret") => {
                let named = node.word_at(&["spec", "template", "metadata", "name"]);
                let mut keys = Keys::by(object);
                keys.add(node.at(&["spec", "encryptedData"]));
                keys.add(node.at(&["spec", "template", "data"]));
                let name = named.unwrap_or(object.name());
                self.add(Target::Secret, object.namespace(), name, keys);
            }
            ("cert-manager.io", "Certificate") => self.certificate(object),
            ("cert-manager.io", _) => self.hidden(object, &["spec", "acme", "privateKeySecretRef"]),
            ("networking.k8s.io" | "extensions", "Ingress") if issues(object) => {
                let tls = node.items_at(&["spec", "tls"]);
                for name in tls.iter().filter_map(|tls| tls.word_at(&["secretName"])) {
                    self.add(Target::Secret, object.namespace(), name, Keys::certificate(object));
                }
            }
            ("gateway.networking.k8s.io", "Gateway") if issues(object) => {
                let listeners = node.items_at(&["spec", "listeners"]);
                let references = listeners.iter().filter_map(|l| l.at(&["tls", "certificateRefs"]));
                for name in references.flat_map(Node::items).filter_map(|r| r.word_at(&["name"])) {
                    self.add(Target::Secret, object.namespace(), name, Keys::certificate(object));
                }
            }
            ("", "Service") => {
                let annotation = "service.beta.openshift.io/serving-cert-secret-name";
                if let Some(name) = object.annotation(annotation) {
                    self.add(Target::Secret, object.namespace(), name, Keys::certificate(object));
                }
            }
            _ => {}
        }
    }

    /// A ConfigMap or Secret itself.
    fn literal(&mut self, object: &Object, target: Target, fields: &[&str]) {
        let mut keys = Keys::by(object);
        for field in fields {
            keys.add(object.node.get(field));
        }
        let kind = object.node.word_at(&["type"]);
        if kind == Some("kubernetes.io/service-account-token") {
            keys.names.extend(["token", "ca.crt", "namespace"].map(str::to_owned));
        }
        let filled = |key: &&str| object.annotation(key).is_some() || object.label(key).is_some();
        // One without any key is there to be filled, by a person or a controller.
        keys.open = FILLED.iter().any(filled) || keys.names.is_empty();
        self.add(target, object.namespace(), object.name(), keys);
    }

    /// The Secret of an ExternalSecret. Its template replaces what it fetches, unless the
    /// policy is `Merge`, or the template says no data.
    fn external(&mut self, object: &Object, namespace: &str, name: &str, spec: &Node) {
        let name = spec.word_at(&["target", "name"]).unwrap_or(name);
        let policy = spec.str_at(&["target", "creationPolicy"]).unwrap_or("Owner");
        if policy == "None" {
            return;
        }
        let mut keys = Keys::by(object);
        keys.made = policy != "Merge";
        let filled = |node: &Node| !node.entries().is_empty() || !node.items().is_empty();
        let template = spec.at(&["target", "template"]);
        let part = |field: &str| template.and_then(|t| t.get(field)).filter(|node| filled(node));
        let (data, from) = (part("data"), part("templateFrom"));
        keys.add(data);
        keys.open = from.is_some();
        let merges = template.and_then(|t| t.str_at(&["mergePolicy"])) == Some("Merge");
        if merges || data.is_none() && from.is_none() {
            let fetched = spec.items_at(&["data"]);
            let names = fetched.iter().filter_map(|one| one.word_at(&["secretKey"]));
            keys.names.extend(names.map(str::to_owned));
            keys.open |= spec.get("dataFrom").is_some_and(filled);
        }
        let target = match spec.str_at(&["target", "manifest", "kind"]) {
            None | Some("Secret") => Target::Secret,
            Some("ConfigMap") => Target::ConfigMap,
            Some(_) => return,
        };
        self.add(target, namespace, name, keys);
    }

    fn certificate(&mut self, object: &Object) {
        let Some(name) = object.node.word_at(&["spec", "secretName"]) else { return };
        let mut keys = Keys::certificate(object);
        // More formats have keys of their own.
        keys.open = ["keystores", "additionalOutputFormats"]
            .iter()
            .any(|field| object.node.at(&["spec", field]).is_some());
        self.add(Target::Secret, object.namespace(), name, keys);
    }

    /// A Secret that a controller keeps for itself.
    fn hidden(&mut self, object: &Object, path: &[&str]) {
        if let Some(name) = object.node.at(path).and_then(|node| node.word_at(&["name"])) {
            let mut keys = Keys::by(object);
            keys.open = true;
            // A ClusterIssuer's is in the namespace of cert-manager.
            let wide = object.kind().starts_with("Cluster");
            let namespace = if wide { EVERYWHERE } else { object.namespace() };
            self.add(Target::Secret, namespace, name, keys);
        }
    }

    fn add(&mut self, target: Target, namespace: &str, name: &str, keys: Keys) {
        match self.0.get_mut(&(target, identity(effective(namespace), name))) {
            Some(known) => {
                known.names.extend(keys.names);
                known.open |= keys.open;
                known.made |= keys.made;
            }
            None => {
                self.0.insert((target, identity(effective(namespace), name)), keys);
            }
        }
    }
}

/// The ConfigMap with the cluster's certificate, which every namespace has.
const ROOT_CA: &str = "kube-root-ca.crt";

/// In place of a namespace: in those that a selector chooses.
const EVERYWHERE: &str = "*";

fn identity(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

/// Whether cert-manager makes the Secrets that the object names.
fn issues(object: &Object) -> bool {
    let annotations = object.annotations();
    annotations.iter().any(|entry| {
        matches!(
            entry.key.as_str(),
            "cert-manager.io/issuer" | "cert-manager.io/cluster-issuer" | "kubernetes.io/tls-acme"
        )
    })
}

impl Keys {
    fn by(object: &Object) -> Self {
        let name = object.node.at(&["metadata", "name"]).unwrap_or(&object.node);
        Keys {
            names: BTreeSet::new(),
            open: false,
            made: true,
            place: if object.generator.is_some() { object.source } else { name.place() },
        }
    }

    fn certificate(object: &Object) -> Self {
        let mut keys = Keys::by(object);
        keys.names.extend(["tls.crt", "tls.key", "ca.crt"].map(str::to_owned));
        keys
    }

    /// Adds the keys of a mapping.
    fn add(&mut self, mapping: Option<&Node>) {
        self.names.extend(mapping.into_iter().flat_map(Node::entries).map(|e| e.key.clone()));
    }
}
