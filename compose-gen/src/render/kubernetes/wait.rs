//! Init containers that wait: for the ready endpoint of a service, or for the end of a Job.
//!
//! `wait-for.sh` says how. The end of a Job is asked of the API server, with a token that only
//! the init container sees.

use serde_json::{Value, json};

use super::view::View;
use crate::model::budget::WAIT_MEMORY;
use crate::model::names::{LABEL, fit};
use crate::model::{Dependency, Health, Port, Restart, Service};
use crate::spec::quantity::bytes;

/// Seconds until a wait gives up; the pod then starts over.
const DEADLINE: u32 = 600;
/// Seconds that a dependency which is not required is waited for.
const OPTIONAL: u32 = 120;

const TOKEN_VOLUME: &str = "api-access";
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The script of every wait; each cluster has it once.
const SCRIPT: &str = include_str!("wait-for.sh");
const SCRIPT_MAP: &str = "wait-for";
const SCRIPT_PATH: &str = "/etc/wait-for";

/// The ConfigMap with the script. Its name has no hash: the pods that use it belong to other
/// Applications, which Kustomize builds apart from it.
pub(super) fn script() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": SCRIPT_MAP},
        "data": {"wait-for.sh": SCRIPT},
    })
}

/// The services that a Pod waits for: those of each of its containers, once.
fn waits<'a>(view: &View<'a>, service: &'a Service) -> Vec<(&'a Service, &'a Dependency)> {
    let mut all: Vec<(&Service, &Dependency)> = Vec::new();
    for member in view.platform.crew(service, view.environment) {
        for wait in member.waits(view.platform, view.environment) {
            if all.iter().all(|(known, _)| known.name != wait.0.name) {
                all.push(wait);
            }
        }
    }
    all
}

fn waits_for_job(view: &View<'_>, service: &Service) -> bool {
    waits(view, service).iter().any(|(target, _)| target.restart != Restart::Always)
}

/// The init containers of a service.
pub(super) fn containers(view: &View<'_>, service: &Service) -> Vec<Value> {
    waits(view, service)
        .into_iter()
        .map(|(target, dependency)| container(view, service, target, dependency))
        .collect()
}

fn container(
    view: &View<'_>,
    service: &Service,
    target: &Service,
    dependency: &Dependency,
) -> Value {
    let (kind, argument) = match target.restart {
        Restart::Job(_) => ("job", view.jobs.get(&target.name).unwrap_or(&target.name).clone()),
        Restart::Always => match ready_port(view, target) {
            Some(port) => ("port", port.to_string()),
            None => ("name", "-".to_owned()),
        },
    };
    let leader = view.platform.leader(target);
    let name = &leader.name;
    let script = format!("{SCRIPT_PATH}/wait-for.sh");
    let deadline = if dependency.required { DEADLINE } else { OPTIONAL }.to_string();
    let mut command = vec!["/bin/sh", &script, kind, name, &argument, &deadline];
    if !dependency.required {
        command.push("optional");
    }
    let amount = json!({"memory": bytes(WAIT_MEMORY)});
    let image = view.platform.wait_image.as_ref().unwrap_or(&service.image);
    let mut out = json!({
        "name": fit(&format!("wait-for-{}", target.name), LABEL),
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "resources": {"limits": amount, "requests": amount},
        "volumeMounts": [{"name": SCRIPT_MAP, "mountPath": SCRIPT_PATH, "readOnly": true}],
    });
    if target.restart != Restart::Always
        && let Some(mounts) = out["volumeMounts"].as_array_mut()
    {
        mounts.push(json!({"name": TOKEN_VOLUME, "mountPath": TOKEN_PATH, "readOnly": true}));
    }
    out
}

/// The port that the health check asks, or the first one.
fn ready_port(view: &View<'_>, target: &Service) -> Option<u16> {
    let asked = match &target.health {
        Health::Check(check) => check.http().map(|(port, _)| port),
        _ => None,
    };
    let crew = view.platform.crew(view.platform.leader(target), view.environment);
    let served: Vec<&Port> = crew.iter().flat_map(|member| &member.ports).collect();
    let all = if target.ports.is_empty() { served } else { target.ports.iter().collect() };
    let tcp = all.into_iter().filter(|port| port.protocol == "tcp" && !port.is_range());
    let mut ports = tcp.map(|port| port.target);
    let known: Vec<u16> = ports.clone().collect();
    asked.filter(|port| known.contains(port)).or_else(|| ports.next())
}

/// The script, and the token, for waiting containers alone.
pub(super) fn volumes(view: &View<'_>, service: &Service) -> Vec<Value> {
    if waits(view, service).is_empty() {
        return Vec::new();
    }
    let script = json!({"name": SCRIPT_MAP, "configMap": {"name": SCRIPT_MAP}});
    if !waits_for_job(view, service) {
        return vec![script];
    }
    let sources = json!([
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]);
    vec![script, json!({"name": TOKEN_VOLUME, "projected": {"sources": sources}})]
}

/// The ServiceAccount of a service that has a role or asks the API server.
pub(super) fn account_name<'a>(view: &View<'_>, service: &'a Service) -> Option<&'a str> {
    let asks = waits_for_job(view, service).then_some(service.name.as_str());
    service.role.as_deref().or(asks)
}

/// The account, and the right to read the Jobs it waits for and nothing else.
pub(super) fn account(view: &View<'_>, service: &Service) -> Vec<Value> {
    let Some(name) = account_name(view, service) else { return Vec::new() };
    let meta = json!({"name": name});
    let mut objects = vec![json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})];
    let jobs: Vec<&str> = waits(view, service)
        .into_iter()
        .filter_map(|(target, _)| view.jobs.get(&target.name).map(String::as_str))
        .collect();
    if !jobs.is_empty() {
        let meta = json!({"name": format!("{}-waits", service.name)});
        objects.push(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": meta,
            "rules": [{
                "apiGroups": ["batch"], "resources": ["jobs"], "resourceNames": jobs, "verbs": ["get"],
            }],
        }));
        objects.push(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": meta,
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": meta["name"],
            },
            "subjects": [{"kind": "ServiceAccount", "name": name}],
        }));
    }
    objects
}
