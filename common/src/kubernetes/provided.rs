//! The objects that make ConfigMaps and Secrets, and the keys of these.

use std::collections::{BTreeSet, HashMap};

use super::needs::Target;
use super::{GATEWAY_API, Tree, certificates, effective, group, is_ingress, kind};

/// The keys of a ConfigMap or Secret.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The known names.
    pub names: BTreeSet<String>,
    /// Whether there may be more.
    pub open: bool,
    /// Whether something makes the object; else its keys are only added to one that is there.
    made: bool,
    /// The position of the object that says them.
    pub by: usize,
}

/// Every ConfigMap and Secret of some objects, with those that come from an ExternalSecret, a
/// SealedSecret, cert-manager and the like.
#[derive(Debug, Default)]
pub struct Provided(HashMap<(&'static str, String), Keys>);

/// Labels and annotations of objects that something else fills.
const FILLED: &[&str] = &[
    "config.openshift.io/inject-trusted-cabundle",
    "reflector.v1.k8s.emberstack.com/reflects",
    "replicator.v1.mittwald.de/replicate-from",
    "secret-generator.v1.mittwald.de/autogenerate",
    "service.beta.openshift.io/inject-cabundle",
    "vault.security.banzaicloud.io/vault-addr",
];

/// The ConfigMap with the cluster's certificate, which every namespace has.
const ROOT_CA: &str = "kube-root-ca.crt";

/// In place of a namespace: in those that a selector chooses.
const EVERYWHERE: &str = "*";

impl Provided {
    /// The ConfigMaps and Secrets that the objects make; their positions are those of the iterator.
    pub fn of<'a, T: Tree + 'a>(objects: impl Iterator<Item = &'a T>) -> Self {
        let mut provided = Provided::default();
        for (at, object) in objects.enumerate() {
            let maker = Maker { object, at, provided: &mut provided };
            maker.look();
        }
        provided
    }

    /// The keys of an object; `None` when nothing is known of it.
    pub fn keys(&self, target: Target, namespace: &str, name: &str) -> Option<&Keys> {
        let in_namespace = self.0.get(&identity(target, effective(namespace), name));
        in_namespace.or_else(|| self.0.get(&identity(target, EVERYWHERE, name)))
    }

    /// The position of the object that makes another one.
    pub fn maker(&self, target: Target, namespace: &str, name: &str) -> Option<usize> {
        self.keys(target, namespace, name).filter(|keys| keys.made).map(|keys| keys.by)
    }

    /// Whether something makes the object of a kind.
    pub fn makes(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let target = match kind {
            "ConfigMap" if name == ROOT_CA => return true,
            "ConfigMap" => Target::ConfigMap,
            "Secret" => Target::Secret,
            _ => return false,
        };
        self.maker(target, namespace, name).is_some()
    }

    fn add(&mut self, target: Target, namespace: &str, name: &str, keys: Keys) {
        match self.0.get_mut(&identity(target, effective(namespace), name)) {
            Some(known) => {
                known.names.extend(keys.names);
                known.open |= keys.open;
                known.made |= keys.made;
            }
            None => {
                self.0.insert(identity(target, effective(namespace), name), keys);
            }
        }
    }
}

fn identity(target: Target, namespace: &str, name: &str) -> (&'static str, String) {
    (target.kind(), format!("{namespace}/{name}"))
}

/// An object that may make others.
struct Maker<'a, 'p, T> {
    object: &'a T,
    at: usize,
    provided: &'p mut Provided,
}

impl<'a, T: Tree> Maker<'a, '_, T> {
    fn name(&self) -> &'a str {
        self.object.word_at(&["metadata", "name"]).unwrap_or_default()
    }

    fn namespace(&self) -> &'a str {
        self.object.word_at(&["metadata", "namespace"]).unwrap_or_default()
    }

    fn look(mut self) {
        let object = self.object;
        match (group(object), kind(object)) {
            ("", "ConfigMap") => self.literal(Target::ConfigMap, &["data", "binaryData"]),
            ("", "Secret") => self.literal(Target::Secret, &["data", "stringData"]),
            ("external-secrets.io", "ExternalSecret") => {
                if let Some(spec) = object.get("spec") {
                    self.external(self.namespace(), self.name(), spec);
                }
            }
            ("external-secrets.io", "ClusterExternalSecret") => {
                if let Some(spec) = object.at(&["spec", "externalSecretSpec"]) {
                    let name = object.word_at(&["spec", "externalSecretName"]);
                    self.external(EVERYWHERE, name.unwrap_or(self.name()), spec);
                }
            }
            ("bitnami.com", "SealedSecret") => {
                let named = object.word_at(&["spec", "template", "metadata", "name"]);
                let mut keys = self.keys();
                keys.add(object.at(&["spec", "encryptedData"]));
                keys.add(object.at(&["spec", "template", "data"]));
                self.secret(named.unwrap_or(self.name()), keys);
            }
            ("cert-manager.io", "Certificate") => {
                let Some(name) = object.word_at(&["spec", "secretName"]) else { return };
                let mut keys = self.certificate();
                // More formats have keys of their own.
                keys.open = ["keystores", "additionalOutputFormats"]
                    .iter()
                    .any(|field| object.at(&["spec", field]).is_some());
                self.secret(name, keys);
            }
            ("cert-manager.io", kind) => {
                // A controller keeps this Secret for itself.
                let path = ["spec", "acme", "privateKeySecretRef", "name"];
                if let Some(name) = object.word_at(&path) {
                    let keys = Keys { open: true, ..self.keys() };
                    // A ClusterIssuer's is in the namespace of cert-manager.
                    let wide = kind.starts_with("Cluster");
                    let namespace = if wide { EVERYWHERE } else { self.namespace() };
                    self.provided.add(Target::Secret, namespace, name, keys);
                }
            }
            (GATEWAY_API, "Gateway") if issues(object) => {
                for name in certificates(object).filter_map(|one| one.word_at(&["name"])) {
                    self.secret(name, self.certificate());
                }
            }
            ("", "Service") => {
                let annotation = "service.beta.openshift.io/serving-cert-secret-name";
                if let Some(name) = object.annotation(annotation) {
                    self.secret(name, self.certificate());
                }
            }
            _ if is_ingress(object) && issues(object) => {
                let tls = object.list_at(&["spec", "tls"]).iter();
                for name in tls.filter_map(|tls| tls.word_at(&["secretName"])) {
                    self.secret(name, self.certificate());
                }
            }
            _ => {}
        }
    }

    /// A Secret in the object's namespace.
    fn secret(&mut self, name: &str, keys: Keys) {
        self.provided.add(Target::Secret, self.namespace(), name, keys);
    }

    /// A ConfigMap or Secret itself.
    fn literal(&mut self, target: Target, fields: &[&str]) {
        let object = self.object;
        let mut keys = self.keys();
        for field in fields {
            keys.add(object.get(field));
        }
        if object.word_at(&["type"]) == Some("kubernetes.io/service-account-token") {
            keys.names.extend(["token", "ca.crt", "namespace"].map(str::to_owned));
        }
        let filled = |key: &&str| object.annotation(key).is_some() || object.label(key).is_some();
        // One without any key is there to be filled, by a person or a controller.
        keys.open = FILLED.iter().any(filled) || keys.names.is_empty();
        self.provided.add(target, self.namespace(), self.name(), keys);
    }

    /// The Secret of an ExternalSecret. Its template replaces what it fetches, unless the
    /// policy is `Merge`, or the template says no data.
    fn external(&mut self, namespace: &str, name: &str, spec: &T) {
        let name = external_target(spec).unwrap_or(name);
        let policy = spec.word_at(&["target", "creationPolicy"]).unwrap_or("Owner");
        if policy == "None" {
            return;
        }
        let mut keys = Keys { made: policy != "Merge", ..self.keys() };
        let filled = |node: &T| node.entries().next().is_some() || !node.items().is_empty();
        let template = spec.at(&["target", "template"]);
        let part = |field: &str| template.and_then(|t| t.get(field)).filter(|node| filled(node));
        let (data, from) = (part("data"), part("templateFrom"));
        keys.add(data);
        keys.open = from.is_some();
        let merges = template.and_then(|t| t.word_at(&["mergePolicy"])) == Some("Merge");
        if merges || data.is_none() && from.is_none() {
            let fetched = spec.list("data").iter();
            let names = fetched.filter_map(|one| one.word_at(&["secretKey"]));
            keys.names.extend(names.map(str::to_owned));
            keys.open |= spec.get("dataFrom").is_some_and(filled);
        }
        let target = match spec.word_at(&["target", "manifest", "kind"]) {
            None | Some("Secret") => Target::Secret,
            Some("ConfigMap") => Target::ConfigMap,
            Some(_) => return,
        };
        self.provided.add(target, namespace, name, keys);
    }

    fn keys(&self) -> Keys {
        Keys { names: BTreeSet::new(), open: false, made: true, by: self.at }
    }

    fn certificate(&self) -> Keys {
        let names = ["tls.crt", "tls.key", "ca.crt"].map(str::to_owned);
        Keys { names: names.into(), ..self.keys() }
    }
}

/// The name that the `spec` of an ExternalSecret gives its Secret, if it is not the object's own.
pub fn external_target<T: Tree>(spec: &T) -> Option<&str> {
    spec.word_at(&["target", "name"]).filter(|name| !name.is_empty())
}

/// Whether cert-manager makes the Secrets that the object names.
fn issues<T: Tree>(object: &T) -> bool {
    let annotations =
        ["cert-manager.io/issuer", "cert-manager.io/cluster-issuer", "kubernetes.io/tls-acme"];
    annotations.iter().any(|key| object.at(&["metadata", "annotations", key]).is_some())
}

impl Keys {
    /// Adds the keys of a mapping.
    fn add<T: Tree>(&mut self, mapping: Option<&T>) {
        self.names.extend(mapping.into_iter().flat_map(T::entries).map(|(key, _)| key.to_owned()));
    }
}
