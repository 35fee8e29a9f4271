use std::collections::{BTreeMap, HashSet};

use super::prelude::*;
use crate::argocd::Application;
use crate::lint::is_cluster_wide;

rule! {
    /// Objects in a namespace that nothing in the overlay makes.
    ///
    /// On a new cluster, applying them fails: the namespace is not found. Declared are: a
    /// Namespace object of the overlay; `default` and the `kube-` namespaces; the destination of
    /// an Argo CD Application in the same run that has `CreateNamespace=true`; and
    /// `externals = ["Namespace/web"]`. One finding stands for all objects of the namespace.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// namespace: shop
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: web}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// namespace: shop
    /// resources: [namespace.yaml, web.yaml]
    /// -- namespace.yaml --
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata: {name: shop}
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: web}
    /// ```
    KR013 "namespace-undeclared" Warning Check::Run(check)
}

fn check(run: &Run<'_>, findings: &mut Findings<'_>) {
    let created: HashSet<&str> = run
        .overlays
        .iter()
        .flat_map(|overlay| overlay.of_kind("Application"))
        .filter(|object| Application { object }.has_option("CreateNamespace=true"))
        .filter_map(|application| application.node.word_at(&["spec", "destination", "namespace"]))
        .collect();
    for overlay in run.overlays.iter().filter(|overlay| !overlay.is_incomplete()) {
        for (namespace, (first, count)) in undeclared(overlay) {
            if created.contains(namespace) {
                continue;
            }
            let Some(node) = first.node.at(&["metadata", "namespace"]) else { continue };
            let objects = match count {
                1 => first.id().to_string(),
                _ => format!("{count} objects"),
            };
            let message = format!("nothing makes the namespace {namespace} of {objects}");
            let finding = findings.value(node, message);
            finding.detail(namespace).hint(format!(
                "add a Namespace, or declare it: `externals = [\"Namespace/{namespace}\"]`"
            ));
            finding.overlays = vec![overlay.name.clone()];
        }
    }
}

/// The namespaces without an object, with the first object in each and the number of all.
fn undeclared<'a>(overlay: &'a Overlay<'_>) -> BTreeMap<&'a str, (&'a Object, usize)> {
    let mut found: BTreeMap<&str, (&Object, usize)> = BTreeMap::new();
    for object in overlay.objects() {
        let namespace = object.namespace();
        let is_given =
            namespace.is_empty() || namespace == "default" || namespace.starts_with("kube-");
        if !is_given && !is_cluster_wide(object) {
            found.entry(namespace).or_insert((object, 0)).1 += 1;
        }
    }
    found.retain(|namespace, _| {
        // Some operators make a namespace of a custom resource with its name.
        !overlay.provides("Namespace", "", namespace) && !overlay.custom().is_named(namespace)
    });
    found
}
