//! The workload of a service: Deployment, StatefulSet, DaemonSet or Job.

use serde_json::{Map, Value, json};

use super::view::{View, labels};
use super::{secrets, wait};
use crate::model::config_maps;
use crate::model::names::{is_annotation, label};
use crate::model::{Check, File, Health, Origin, Restart, Service};
use crate::render::object;
use crate::spec::quantity::{bytes, millis};
use crate::spec::text;
use crate::spec::types::Access;

/// The workload of a service.
pub(crate) fn kind(view: &View<'_>, service: &Service) -> &'static str {
    service.kind(view.platform)
}

/// The object's name: a Job's carries its hash.
pub(crate) fn name<'a>(view: &'a View<'_>, service: &'a Service) -> &'a str {
    view.jobs.get(&service.name).unwrap_or(&service.name)
}

pub(super) fn workload(view: &View<'_>, service: &Service) -> Value {
    let kind = kind(view, service);
    let selector = json!({"matchLabels": {"app.kubernetes.io/name": service.name}});
    let annotations = service.labels.iter().filter(|(key, _)| is_annotation(key));
    let annotations = annotations.map(|(key, value)| (key.clone(), json!(value))).collect();
    let metadata =
        object([("labels", labels(view.platform, service)), ("annotations", annotations)]);
    let template = json!({"metadata": metadata, "spec": pod(view, service)});
    let mut spec = json!({"template": template});
    let environment = view.environment.and_then(|name| view.platform.environments.get(name));
    let pods = service.pods(environment, view.environment);
    let claims: Vec<Value> = own_claims(view, service).map(|name| claim(view, name)).collect();
    match (kind, service.restart) {
        ("Job", Restart::Job(tries)) => spec["backoffLimit"] = json!(tries),
        ("StatefulSet", _) => {
            spec["replicas"] = json!(pods);
            spec["selector"] = selector;
            spec["serviceName"] = json!(service.name);
            if !claims.is_empty() {
                spec["volumeClaimTemplates"] = json!(claims);
            }
        }
        ("DaemonSet", _) => spec["selector"] = selector,
        _ => {
            spec["replicas"] = json!(pods);
            spec["selector"] = selector;
            if let Some(strategy) = service.strategy(view.platform, environment) {
                spec["strategy"] = strategy;
            }
        }
    }
    let group = if kind == "Job" { "batch/v1" } else { "apps/v1" };
    json!({
        "apiVersion": group,
        "kind": kind,
        "metadata": {
            "name": name(view, service),
            "labels": labels(view.platform, service),
            "annotations": {"argocd.argoproj.io/sync-wave": service.wave.to_string()},
        },
        "spec": spec,
    })
}

/// The volumes that a StatefulSet makes claims of: those that nobody else mounts.
fn own_claims<'a>(view: &'a View<'_>, service: &'a Service) -> impl Iterator<Item = &'a str> {
    let stateful = kind(view, service) == "StatefulSet";
    service
        .claims(view.platform)
        .filter(move |name| stateful && view.platform.consumers(name).len() == 1)
}

/// Claims that stand by themselves: those that several services mount, or a Job.
pub(super) fn claims(view: &View<'_>, service: &Service) -> Vec<Value> {
    let own: Vec<&str> = own_claims(view, service).collect();
    let first = |name: &str| {
        let mut running = view
            .platform
            .consumers(name)
            .into_iter()
            .filter(|other| view.platform.runs(other, view.environment));
        running.next().is_some_and(|other| other.name == service.name)
    };
    service
        .claims(view.platform)
        .filter(|name| !own.contains(name) && first(name))
        .map(|name| {
            let mut claim = claim(view, name);
            claim["apiVersion"] = json!("v1");
            claim["kind"] = json!("PersistentVolumeClaim");
            claim
        })
        .collect()
}

fn claim(view: &View<'_>, name: &str) -> Value {
    let volume = view.platform.volumes.get(name);
    let access = match volume.map(|v| v.access) {
        Some(Access::ReadWriteMany) => "ReadWriteMany",
        Some(Access::ReadOnlyMany) => "ReadOnlyMany",
        Some(Access::ReadWriteOncePod) => "ReadWriteOncePod",
        _ => "ReadWriteOnce",
    };
    let size = volume.map_or("1Gi", |v| v.size.as_str());
    let mut spec = json!({
        "accessModes": [access],
        "resources": {"requests": {"storage": size}},
    });
    let environment = view.environment.and_then(|e| view.platform.environments.get(e));
    if let Some(class) = environment.and_then(|e| e.storage_class.as_ref()) {
        spec["storageClassName"] = json!(class.name);
    }
    json!({"metadata": {"name": label(name)}, "spec": spec})
}

fn pod(view: &View<'_>, service: &Service) -> Value {
    let (mounts, mut volumes) = mounts(view, service);
    volumes.extend(wait::volumes(view, service));
    let groups = service.groups.iter().filter_map(|group| group.parse::<u64>().ok());
    let sysctls = service.sysctls.iter().map(|(k, v)| json!({"name": k, "value": v}));
    let security = object([
        ("supplementalGroups", groups.collect()),
        ("fsGroup", json!(service.user.and_then(|(_, gid)| gid))),
        ("sysctls", sysctls.collect()),
    ]);
    let addresses = service.hosts.iter().filter(|(_, ip)| ip.parse::<std::net::IpAddr>().is_ok());
    let hosts = addresses.map(|(host, ip)| json!({"ip": ip, "hostnames": [host]}));
    // Every node: the control plane, too, which keeps other pods away.
    let on_every_node = json!([{
        "key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule",
    }]);
    let mut pod = Map::new();
    pod.insert("automountServiceAccountToken".into(), json!(false));
    pod.insert("enableServiceLinks".into(), json!(false));
    let mut put = |key: &str, value: Value| crate::render::put(&mut pod, key, value);
    put("terminationGracePeriodSeconds", json!(service.grace.div_ceil(1000)));
    put("restartPolicy", json!((service.restart != Restart::Always).then_some("Never")));
    put("serviceAccountName", json!(wait::account_name(view, service)));
    put("initContainers", json!(wait::containers(view, service)));
    put("volumes", json!(volumes));
    put("securityContext", security);
    put("hostAliases", hosts.collect());
    put("tolerations", json!((kind(view, service) == "DaemonSet").then_some(on_every_node)));
    put("containers", json!([container(view, service, mounts)]));
    Value::Object(pod)
}

fn container(view: &View<'_>, service: &Service, mounts: Vec<Value>) -> Value {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| crate::render::put(&mut out, key, value);
    let words = |words: &Option<Vec<String>>| -> Value {
        words.iter().flatten().map(|word| json!(text::kubernetes(word))).collect()
    };
    put("name", json!(service.name));
    put("image", json!(service.image));
    put("imagePullPolicy", json!(pull_policy(service)));
    // Kubernetes takes an empty command for none: where Compose clears the image's entrypoint, the
    // command's own words are all there is.
    if service.entrypoint.as_ref().is_some_and(Vec::is_empty) {
        put("command", words(&service.command));
    } else {
        put("command", words(&service.entrypoint));
        put("args", words(&service.command));
    }
    put("workingDir", json!(service.working_dir));
    put("env", env(view, service));
    let mut seen = std::collections::BTreeSet::new();
    let ports = service.ports.iter().filter(|port| seen.insert(port.name()));
    put(
        "ports",
        ports
            .map(|port| json!({"containerPort": port.target, "name": port.name(), "protocol": port.protocol.to_uppercase()}))
            .collect(),
    );
    if let (Health::Check(check), Restart::Always) = (&service.health, service.restart) {
        let probe = probe(check);
        put("readinessProbe", probe.clone());
        if service.liveness {
            put("livenessProbe", probe.clone());
        }
        if check.start_period > 0 {
            let mut startup = probe;
            let tries = check.start_period.div_ceil(check.interval.max(1)) as u32 + check.retries;
            startup["failureThreshold"] = json!(tries);
            put("startupProbe", startup);
        }
    }
    put("resources", resources(view, service));
    put("securityContext", security(service));
    put("tty", json!(service.tty));
    put("stdin", json!(service.stdin));
    put("volumeMounts", json!(mounts));
    Value::Object(out)
}

fn pull_policy(service: &Service) -> &'static str {
    match service.pull_policy.as_deref() {
        Some("always") => "Always",
        Some("never") => "Never",
        _ => "IfNotPresent",
    }
}

/// The variables: secrets first, because texts may mention them, each part sorted.
fn env(view: &View<'_>, service: &Service) -> Value {
    let from_secrets = service.secret_variables(view.environment).into_iter();
    let from_secrets = from_secrets.map(|(variable, secret)| {
        json!({
            "name": variable,
            "valueFrom": {"secretKeyRef": {"name": secrets::object_name(secret), "key": variable}},
        })
    });
    let texts = service.variables(view.environment).into_iter();
    let texts = texts.map(|(name, value)| json!({"name": name, "value": text::kubernetes(value)}));
    from_secrets.chain(texts).collect()
}

fn probe(check: &Check) -> Value {
    let seconds = |milliseconds: u64| milliseconds.div_ceil(1000).max(1);
    let mut probe = json!({
        "failureThreshold": check.retries,
        "periodSeconds": seconds(check.interval),
        "timeoutSeconds": seconds(check.timeout),
    });
    match check.http() {
        Some((port, path)) => probe["httpGet"] = json!({"path": path, "port": port}),
        None => {
            let command: Vec<String> = check.command.iter().map(|w| text::kubernetes(w)).collect();
            probe["exec"] = json!({"command": command});
        }
    }
    probe
}

/// Without a request, request = limit.
fn resources(view: &View<'_>, service: &Service) -> Value {
    let amounts = service.amounts(view.environment);
    let of = |memory: Option<u64>, cpus: Option<u64>| {
        object([("cpu", json!(cpus.map(millis))), ("memory", json!(memory.map(bytes)))])
    };
    let memory_request = amounts.memory_request.or(amounts.memory);
    let requests = of(memory_request, amounts.cpus_request.or(amounts.cpus));
    object([("limits", of(amounts.memory, amounts.cpus)), ("requests", requests)])
}

fn security(service: &Service) -> Value {
    // Docker's names may have the kernel's prefix; Kubernetes' never do.
    let names = |list: &[String]| -> Value {
        list.iter().map(|name| json!(name.trim_start_matches("CAP_"))).collect()
    };
    let capabilities =
        object([("add", names(&service.cap_add)), ("drop", names(&service.cap_drop))]);
    object([
        ("runAsUser", json!(service.user.map(|(uid, _)| uid))),
        ("runAsGroup", json!(service.user.and_then(|(_, gid)| gid))),
        ("privileged", json!(service.privileged)),
        ("readOnlyRootFilesystem", json!(service.read_only)),
        ("capabilities", capabilities),
    ])
}

/// Mounts of the container and volumes of the pod.
fn mounts(view: &View<'_>, service: &Service) -> (Vec<Value>, Vec<Value>) {
    let own: Vec<&str> = own_claims(view, service).collect();
    let secrets = view.platform.secret_files.as_ref().map(|files| files.volume.as_str());
    let (mut mounts, mut volumes): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    let names = config_maps::names(service);
    for (index, mount) in service.mounts.iter().enumerate() {
        let mut volume = |name: &str, source: (&str, Value)| {
            let known = |volume: &Value| volume["name"] == name;
            if !volumes.iter().any(known) {
                volumes.push(json!({"name": name, source.0: source.1}));
            }
        };
        let mut sub_path = None;
        let name = match &mount.origin {
            Origin::Volume(name) if Some(name.as_str()) == secrets => continue,
            Origin::Volume(name) => {
                if !own.contains(&name.as_str()) {
                    let claim = json!({"claimName": label(name)});
                    volume(&label(name), ("persistentVolumeClaim", claim));
                }
                label(name)
            }
            Origin::Files { files, single, .. } => {
                let name = names[&index].clone();
                let mut source = json!({"name": name});
                if files.iter().any(|file| file.executable) {
                    source["defaultMode"] = json!(0o555);
                }
                if files.iter().any(|file| file.key() != file.name) {
                    let item = |file: &File| json!({"key": file.key(), "path": file.name});
                    source["items"] = files.iter().map(item).collect();
                }
                volume(&name, ("configMap", source));
                sub_path = files.first().filter(|_| *single).map(|file| file.name.clone());
                name
            }
            Origin::Host(path) => {
                let name = format!("host-{index}");
                volume(&name, ("hostPath", json!({"path": path})));
                name
            }
            Origin::Memory { size, .. } => {
                let name = format!("memory-{index}");
                let size = json!(size.map(bytes));
                let source = object([("medium", json!("Memory")), ("sizeLimit", size)]);
                volume(&name, ("emptyDir", source));
                name
            }
            Origin::Scratch => {
                let name = format!("scratch-{index}");
                volume(&name, ("emptyDir", json!({})));
                name
            }
        };
        mounts.push(object([
            ("name", json!(name)),
            ("mountPath", json!(mount.target)),
            ("subPath", json!(sub_path)),
            ("readOnly", json!(mount.read_only)),
        ]));
    }
    if let Some(size) = service.shm {
        mounts.push(json!({"name": "shm", "mountPath": "/dev/shm"}));
        let memory = json!({"medium": "Memory", "sizeLimit": bytes(size)});
        volumes.push(json!({"name": "shm", "emptyDir": memory}));
    }
    (mounts, volumes)
}
