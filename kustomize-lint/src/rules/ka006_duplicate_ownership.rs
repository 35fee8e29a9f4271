use std::collections::HashMap;

use super::prelude::*;
use crate::argocd::{Deployment, deployments, others};

rule! {
    /// Two Applications that deploy the same object.
    ///
    /// Each sync of the one makes the other `OutOfSync` (`SharedResourceWarning`); with
    /// `selfHeal` they overwrite each other without end, and with `prune` the one deletes what
    /// the other has made.
    ///
    /// Compared are Applications of one overlay with the same cluster, and paths that are in this
    /// repository.
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
    /// metadata: {name: web}
    /// spec:
    ///   destination: {server: "https://kubernetes.default.svc", namespace: shop}
    ///   source: {repoURL: "https://github.com/example/shop", path: apps/web}
    /// ---
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Application
    /// metadata: {name: all}
    /// spec:
    ///   destination: {server: "https://kubernetes.default.svc", namespace: shop}
    ///   source: {repoURL: "https://github.com/example/shop", path: apps}
    /// -- apps/kustomization.yaml --
    /// resources: [web]
    /// -- apps/web/kustomization.yaml --
    /// resources: [web.yaml]
    /// -- apps/web/web.yaml --
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
    /// metadata: {name: web}
    /// spec:
    ///   destination: {server: "https://kubernetes.default.svc", namespace: shop}
    ///   source: {repoURL: "https://github.com/example/shop", path: apps/web}
    /// ---
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Application
    /// metadata: {name: staging}
    /// spec:
    ///   destination: {server: "https://kubernetes.default.svc", namespace: staging}
    ///   source: {repoURL: "https://github.com/example/shop", path: apps/web}
    /// -- apps/web/kustomization.yaml --
    /// resources: [web.yaml]
    /// -- apps/web/web.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: web}
    /// ```
    KA006 "duplicate-ownership" Error Check::Run(check)
}

/// An object on a cluster, as the API server tells it from others: the version does not count.
type Identity = (String, String, String, String, String);

fn check(run: &Run<'_>, findings: &mut Findings<'_>) {
    let all = deployments(run);
    let mut owners: HashMap<Identity, usize> = HashMap::new();
    // Of each pair of paths: the first object, and how many there are.
    let mut shared: HashMap<(usize, usize), (String, usize)> = HashMap::new();
    let mut order = Vec::new();
    for (at, deployment) in all.iter().enumerate().filter(|(_, deployment)| !deployment.is_changed)
    {
        let Some(rendering) = deployment.rendering(run) else { continue };
        let application = deployment.application;
        for object in &rendering.objects {
            let id = object.id();
            let namespace = match id.namespace.as_str() {
                _ if id.is_cluster_wide() => String::new(),
                "" => effective(application.destination("namespace")).to_owned(),
                namespace => namespace.to_owned(),
            };
            let identity = (
                format!("{}\n{}", deployment.overlay.name, application.cluster()),
                id.group.clone(),
                id.kind.clone(),
                namespace,
                id.name.clone(),
            );
            let owner = *owners.entry(identity).or_insert(at);
            let (first, second) = (all[owner].application.object, application.object);
            if owner == at || first.id() == second.id() {
                continue;
            }
            let pair = shared.entry((owner, at)).or_insert_with(|| {
                order.push((owner, at));
                (id.to_string(), 0)
            });
            pair.1 += 1;
        }
    }
    for pair in order {
        if let Some((example, count)) = shared.get(&pair) {
            tell(&all[pair.0], &all[pair.1], example, *count, findings);
        }
    }
}

fn tell(
    first: &Deployment<'_>,
    second: &Deployment<'_>,
    example: &str,
    count: usize,
    findings: &mut Findings<'_>,
) {
    let others = others(count - 1);
    let (one, two) = (first.application.object, second.application.object);
    let message = format!("{two} deploys {example}{others}, which {one} deploys, too");
    findings
        .value(second.path, message)
        .also(first.path.place(), "the other path")
        .detail(one.name())
        .overlay(&second.overlay.name)
        .about(two, "leave each object to one Application");
}
