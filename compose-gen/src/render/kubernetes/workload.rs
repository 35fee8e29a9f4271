//! The workload of a service: Deployment, StatefulSet, DaemonSet or Job.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::view::{View, alias_label, labels};
use super::{secrets, wait};
use crate::model::health::MOST;
use crate::model::names::{LABEL, RESERVED, STATEFUL_SET, fit, is_annotation, is_subdomain};
use crate::model::{Check, File, Health, Origin, Pod, Restart, Service};
use crate::render::object;
use crate::spec::quantity::{bytes, millis};
use crate::spec::text;
use crate::spec::types::Access;

/// The workload of a service.
pub(crate) fn kind(view: &View<'_>, service: &Service) -> &'static str {
    service.kind(view.platform)
}

/// The object's name: a Job's carries its hash.
pub(crate) fn name(view: &View<'_>, service: &Service) -> String {
    match (view.jobs.get(&service.name), kind(view, service)) {
        (Some(job), _) => job.clone(),
        (None, "StatefulSet") => fit(&service.name, STATEFUL_SET),
        (None, _) => service.name.clone(),
    }
}

pub(super) fn workload(view: &View<'_>, service: &Service) -> Value {
    let kind = kind(view, service);
    let selector = json!({"matchLabels": {"app.kubernetes.io/name": service.name}});
    let crew = view.platform.crew(service, view.environment);
    let annotations =
        crew.iter().flat_map(|member| &member.labels).filter(|(key, _)| is_annotation(key));
    let annotations = annotations.map(|(key, value)| (key.clone(), json!(value))).collect();
    let mut pod_labels = labels(view.platform, service);
    for alias in service.aliases() {
        if view.platform.owners(alias).len() > 1 {
            pod_labels[alias_label(alias)] = json!("true");
        }
    }
    let metadata = object([("labels", pod_labels), ("annotations", annotations)]);
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
    let leads = view.platform.leader(service).name == service.name;
    let stateful = leads && kind(view, service) == "StatefulSet";
    service
        .claims(view.platform)
        .filter(move |name| stateful && view.platform.consumers(name).len() == 1)
}

/// Claims that stand by themselves: those that several services mount, or a Job.
pub(super) fn claims(view: &View<'_>, service: &Service) -> Vec<Value> {
    let templates: Vec<&str> = own_claims(view, service).collect();
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
        .filter(|name| !templates.contains(name) && first(name))
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
    json!({"metadata": {"name": view.platform.claim(name)}, "spec": spec})
}

fn pod(view: &View<'_>, service: &Service) -> Value {
    let crew = view.platform.crew(service, view.environment);
    let mut volumes: Vec<Value> = Vec::new();
    let containers: Vec<Value> = crew
        .iter()
        .map(|member| {
            let mounts = mounts(view, member, &mut volumes);
            container(view, member, mounts)
        })
        .collect();
    volumes.extend(wait::volumes(view, service));
    let any = |wish: fn(&Pod) -> bool| crew.iter().any(|member| wish(&member.pod));
    let host_network = any(|pod| pod.host_network);
    let numbers = service.groups.iter().filter_map(|group| group.parse::<u64>().ok());
    let groups = numbers.filter(|group| *group <= i32::MAX as u64);
    let allowed = |name: &str| crew.iter().all(|member| member.pod.allows(name));
    let sysctls = service.sysctls.iter().filter(|(name, _)| allowed(name));
    let sysctls = sysctls.map(|(k, v)| json!({"name": k, "value": v}));
    let security = object([
        ("supplementalGroups", groups.map(Value::from).collect()),
        ("fsGroup", json!(service.user.and_then(|(_, gid)| gid))),
        ("sysctls", sysctls.collect()),
    ]);
    // Every node: the control plane, too, which keeps other pods away.
    let on_every_node = json!([{
        "key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule",
    }]);
    let grace = crew.iter().map(|member| member.grace).max().unwrap_or_default();
    let mut pod = Map::new();
    pod.insert("automountServiceAccountToken".into(), json!(false));
    pod.insert("enableServiceLinks".into(), json!(false));
    let mut put = |key: &str, value: Value| crate::render::put(&mut pod, key, value);
    put("terminationGracePeriodSeconds", json!(grace.div_ceil(1000)));
    put("restartPolicy", json!((service.restart != Restart::Always).then_some("Never")));
    put("serviceAccountName", json!(wait::account_name(view, service)));
    put("initContainers", json!(wait::containers(view, service)));
    put("volumes", json!(volumes));
    put("securityContext", security);
    put("hostAliases", host_aliases(&crew));
    put("hostname", json!(service.pod.hostname));
    put("hostNetwork", json!(host_network));
    put("hostPID", json!(any(|pod| pod.host_pid)));
    put("hostIPC", json!(any(|pod| pod.host_ipc)));
    // Otherwise the Pod would ask the node's resolver, which knows no Service.
    put("dnsPolicy", json!(host_network.then_some("ClusterFirstWithHostNet")));
    put("dnsConfig", Value::Object(service.pod.dns.clone()));
    put("tolerations", json!((kind(view, service) == "DaemonSet").then_some(on_every_node)));
    put("containers", json!(containers));
    Value::Object(pod)
}

/// The lines of /etc/hosts: an address has one entry, because kustomize merges entries by address.
fn host_aliases(crew: &[&Service]) -> Value {
    let mut hosts: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (host, ip) in crew.iter().flat_map(|member| &member.hosts) {
        let host = host.to_ascii_lowercase();
        if ip.parse::<std::net::IpAddr>().is_ok() && is_subdomain(&host) {
            hosts.entry(ip).or_default().insert(host);
        }
    }
    hosts.into_iter().map(|(ip, names)| json!({"ip": ip, "hostnames": names})).collect()
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
    let ports = service.ports.iter().filter(|port| !port.is_range() && seen.insert(port.name()));
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
            let tries =
                check.start_period.div_ceil(check.interval.max(1)) + u64::from(check.retries);
            startup["failureThreshold"] = json!(tries.min(MOST.into()));
            put("startupProbe", startup);
        }
    }
    put("lifecycle", lifecycle(&service.pod));
    put("resources", resources(view, service));
    put("securityContext", security(service));
    put("tty", json!(service.tty));
    put("stdin", json!(service.stdin));
    put("volumeMounts", json!(mounts));
    Value::Object(out)
}

fn lifecycle(pod: &Pod) -> Value {
    let hook = |words: &Option<Vec<String>>| match words {
        Some(words) => {
            let words: Vec<String> = words.iter().map(|word| text::kubernetes(word)).collect();
            json!({"exec": {"command": words}})
        }
        None => Value::Null,
    };
    object([("postStart", hook(&pod.post_start)), ("preStop", hook(&pod.pre_stop))])
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
    let seconds = |milliseconds: u64| milliseconds.div_ceil(1000).clamp(1, MOST.into());
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
    let mut limits = of(amounts.memory, amounts.cpus);
    if let Some((resource, count)) = service.pod.devices {
        limits[resource] = json!(count);
    }
    object([("limits", limits), ("requests", requests)])
}

fn security(service: &Service) -> Value {
    // Docker's names may have the kernel's prefix; Kubernetes' never do.
    let names = |list: &[String]| -> Value {
        let bare = |name: &String| name.to_ascii_uppercase().trim_start_matches("CAP_").to_owned();
        list.iter().map(|name| json!(bare(name))).collect()
    };
    let capabilities =
        object([("add", names(&service.cap_add)), ("drop", names(&service.cap_drop))]);
    let mut out = object([
        ("runAsUser", json!(service.user.map(|(uid, _)| uid))),
        ("runAsGroup", json!(service.user.and_then(|(_, gid)| gid))),
        ("privileged", json!(service.privileged)),
        ("readOnlyRootFilesystem", json!(service.read_only)),
        ("capabilities", capabilities),
    ]);
    // A privileged container may do everything, and the API server refuses to hear otherwise.
    let admin = |name: &String| ["SYS_ADMIN", "ALL"].contains(&name.trim_start_matches("CAP_"));
    let free =
        service.privileged || service.cap_add.iter().any(|name| admin(&name.to_ascii_uppercase()));
    for (key, value) in &service.pod.security {
        if !(free && key == "allowPrivilegeEscalation") {
            out[key] = value.clone();
        }
    }
    out
}

/// Mounts of the container; the volumes of the Pod are added to those that it has.
fn mounts(view: &View<'_>, service: &Service, volumes: &mut Vec<Value>) -> Vec<Value> {
    let templates: Vec<&str> = own_claims(view, service).collect();
    let platform = view.platform;
    let secrets = platform.secret_files.as_ref().map(|files| files.volume.as_str());
    let claims: Vec<&str> = templates.iter().map(|name| platform.claim(name)).collect();
    let leads = platform.leader(service).name == service.name;
    // Containers of one Pod number their volumes apart.
    let prefix = if leads { String::new() } else { format!("{}-", service.name) };
    let mut mounts: Vec<Value> = Vec::new();
    for (index, mount) in service.mounts.iter().enumerate() {
        let mut volume = |name: &str, key: &str, source: Value| -> String {
            let mut name = fit(name, LABEL);
            let wanted = |name: &str| json!({"name": name, key: source.clone()});
            let mut count = 2;
            loop {
                match volumes.iter().find(|volume| volume["name"] == name) {
                    Some(known) if *known == wanted(&name) => return name,
                    None if !RESERVED.contains(&name.as_str())
                        && !claims.contains(&name.as_str()) =>
                    {
                        volumes.push(wanted(&name));
                        return name;
                    }
                    _ => {}
                }
                name = format!("{}-{count}", fit(&name, LABEL - 4));
                count += 1;
            }
        };
        let mut sub_path = mount.sub_path.clone();
        let mode = mount.permissions;
        let name = match &mount.origin {
            Origin::Volume(name) if Some(name.as_str()) == secrets => continue,
            Origin::Volume(name) => {
                let claim = platform.claim(name);
                match templates.contains(&name.as_str()) {
                    true => claim.to_owned(),
                    false => volume(claim, "persistentVolumeClaim", json!({"claimName": claim})),
                }
            }
            Origin::Files { files, single, map, secret, .. } => {
                let (key, named) = match secret {
                    true => ("secret", "secretName"),
                    false => ("configMap", "name"),
                };
                let mut source = json!({named: map});
                if files.iter().any(|file| file.executable) {
                    source["defaultMode"] = json!(0o555);
                }
                if let Some(mode) = mode {
                    source["defaultMode"] = json!(mode);
                }
                if !single && files.iter().any(|file| file.key != file.name) {
                    let item = |file: &File| json!({"key": file.key, "path": file.name});
                    source["items"] = files.iter().map(item).collect();
                }
                sub_path = files.first().filter(|_| *single).map(|file| file.key.clone());
                volume(map, key, source)
            }
            Origin::Made { secret, name, key } => {
                let mut source = match secret {
                    true => json!({"secretName": name}),
                    false => json!({"name": name}),
                };
                if let Some(mode) = mode {
                    source["defaultMode"] = json!(mode);
                }
                sub_path = Some(key.clone());
                volume(name, if *secret { "secret" } else { "configMap" }, source)
            }
            Origin::Image(reference) => {
                let name = format!("{prefix}image-{index}");
                volume(&name, "image", json!({"reference": reference}))
            }
            // No node has the home of a person.
            Origin::Host(path) if path.starts_with('~') => continue,
            Origin::Host(path) => {
                volume(&format!("{prefix}host-{index}"), "hostPath", json!({"path": path}))
            }
            Origin::Memory { size, .. } => {
                let size = json!(size.map(bytes));
                let source = object([("medium", json!("Memory")), ("sizeLimit", size)]);
                volume(&format!("{prefix}memory-{index}"), "emptyDir", source)
            }
            Origin::Scratch => volume(&format!("{prefix}scratch-{index}"), "emptyDir", json!({})),
        };
        mounts.push(object([
            ("name", json!(name)),
            ("mountPath", json!(mount.target)),
            ("subPath", json!(sub_path)),
            ("readOnly", json!(mount.read_only)),
        ]));
    }
    if let Some(size) = service.shm {
        let name = format!("{prefix}shm");
        mounts.push(json!({"name": name, "mountPath": "/dev/shm"}));
        let memory = json!({"medium": "Memory", "sizeLimit": bytes(size)});
        volumes.push(json!({"name": name, "emptyDir": memory}));
    }
    mounts
}
