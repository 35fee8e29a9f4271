use std::collections::{HashMap, HashSet};

use common::kubernetes::{needs, template};

use super::prelude::*;
use crate::argocd::{Application, deployments, is_timed, moment};
use crate::tree::Files;
use crate::view::Target;

rule! {
    /// An object that needs another one which Argo CD applies only in a later wave or phase.
    ///
    /// Argo CD waits until everything in a wave is healthy before it begins the next. A
    /// Deployment whose ConfigMap comes later never becomes healthy, so that the ConfigMap never
    /// comes: the first sync hangs. An object without its namespace or its
    /// CustomResourceDefinition makes the sync fail.
    ///
    /// Looked at are ConfigMaps, Secrets (also those of an ExternalSecret), service accounts and
    /// claims of pods, namespaces, and definitions of custom resources. Optional references, and objects of
    /// other Applications, are left alone. Waves count within one Application; without Applications in the
    /// run, within an overlay.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml, settings.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       envFrom: [{configMapRef: {name: settings}}]
    /// -- settings.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: settings
    ///   annotations: {argocd.argoproj.io/sync-wave: "1"}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml, settings.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       envFrom: [{configMapRef: {name: settings}}]
    /// -- settings.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: settings
    ///   annotations: {argocd.argoproj.io/sync-wave: "-1"}
    /// ```
    KA004 "wave-order" Warning Check::Run(check)
}

fn check(run: &Run<'_>, findings: &mut Findings<'_>) {
    let deployments = deployments(run);
    if deployments.is_empty() {
        for overlay in run.overlays {
            compare(overlay.objects(), None, &overlay.name, run.files, findings);
        }
    }
    for deployment in &deployments {
        let name = deployment.overlay.name.as_str();
        if let Some(rendering) = deployment.rendering(run) {
            compare(&rendering.objects, Some(deployment.application), name, run.files, findings);
        }
    }
}

/// The objects that others need, by kind, namespace and name.
type Index<'a> = HashMap<(&'static str, String, String), &'a Object>;

fn compare(
    objects: &[Object],
    application: Option<Application<'_>>,
    overlay: &str,
    files: &Files,
    findings: &mut Findings<'_>,
) {
    if !objects.iter().any(is_timed) {
        return;
    }
    let namespace = application.map_or("", |application| application.destination("namespace"));
    let index = index(objects, namespace);
    let made = application.filter(|application| application.has_option("CreateNamespace=true"));
    let made = made.map(|_| namespace);
    for object in objects {
        // An object that is needed in several places is reported once.
        let mut told = HashSet::new();
        for (key, place) in needed(object, namespace, made) {
            let Some(needed) = index.get(&key) else { continue };
            let (Some(moment), Some(later)) = (moment(object), moment(needed)) else { continue };
            if later <= moment || !told.insert(needed.key) {
                continue;
            }
            let message = format!(
                "{object} is applied in {}, before {needed}, which it needs, in {}",
                moment.show(&later),
                later.show(&moment)
            );
            let annotation = |key: &str| needed.node.at(&["metadata", "annotations", key]);
            let wave = [crate::argocd::WAVE, crate::argocd::HOOK].into_iter().find_map(annotation);
            let wave = wave.map_or_else(|| needed.name_place(), |node| node.place());
            let wave = files.first_line(wave);
            findings
                .at(place, message)
                .also(wave, "applied only here")
                .detail(format!("{} {}", key.0, key.2))
                .overlay(overlay)
                .about(object, "give what is needed an earlier wave");
        }
    }
}

fn index<'a>(objects: &'a [Object], namespace: &str) -> Index<'a> {
    let mut index = Index::new();
    for object in objects {
        let namespace = own_namespace(object, namespace);
        let name = object.name().to_owned();
        let spec = |path: &[&str]| object.node.word_at(path).unwrap_or_default().to_owned();
        let (kind, namespace, name) = match object.kind() {
            "ConfigMap" => (Target::ConfigMap.kind(), namespace, name),
            "Secret" => (Target::Secret.kind(), namespace, name),
            "ExternalSecret" => {
                let target = object.node.word_at(&["spec", "target", "name"]);
                (Target::Secret.kind(), namespace, target.map_or(name, str::to_owned))
            }
            "ServiceAccount" => (Target::ServiceAccount.kind(), namespace, name),
            "PersistentVolumeClaim" => (Target::Claim.kind(), namespace, name),
            "Namespace" => ("Namespace", String::new(), name),
            "CustomResourceDefinition" => {
                (DEFINITION, spec(&["spec", "group"]), spec(&["spec", "names", "kind"]))
            }
            _ => continue,
        };
        index.entry((kind, namespace, name)).or_insert(object);
    }
    index
}

const DEFINITION: &str = "CustomResourceDefinition";

fn own_namespace(object: &Object, namespace: &str) -> String {
    let written = object.namespace();
    effective(if written.is_empty() { namespace } else { written }).to_owned()
}

type Needs = Vec<((&'static str, String, String), Place)>;

/// The objects that an object cannot be without, each with the place of the reference.
fn needed(object: &Object, namespace: &str, made: Option<&str>) -> Needs {
    let mut needed = Needs::new();
    let namespace = own_namespace(object, namespace);
    // A binding is accepted without its accounts, and an Ingress without its certificate.
    let waits = template(&object.node).is_some() || object.kind() == "ServiceAccount";
    for need in needs::of(&object.node).iter().filter(|need| waits && !need.optional) {
        let key = (need.target.kind(), namespace.clone(), need.name().to_owned());
        needed.push((key, need.name.place()));
    }
    let id = object.id();
    let place = |node: Option<&Node>| node.map_or(object.source, |node| node.place());
    if !id.is_cluster_wide() && made != Some(namespace.as_str()) {
        let node = object.node.at(&["metadata", "namespace"]);
        let node = node.or_else(|| object.node.at(&["metadata", "name"]));
        needed.push((("Namespace", String::new(), namespace), place(node)));
    }
    if !id.group.is_empty() {
        let node = object.node.get("kind");
        needed.push(((DEFINITION, id.group.clone(), id.kind.clone()), place(node)));
    }
    needed
}
