use std::collections::HashSet;

use super::prelude::*;
use crate::argocd::{
    Application, Deployment, Permission, Project, deployments, is_application, project_of,
};

rule! {
    /// An Application with a repository, a destination or a kind of object that its AppProject
    /// does not allow.
    ///
    /// Argo CD refuses the whole Application (`InvalidSpecError`), or the sync fails at the
    /// object: `resource apps:Deployment is not permitted in project`. It is noticed only after
    /// the change was merged.
    ///
    /// The patterns mean what they mean for Argo CD: a star in `sourceRepos` stops at a slash; an
    /// empty `clusterResourceWhitelist` allows no kind of the whole cluster; an empty
    /// `namespaceResourceWhitelist` allows every other. The project is the one of the name in the
    /// same overlay, or the only one of the run; projects from elsewhere are not judged. The
    /// kinds are those that the path renders, where it is in this repository.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- .kustomize-lint.toml --
    /// repository = "https://github.com/example/shop"
    /// -- argocd/kustomization.yaml --
    /// resources: [project.yaml, shop.yaml]
    /// -- argocd/project.yaml --
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: AppProject
    /// metadata: {name: shop}
    /// spec:
    ///   sourceRepos: ["https://github.com/example/*"]
    ///   destinations: [{server: "https://kubernetes.default.svc", namespace: shop}]
    ///   namespaceResourceWhitelist: [{group: apps, kind: Deployment}]
    /// -- argocd/shop.yaml --
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Application
    /// metadata: {name: shop}
    /// spec:
    ///   project: shop
    ///   destination: {server: "https://kubernetes.default.svc", namespace: shop}
    ///   source: {repoURL: "https://github.com/example/shop", path: apps/shop}
    /// -- apps/shop/kustomization.yaml --
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
    /// resources: [project.yaml, shop.yaml]
    /// -- argocd/project.yaml --
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: AppProject
    /// metadata: {name: shop}
    /// spec:
    ///   sourceRepos: ["https://github.com/example/*"]
    ///   destinations: [{server: "https://kubernetes.default.svc", namespace: shop}]
    ///   namespaceResourceWhitelist: [{group: "", kind: ConfigMap}]
    /// -- argocd/shop.yaml --
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Application
    /// metadata: {name: shop}
    /// spec:
    ///   project: shop
    ///   destination: {server: "https://kubernetes.default.svc", namespace: shop}
    ///   source: {repoURL: "https://github.com/example/shop", path: apps/shop}
    /// -- apps/shop/kustomization.yaml --
    /// resources: [web.yaml]
    /// -- apps/shop/web.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: web}
    /// ```
    KA003 "project-denies" Error Check::Run(check)
}

fn check(run: &Run<'_>, findings: &mut Findings<'_>) {
    for overlay in run.overlays {
        for object in overlay.of_kind("Application").filter(|object| is_application(object)) {
            let application = Application { object };
            let Some(project) = project_of(run, overlay, application) else { continue };
            let by = project.object;
            for source in application.sources() {
                let url = source.repository.scalar().map_or("", |scalar| &scalar.text);
                if project.source(url) == Permission::Denied {
                    let message = format!("{by} does not allow the repository of {object}");
                    findings
                        .value(source.repository, message)
                        .also(project.place("sourceRepos"), "the repositories that it allows")
                        .overlay(&overlay.name)
                        .about(object, "add it to `sourceRepos`");
                }
            }
            let namespace = application.destination("namespace");
            let destination = object.node.at(&["spec", "destination"]);
            let Some(destination) = destination.filter(|_| !namespace.is_empty()) else { continue };
            if project.destination(application, namespace) == Permission::Denied {
                let message = format!("{by} does not allow the destination of {object}");
                let node = destination.get("namespace").unwrap_or(destination);
                findings
                    .value(node, message)
                    .also(project.place("destinations"), DESTINATIONS)
                    .overlay(&overlay.name)
                    .about(object, "add the cluster and the namespace to `destinations`");
            }
        }
    }
    kinds(run, findings);
}

const DESTINATIONS: &str = "the destinations that it allows";

/// The objects that the paths render.
fn kinds(run: &Run<'_>, findings: &mut Findings<'_>) {
    for deployment in deployments(run) {
        let Some(project) = project_of(run, deployment.overlay, deployment.application) else {
            continue;
        };
        let Some(rendering) = deployment.rendering(run) else { continue };
        // Once for each kind, and for each namespace.
        let (mut kinds, mut namespaces) = (HashSet::new(), HashSet::new());
        for object in &rendering.objects {
            let id = object.id();
            if kinds.insert((id.group, id.kind))
                && let Some(list) = project.forbids(object)
            {
                kind(run, &deployment, project, list, object, findings);
            }
            if !deployment.is_changed && namespaces.insert(id.namespace) {
                namespace(&deployment, project, object, findings);
            }
        }
    }
}

fn kind(
    run: &Run<'_>,
    deployment: &Deployment<'_>,
    project: Project<'_>,
    list: &str,
    object: &Object,
    findings: &mut Findings<'_>,
) {
    let (id, by) = (object.id(), project.object);
    let application = deployment.application.object;
    let group = if id.group.is_empty() { "core" } else { &id.group };
    let message = format!(
        "{by} does not allow the kind {} of the group {group}, and {application} deploys {id}",
        id.kind
    );
    let (label, hint) = if list.ends_with("Whitelist") {
        ("the kinds that it allows", format!("add the kind to `{list}`"))
    } else {
        ("the kinds that it forbids", format!("take the kind out of `{list}`"))
    };
    let place = object.node.get("kind").map_or(object.source, |kind| kind.place());
    findings
        .at(run.files.first_line(place), message)
        .also(project.place(list), label)
        .also(deployment.path.place(), "deployed from here")
        .detail(application.name())
        .overlay(&deployment.overlay.name)
        .about(object, format!("{hint}, or do not deploy it"));
}

/// Of an object that does not go to the namespace of the destination.
fn namespace(
    deployment: &Deployment<'_>,
    project: Project<'_>,
    object: &Object,
    findings: &mut Findings<'_>,
) {
    let (namespace, application) = (object.namespace(), deployment.application);
    let Some(node) = object.node.at(&["metadata", "namespace"]) else { return };
    if namespace.is_empty()
        || namespace == application.destination("namespace")
        || object.id().is_cluster_wide()
        || project.destination(application, namespace) != Permission::Denied
    {
        return;
    }
    let (by, application) = (project.object, application.object);
    let message = format!(
        "{by} does not allow the namespace {namespace} of {object}, which {application} deploys"
    );
    findings
        .value(node, message)
        .also(project.place("destinations"), DESTINATIONS)
        .detail(application.name())
        .overlay(&deployment.overlay.name)
        .about(object, "add the namespace to `destinations`, or correct it");
}
