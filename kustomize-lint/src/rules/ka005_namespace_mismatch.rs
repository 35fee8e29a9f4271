use std::collections::HashMap;

use super::prelude::*;
use crate::argocd::{Permission, deployments, others, project_of};

rule! {
    /// An object with another namespace than the destination of its Application.
    ///
    /// Argo CD puts into the destination's namespace only what has none of its own; the rest goes
    /// where the object says. An overlay that was copied from another environment so deploys into
    /// that one, and the Application prunes there.
    ///
    /// A namespace that the Application's AppProject allows by its full name is meant.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// repository = "https://github.com/example/shop"
    /// -- argocd/kustomization.yaml --
    /// resources: [shop.yaml]
    /// -- argocd/shop.yaml --
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Application
    /// metadata: {name: shop}
    /// spec:
    ///   destination: {server: "https://kubernetes.default.svc", namespace: production}
    ///   source: {repoURL: "https://github.com/example/shop", path: apps/shop}
    /// -- apps/shop/kustomization.yaml --
    /// namespace: staging
    /// resources: [web.yaml]
    /// -- apps/shop/web.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: web}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// repository = "https://github.com/example/shop"
    /// -- argocd/kustomization.yaml --
    /// resources: [shop.yaml]
    /// -- argocd/shop.yaml --
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Application
    /// metadata: {name: shop}
    /// spec:
    ///   destination: {server: "https://kubernetes.default.svc", namespace: production}
    ///   source: {repoURL: "https://github.com/example/shop", path: apps/shop}
    /// -- apps/shop/kustomization.yaml --
    /// namespace: production
    /// resources: [web.yaml]
    /// -- apps/shop/web.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: web}
    /// ```
    KA005 "namespace-mismatch" Warning Check::Run(check)
}

fn check(run: &Run<'_>, findings: &mut Findings<'_>) {
    for deployment in deployments(run).iter().filter(|deployment| !deployment.is_changed) {
        let application = deployment.application;
        let destination = application.destination("namespace");
        let Some(rendering) = deployment.rendering(run).filter(|_| !destination.is_empty()) else {
            continue;
        };
        let project = project_of(run, deployment.overlay, application);
        let is_meant = |namespace: &str| {
            project.is_some_and(|project| {
                let list = project.list("destinations").iter();
                let mut named = list.filter_map(|item| item.word_at(&["namespace"]));
                named.any(|name| name == namespace)
                    && project.destination(application, namespace) == Permission::Granted
            })
        };
        // One place sets the namespace of many.
        let mut places: HashMap<_, (&Object, usize)> = HashMap::new();
        let mut order = Vec::new();
        for object in &rendering.objects {
            let namespace = object.namespace();
            if namespace.is_empty() || namespace == destination || object.id().is_cluster_wide() {
                continue;
            }
            let Some(node) = object.node.at(&["metadata", "namespace"]) else { continue };
            let count = places.entry(node.place()).or_insert_with(|| {
                order.push(node);
                (object, 0)
            });
            count.1 += 1;
        }
        for node in order {
            let Some((object, count)) = places.get(&node.place()) else { continue };
            if is_meant(object.namespace()) {
                continue;
            }
            let others = others(count - 1);
            let message = format!(
                "{object}{others} of {} would go to {}, not to its namespace {destination}",
                application.object.id(),
                object.namespace()
            );
            let place = application.object.node.at(&["spec", "destination", "namespace"]);
            let finding = findings.at(node.place(), message);
            finding.also(place.map(Node::place), "the destination");
            finding.detail(application.object.name()).overlay(&deployment.overlay.name).about(
                object,
                "correct one of them, or name both in the AppProject's destinations",
            );
        }
    }
}
