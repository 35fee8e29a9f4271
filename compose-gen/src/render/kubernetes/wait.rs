//! Init containers that wait: for the ready endpoint of a service, or for the end of a Job.
//!
//! A Service has only ready pods behind it, so a connection that opens is the health check's
//! answer. The end of a Job is asked of the API server, with a token that only this init
//! container sees.

use serde_json::{Value, json};

use super::View;
use crate::model::budget::WAIT_MEMORY;
use crate::model::{Dependency, Health, Restart, Service};
use crate::spec::quantity::bytes;
use crate::spec::types::Condition;

/// Seconds until a wait gives up; the pod then starts over.
const DEADLINE: u32 = 600;
/// Seconds that a dependency which is not required is waited for.
const OPTIONAL: u32 = 120;

const TOKEN_VOLUME: &str = "api-access";
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

const FOR_PORT: &str = r#"open() {
  if command -v nc >/dev/null; then nc -z -w 2 "$1" "$2" </dev/null
  elif command -v bash >/dev/null; then timeout 2 bash -c ': >"/dev/tcp/$0/$1"' "$1" "$2"
  else python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)' "$1" "$2"
  fi
}
until open "$1" "$2" 2>/dev/null; do
"#;

const FOR_JOB: &str = r#"folder=/var/run/secrets/kubernetes.io/serviceaccount
url=https://kubernetes.default.svc/apis/batch/v1/namespaces/$(cat $folder/namespace)/jobs/$1
read_job() {
  header="Authorization: Bearer $(cat $folder/token)"
  if command -v curl >/dev/null; then curl -sS --max-time 5 --cacert $folder/ca.crt -H "$header" "$url"
  elif command -v wget >/dev/null; then wget -q -T 5 -O - --ca-certificate $folder/ca.crt --header "$header" "$url"
  else python3 -c 'import ssl, sys, urllib.request as r
print(r.urlopen(r.Request(sys.argv[1], headers={"Authorization": sys.argv[2][15:]}), timeout=5, context=ssl.create_default_context(cafile=sys.argv[3])).read().decode())' "$url" "$header" $folder/ca.crt
  fi
}
until read_job 2>/dev/null | tr -d ' ' | grep -q '"succeeded":[1-9]'; do
"#;

/// What a service really waits for in this view.
fn waits<'a>(view: &'a View<'_>, service: &'a Service) -> Vec<(&'a Service, &'a Dependency)> {
    let own = service.depends.iter();
    let running = own.filter_map(|(name, dependency)| Some((view.runs(name)?, dependency)));
    running.filter(|(_, dependency)| dependency.condition != Condition::ServiceStarted).collect()
}

fn waits_for_job(view: &View<'_>, service: &Service) -> bool {
    waits(view, service).iter().any(|(target, _)| target.restart != Restart::Always)
}

/// The init containers of a service.
pub(super) fn containers(view: &View<'_>, service: &Service) -> Vec<Value> {
    waits(view, service)
        .into_iter()
        .filter_map(|(target, dependency)| container(view, service, target, dependency))
        .collect()
}

fn container(
    view: &View<'_>,
    service: &Service,
    target: &Service,
    dependency: &Dependency,
) -> Option<Value> {
    let deadline = if dependency.required { DEADLINE } else { OPTIONAL };
    let (script, arguments, what) = match target.restart {
        Restart::Job(_) => {
            let job = view.jobs.get(&target.name).unwrap_or(&target.name).clone();
            (FOR_JOB, vec![job], "to complete")
        }
        Restart::Always => {
            let port = ready_port(target)?;
            (FOR_PORT, vec![target.name.clone(), port.to_string()], "to be ready")
        }
    };
    let name = &target.name;
    let end = if dependency.required { "exit 1" } else { "exit 0" };
    let script = format!(
        "waited=0\n{script}  if [ $waited -ge {deadline} ]; then echo \"{name} was not there after {deadline} s\" >&2; {end}; fi\n  \
         [ $((waited % 30)) -ne 0 ] || echo \"waiting for {name} {what}\"\n  \
         sleep 2; waited=$((waited + 2))\ndone\n"
    );
    let mut command =
        vec!["/bin/sh".to_owned(), "-c".into(), crate::spec::text::kubernetes(&script)];
    command.push("wait".into());
    command.extend(arguments);
    let amount = json!({"memory": bytes(WAIT_MEMORY)});
    let image = view.platform.wait_image.as_ref().unwrap_or(&service.image);
    let mut out = json!({
        "name": format!("wait-for-{name}"),
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "resources": {"limits": amount, "requests": amount},
    });
    if target.restart != Restart::Always {
        out["volumeMounts"] =
            json!([{"name": TOKEN_VOLUME, "mountPath": TOKEN_PATH, "readOnly": true}]);
    }
    Some(out)
}

/// The port that the health check asks, or the first one.
fn ready_port(target: &Service) -> Option<u16> {
    let asked = match &target.health {
        Health::Check(check) => check.http().map(|(port, _)| port),
        _ => None,
    };
    let mut own = target.ports.iter().filter(|port| port.protocol == "tcp").map(|port| port.target);
    let known: Vec<u16> = own.clone().collect();
    asked.filter(|port| known.contains(port)).or_else(|| own.next())
}

/// The token, for waiting containers alone.
pub(super) fn volumes(view: &View<'_>, service: &Service) -> Vec<Value> {
    if !waits_for_job(view, service) {
        return Vec::new();
    }
    let sources = json!([
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]);
    vec![json!({"name": TOKEN_VOLUME, "projected": {"sources": sources}})]
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
