//! Custom resources, and what their operators may make of them.
//!
//! An operator turns a custom resource into Secrets, Services, claims and pods that no file
//! says. Their names nearly always are the resource's own with something before or behind it,
//! or stand in it. An object that could be made like that is not certain to be missing.

use std::collections::HashSet;

use super::words::words;
use crate::listed::is_listed;
use crate::object::{Object, group};
use crate::schema::is_builtin;
use common::kubernetes::effective;

/// Groups whose resources make nothing that other objects name, or what they make is in
/// [`super::Provided`].
const PLAIN: &str = "\
    acme.cert-manager.io bitnami.com cert-manager.io cilium.io crd.projectcalico.org \
    elbv2.k8s.aws external-secrets.io gateway.envoyproxy.io gateway.networking.k8s.io \
    generators.external-secrets.io karpenter.sh keda.sh kyverno.io metallb.io networking.istio.io \
    security.istio.io snapshot.storage.k8s.io traefik.containo.us traefik.io";

/// The same for kinds of groups that have others, too. A Rollout makes ReplicaSets of its own pod
/// template, and nothing that others name.
const PLAIN_KINDS: &str = "\
    argoproj.io/AppProject argoproj.io/Rollout monitoring.coreos.com/AlertmanagerConfig \
    monitoring.coreos.com/PodMonitor monitoring.coreos.com/Probe \
    monitoring.coreos.com/PrometheusRule monitoring.coreos.com/ScrapeConfig \
    monitoring.coreos.com/ServiceMonitor";

/// Kinds that deploy what is written elsewhere, and where they say the namespace.
const DEPLOYERS: &[(&str, &str, &[&str])] = &[
    ("argoproj.io", "Application", &["spec", "destination", "namespace"]),
    ("argoproj.io", "ApplicationSet", &["spec", "template", "spec", "destination", "namespace"]),
    ("helm.toolkit.fluxcd.io", "HelmRelease", &["spec", "targetNamespace"]),
    ("kustomize.toolkit.fluxcd.io", "Kustomization", &["spec", "targetNamespace"]),
    ("helm.cattle.io", "HelmChart", &["spec", "targetNamespace"]),
];

/// The objects that custom resources of an overlay may make.
#[derive(Debug, Default)]
pub(crate) struct Custom {
    names: HashSet<String>,
    words: HashSet<String>,
    makers: HashSet<String>,
    deployed: HashSet<String>,
    deploys_everywhere: bool,
}

impl Custom {
    pub(crate) fn of(objects: &[Object]) -> Self {
        let mut custom = Custom::default();
        for object in objects {
            custom.add(object);
        }
        custom
    }

    fn add(&mut self, object: &Object) {
        let (group, kind) = (group(object), object.kind());
        if is_builtin(group)
            || is_listed(PLAIN, group)
            || is_listed(PLAIN_KINDS, &format!("{group}/{kind}"))
        {
            return;
        }
        let deployer = DEPLOYERS.iter().find(|(of, known, _)| (*of, *known) == (group, kind));
        if let Some((.., path)) = deployer {
            match object.node.word_at(path) {
                Some(target) if !target.contains("{{") => {
                    self.deployed.insert(effective(target).to_owned());
                }
                None if kind != "Kustomization" => {
                    self.deployed.insert(effective(object.namespace()).to_owned());
                }
                _ => self.deploys_everywhere = true,
            }
            return;
        }
        self.makers.insert(effective(object.namespace()).to_owned());
        self.names.insert(object.name().to_owned());
        words(&object.node, &mut |word| {
            // Its namespace and name say nothing about other objects.
            if word.keys.first() != Some(&"metadata") {
                self.words.insert(word.text.to_owned());
            }
        });
    }

    /// Whether an object of this name may be made in the namespace.
    pub(crate) fn may_make(&self, namespace: &str, name: &str) -> bool {
        self.is_deployed(namespace) || self.words.contains(name) || self.is_derived(name)
    }

    /// Whether an object of the whole cluster may be made with this name.
    pub(crate) fn may_make_anywhere(&self, name: &str) -> bool {
        self.deploys_everywhere
            || !self.deployed.is_empty()
            || self.words.contains(name)
            || self.is_derived(name)
    }

    /// Whether a custom resource has this name.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether pods may be made in the namespace that no workload of the overlay makes.
    pub(crate) fn may_make_pods(&self, namespace: &str) -> bool {
        self.makers.contains(effective(namespace)) || self.is_deployed(namespace)
    }

    fn is_deployed(&self, namespace: &str) -> bool {
        self.deploys_everywhere || self.deployed.contains(effective(namespace))
    }

    /// Whether the keys of this ConfigMap or Secret may be written by an operator.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.words.contains(name)
    }

    /// Whether the name contains a custom resource's name as one or more of its parts, as
    /// `orders-db-app` contains `orders-db`.
    fn is_derived(&self, name: &str) -> bool {
        if self.names.is_empty() {
            return false;
        }
        let is_edge = |byte: Option<&u8>| matches!(byte, None | Some(b'-' | b'.'));
        let bytes = name.as_bytes();
        let mut starts = (0..bytes.len()).filter(|at| *at == 0 || is_edge(bytes.get(at - 1)));
        starts.any(|start| {
            let mut ends = (start + 1..=bytes.len()).filter(|at| is_edge(bytes.get(*at)));
            ends.any(|end| name.get(start..end).is_some_and(|part| self.names.contains(part)))
        })
    }
}
