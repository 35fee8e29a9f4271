use super::prelude::*;
use crate::argocd::{Content, deployments};

rule! {
    /// An Application whose path is not in this repository.
    ///
    /// Argo CD answers `app path does not exist`, and the Application stays in the state
    /// `Unknown`: nothing of it is deployed, and nothing more is synced after a folder was
    /// renamed. Paths begin at the root of the checkout, which is the nearest folder with `.git`,
    /// or else that of the configuration file.
    ///
    /// Which repository this is says `repository` in the configuration. Without that it is the one
    /// whose URL has the most paths that are here, if one has more than every other. Applications
    /// of other repositories, of charts, and of a release or commit (`targetRevision: v1.2.0`) are
    /// left alone.
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
    ///   source: {repoURL: "https://github.com/example/shop.git", path: apps/shopp}
    /// -- apps/shop/kustomization.yaml --
    /// namespace: shop
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
    ///   source: {repoURL: "https://github.com/example/shop.git", path: apps/shop}
    /// -- apps/shop/kustomization.yaml --
    /// namespace: shop
    /// ```
    KA001 "path-missing" Error Check::Run(check)
}

fn check(run: &Run<'_>, findings: &mut Findings<'_>) {
    for deployment in deployments(run) {
        let object = deployment.application.object;
        let message = match deployment.content {
            Content::Missing => {
                format!("there is no {} in this repository for {object}", deployment.path())
            }
            Content::File => {
                format!("{} is a file; {object} deploys a folder", deployment.path())
            }
            _ => continue,
        };
        findings.value(deployment.path, message).overlay(&deployment.overlay.name).about(
            object,
            "paths begin at the root of the repository; correct it, or remove the Application",
        );
    }
}
