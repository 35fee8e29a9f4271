//! Compose keys of a service that have no counterpart in Kubernetes, and why.

use schemars::Schema;
use serde_json::json;

/// Key and reason; the Compose file keeps the key.
pub(crate) const SERVICE: [(&str, &str); 52] = [
    ("annotations", "the engine's own; pods get annotations from labels"),
    ("attach", "it concerns the output of docker compose up only"),
    ("blkio_config", "Kubernetes has no block I/O weights"),
    ("cgroup", "control groups belong to the kubelet"),
    ("cgroup_parent", "control groups belong to the kubelet"),
    ("container_name", "pods are named by their workload; a Service has this name"),
    ("cpu_count", "use cpus"),
    ("cpu_percent", "use cpus"),
    ("cpu_period", "use cpus"),
    ("cpu_quota", "use cpus"),
    ("cpu_rt_period", "Kubernetes has no real-time scheduling"),
    ("cpu_rt_runtime", "Kubernetes has no real-time scheduling"),
    ("cpu_shares", "use cpus"),
    ("cpuset", "the kubelet assigns CPUs"),
    ("credential_spec", "it belongs to Windows"),
    ("develop", "it concerns docker compose watch only"),
    ("device_cgroup_rules", "devices need a device plugin"),
    ("devices", "devices need a device plugin"),
    ("dns", "the cluster resolves names"),
    ("dns_opt", "the cluster resolves names"),
    ("dns_search", "the cluster resolves names"),
    ("domainname", "the cluster resolves names"),
    ("external_links", "every Service is reachable by name"),
    ("gpus", "devices need a device plugin"),
    ("hostname", "a pod's hostname is its own name"),
    ("init", "the pod's process gets signals itself"),
    ("ipc", "pods share nothing"),
    ("isolation", "it belongs to Windows"),
    ("label_file", "write the labels out"),
    ("links", "every Service is reachable by name, and by these aliases"),
    ("logging", "the cluster collects standard output"),
    ("mac_address", "the cluster's network assigns addresses"),
    ("mem_swappiness", "nodes run without swap"),
    ("memswap_limit", "nodes run without swap"),
    ("network_mode", "pods have a network of their own"),
    ("oom_kill_disable", "the kubelet decides"),
    ("oom_score_adj", "the kubelet decides"),
    ("pid", "pods share nothing"),
    ("pids_limit", "the kubelet's setting"),
    ("platform", "images for several platforms choose by themselves"),
    ("post_start", "write it in x-patches as lifecycle"),
    ("pre_stop", "write it in x-patches as lifecycle"),
    ("runtime", "needs a RuntimeClass; say it in x-patches"),
    ("scale", "use deploy.replicas"),
    ("secrets", "they are mounts of Secrets"),
    ("security_opt", "write it in x-patches as securityContext"),
    ("stop_signal", "it belongs to the image"),
    ("storage_opt", "it belongs to the engine"),
    ("ulimits", "the node's setting"),
    ("userns_mode", "the kubelet's setting"),
    ("uts", "pods share nothing"),
    ("volumes_from", "name the volume at each service"),
];

/// The reason a key stays behind.
pub(crate) fn reason(key: &str) -> Option<&'static str> {
    SERVICE.iter().find(|(name, _)| *name == key).map(|(_, reason)| *reason)
}

/// Adds the keys to a service's schema.
pub(super) fn describe(schema: &mut Schema) {
    if let Some(properties) = schema.get_mut("properties").and_then(|p| p.as_object_mut()) {
        for (key, reason) in SERVICE {
            let text = format!("Stays in the Compose file: {reason}.");
            properties.insert(key.into(), json!({ "description": text }));
        }
    }
}
