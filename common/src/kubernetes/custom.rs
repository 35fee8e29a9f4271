//! Names of other objects in custom resources that many clusters have. Each line follows the definition of its
//! project.

use super::target::Target;
use super::{Tree, group, kind};

const ARGO: &str = "argoproj.io";
const ISTIO: &str = "networking.istio.io";
const KEDA: &str = "keda.sh";
const PROMETHEUS: &str = "monitoring.coreos.com";

/// The group and the kind, and the path to the scalar with a Service's name; `*` is each item of a list.
const SERVICES: &[(&str, &str, &str)] = &[
    (ARGO, "Rollout", "spec strategy blueGreen activeService"),
    (ARGO, "Rollout", "spec strategy blueGreen previewService"),
    (ARGO, "Rollout", "spec strategy canary canaryService"),
    (ARGO, "Rollout", "spec strategy canary stableService"),
    (ARGO, "Rollout", "spec strategy canary pingPong pingService"),
    (ARGO, "Rollout", "spec strategy canary pingPong pongService"),
    (ISTIO, "VirtualService", "spec http * route * destination host"),
    (ISTIO, "VirtualService", "spec tcp * route * destination host"),
    (ISTIO, "VirtualService", "spec tls * route * destination host"),
];

/// The same for references `{name, key, optional}`.
const REFERENCES: &[(&str, &str, &str, Target)] = &[
    (KEDA, "TriggerAuthentication", "spec configMapTargetRef *", Target::ConfigMap),
    (KEDA, "TriggerAuthentication", "spec secretTargetRef *", Target::Secret),
    (PROMETHEUS, "PodMonitor", "spec podMetricsEndpoints * basicAuth password", Target::Secret),
    (PROMETHEUS, "PodMonitor", "spec podMetricsEndpoints * basicAuth username", Target::Secret),
    (PROMETHEUS, "ServiceMonitor", "spec endpoints * authorization credentials", Target::Secret),
    (PROMETHEUS, "ServiceMonitor", "spec endpoints * basicAuth password", Target::Secret),
    (PROMETHEUS, "ServiceMonitor", "spec endpoints * basicAuth username", Target::Secret),
];

/// The same for references `{kind, name, valuesKey, optional}` to a ConfigMap or a Secret.
const OF_A_KIND: &[(&str, &str, &str)] = &[
    ("helm.toolkit.fluxcd.io", "HelmRelease", "spec valuesFrom *"),
    ("kustomize.toolkit.fluxcd.io", "Kustomization", "spec postBuild substituteFrom *"),
];

/// A name in a custom resource.
pub(super) struct Name<'a, T> {
    pub(super) target: Target,
    pub(super) name: &'a T,
    pub(super) key: Option<&'a T>,
    pub(super) optional: bool,
}

/// Every such name in an object.
pub(super) fn names<T: Tree>(object: &T) -> Vec<Name<'_, T>> {
    let (group, kind) = (group(object), kind(object));
    let mut found = Vec::new();
    for (_, _, path) in SERVICES.iter().filter(|(of, named, _)| (*of, *named) == (group, kind)) {
        for name in at(object, path) {
            // A name with dots may be a host outside of the cluster.
            if name.word().is_some_and(|word| !word.contains('.')) {
                found.push(Name { target: Target::Service, name, key: None, optional: false });
            }
        }
    }
    for (_, _, path, target) in REFERENCES.iter().filter(|line| (line.0, line.1) == (group, kind)) {
        found.extend(
            at(object, path).into_iter().filter_map(|node| reference(*target, node, "key")),
        );
    }
    for (_, _, path) in OF_A_KIND.iter().filter(|(of, named, _)| (*of, *named) == (group, kind)) {
        for node in at(object, path) {
            let target = match node.word_at(&["kind"]) {
                Some("ConfigMap") => Target::ConfigMap,
                Some("Secret") => Target::Secret,
                _ => continue,
            };
            found.extend(reference(target, node, "valuesKey"));
        }
    }
    found
}

fn reference<'a, T: Tree>(target: Target, node: &'a T, key: &str) -> Option<Name<'a, T>> {
    let (name, optional) = (node.get("name")?, node.is_true(&["optional"]));
    Some(Name { target, name, key: node.get(key), optional })
}

/// The nodes at a path.
fn at<'a, T: Tree>(object: &'a T, path: &str) -> Vec<&'a T> {
    path.split(' ').fold(vec![object], |nodes, step| match step {
        "*" => nodes.into_iter().flat_map(T::items).collect(),
        step => nodes.into_iter().filter_map(|node| node.get(step)).collect(),
    })
}
