//! Argo CD: one AppProject that allows what is in use and nothing else, and one Application for
//! each profile's overlay.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Files;
use super::kubernetes::Counts;
use crate::model::Platform;
use crate::model::names::CLUSTER;
use crate::spec::types::{ArgoCd, Environment, Sync};

/// Where the API server of Argo CD's own cluster answers.
const SERVER: &str = "https://kubernetes.default.svc";

/// Everything below `kubernetes/argocd`.
pub(crate) fn render(platform: &Platform, counts: &Counts, source: &str, files: &mut Files) {
    let mut names = Vec::new();
    let delivered: Vec<(&String, &Environment, &ArgoCd)> = platform
        .environments
        .iter()
        .filter_map(|(name, environment)| Some((name, environment, environment.argocd.as_ref()?)))
        .collect();
    for (name, environment, argocd) in &delivered {
        let prefix = if delivered.len() > 1 { format!("{name}-") } else { String::new() };
        let mut write = |file: String, value: Value| {
            let file = format!("{prefix}{file}.yaml");
            files.yaml(format!("kubernetes/argocd/{file}"), source, &[value]);
            names.push(file);
        };
        write("project".into(), project(environment, argocd, counts, name));
        let mut homes: BTreeSet<&str> =
            platform.services_in(Some(name)).map(|service| service.home()).collect();
        homes.insert(CLUSTER);
        for home in homes {
            write(home.into(), application(name, environment, argocd, home));
        }
    }
    if !names.is_empty() {
        let kustomization = json!({
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "namespace": "argocd",
            "resources": names,
        });
        files.yaml("kubernetes/argocd/kustomization.yaml", source, &[kustomization]);
    }
}

fn project(environment: &Environment, argocd: &ArgoCd, counts: &Counts, name: &str) -> Value {
    let kinds = counts.kinds.get(name);
    let of = |cluster: bool| -> Vec<Value> {
        let all = kinds.into_iter().flatten();
        let matching = all.filter(|(_, _, belongs)| *belongs == cluster);
        matching.map(|(group, kind, _)| json!({"group": group, "kind": kind})).collect()
    };
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": argocd.project},
        "spec": {
            "clusterResourceWhitelist": of(true),
            "destinations": [{"namespace": environment.namespace, "server": SERVER}],
            "namespaceResourceWhitelist": of(false),
            "sourceRepos": [argocd.repository],
        },
    })
}

fn application(name: &str, environment: &Environment, argocd: &ArgoCd, home: &str) -> Value {
    let folder =
        argocd.path.as_deref().unwrap_or("infrastructure/kubernetes").trim_end_matches('/');
    let mut policy = json!({
        "retry": {"backoff": {"duration": "5s", "factor": 2, "maxDuration": "3m"}, "limit": 5},
        "syncOptions": [
            "CreateNamespace=true",
            "PruneLast=true",
            "PrunePropagationPolicy=foreground",
            "RespectIgnoreDifferences=true",
            "ServerSideApply=true",
        ],
    });
    if argocd.sync == Sync::Automated {
        policy["automated"] = json!({"prune": true, "selfHeal": true});
    }
    let scaled =
        |kind: &str| json!({"group": "apps", "kind": kind, "jsonPointers": ["/spec/replicas"]});
    // The base of everything else comes first.
    let wave = if home == CLUSTER { "0" } else { "1" };
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": format!("{}-{home}", argocd.project),
            "annotations": {"argocd.argoproj.io/sync-wave": wave},
            "finalizers": ["resources-finalizer.argocd.argoproj.io/foreground"],
        },
        "spec": {
            "destination": {"namespace": environment.namespace, "server": SERVER},
            "ignoreDifferences": [scaled("Deployment"), scaled("StatefulSet")],
            "project": argocd.project,
            "source": {
                "path": format!("{folder}/overlays/{name}/{home}"),
                "repoURL": argocd.repository,
                "targetRevision": argocd.revision,
            },
            "syncPolicy": policy,
        },
    })
}
