use super::prelude::*;
use crate::argocd::{Content, deployments};

rule! {
    /// An Application whose path has nothing that Argo CD can deploy, or a kustomization that
    /// does not build.
    ///
    /// Argo CD answers `ComparisonError`, and nothing of the Application is synced until it is
    /// corrected. The rules about building report the mistake itself when the folder is linted.
    ///
    /// Folders with plain manifests or a chart are left alone, and so are Applications with
    /// options of other tools.
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
    ///   destination: {server: "https://kubernetes.default.svc", namespace: shop}
    ///   source: {repoURL: "https://github.com/example/shop", path: apps/shop}
    /// -- apps/shop/kustomization.yaml --
    /// resources: [web.yaml]
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
    ///   destination: {server: "https://kubernetes.default.svc", namespace: shop}
    ///   source: {repoURL: "https://github.com/example/shop", path: apps/shop}
    /// -- apps/shop/kustomization.yaml --
    /// resources: [web.yaml]
    /// -- apps/shop/web.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: web}
    /// ```
    KA002 "path-not-buildable" Error Check::Run(check)
}

fn check(run: &Run<'_>, findings: &mut Findings<'_>) {
    for deployment in deployments(run) {
        let (object, path) = (deployment.application.object, deployment.path());
        let rendering = match deployment.content {
            Content::Bare { other: false } => {
                findings
                    .value(deployment.path, format!("{path} has nothing to deploy for {object}"))
                    .overlay(&deployment.overlay.name)
                    .about(object, "add a kustomization.yaml, or correct the path");
                continue;
            }
            Content::Root(at) => run.overlays.get(*at).map(|overlay| &overlay.rendering),
            Content::Rendered(at) => run.checkout.rendering(*at),
            _ => continue,
        };
        let Some(problem) = rendering.and_then(|rendering| rendering.problems.first()) else {
            continue;
        };
        let message = format!("{path} of {object} does not build: {}", problem.message);
        let finding = findings.value(deployment.path, message);
        finding.object(object).overlay(&deployment.overlay.name);
        if let Some(place) = problem.place {
            finding.also(run.files.first_line(place), "the first fault");
        }
        finding.hint(format!("`kustomize-lint build {path}` shows everything that is wrong"));
    }
}
