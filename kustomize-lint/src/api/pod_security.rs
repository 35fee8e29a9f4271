//! Pod Security Admission: the fields that a namespace's level forbids its Pods. Source: the Pod Security Standards, and
//! the checks of `k8s.io/pod-security-admission` with their words.

use super::Version;
use crate::tree::{Node, Place};

/// The label of a namespace that enforces a level.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// The label of a namespace with the version of Kubernetes whose checks hold there.
const ENFORCE_VERSION: &str = "pod-security.kubernetes.io/enforce-version";

/// A level of the Pod Security Standards that forbids something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Forbids parts that are known to give a Pod the node.
    Baseline,
    /// Forbids also everything that is not hardened.
    Restricted,
}

impl Level {
    /// The level that a Namespace enforces.
    pub fn of(namespace: &Node) -> Option<Self> {
        match namespace.str_at(&["metadata", "labels", ENFORCE])? {
            "baseline" => Some(Level::Baseline),
            "restricted" => Some(Level::Restricted),
            _ => None,
        }
    }

    /// The minor version of Kubernetes whose checks hold in a Namespace of a cluster of this version.
    pub fn version(namespace: &Node, cluster: Version) -> u8 {
        version(namespace.str_at(&["metadata", "labels", ENFORCE_VERSION]), cluster)
    }

    /// Its name in the label.
    pub fn name(self) -> &'static str {
        match self {
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        }
    }
}

/// The server has the checks of its version and of those before.
fn version(label: Option<&str>, cluster: Version) -> u8 {
    let minor = label.and_then(|label| label.strip_prefix("v1.")?.parse().ok());
    minor.unwrap_or(u8::MAX).min(cluster.minor())
}

/// A part of a Pod that a level forbids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden {
    /// Where it is, or where something is missing.
    pub place: Place,
    /// The end of a sentence that begins with the container or the Pod.
    pub reason: String,
    /// The server's name of the check.
    pub server: &'static str,
}

/// All settings that a level forbids in the specification of a Pod, by the checks of a minor version.
pub fn forbidden(level: Level, version: u8, pod: &Node) -> Vec<Forbidden> {
    let mut check = Check { pod, version, found: Vec::new() };
    check.baseline(level);
    if level == Level::Restricted {
        check.restricted();
    }
    check.found
}

/// Capabilities that containers have anyway.
const DEFAULT_CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Kernel parameters that belong to the Pod alone.
const SAFE_SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

const SELINUX_TYPES: &[&str] =
    &["", "container_engine_t", "container_init_t", "container_kvm_t", "container_t"];

/// Volumes that hold nothing of the node.
const VOLUMES: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

struct Check<'a> {
    pod: &'a Node,
    version: u8,
    found: Vec<Forbidden>,
}

fn flag(node: &Node, path: &[&str]) -> Option<bool> {
    node.at(path).and_then(Node::as_bool)
}

impl<'a> Check<'a> {
    fn forbid(&mut self, node: &Node, reason: impl Into<String>, server: &'static str) {
        self.found.push(Forbidden { place: node.place(), reason: reason.into(), server });
    }

    fn containers(&self) -> Vec<(String, &'a Node)> {
        let lists = ["initContainers", "containers", "ephemeralContainers"];
        let all = lists.iter().flat_map(|list| self.pod.items_at(&[list]));
        let name = |one: &Node| one.word_at(&["name"]).unwrap_or_default().to_owned();
        all.map(|one| (format!("the container {}", name(one)), one)).collect()
    }

    /// The security contexts: the Pod's and those of its containers.
    fn contexts(&self) -> Vec<(String, &'a Node)> {
        let pod_context =
            self.pod.get("securityContext").map(|context| ("the Pod".to_owned(), context));
        let containers = self.containers();
        let inner = containers
            .into_iter()
            .filter_map(|(name, one)| Some((name, one.get("securityContext")?)));
        pod_context.into_iter().chain(inner).collect()
    }

    fn is_windows(&self) -> bool {
        self.pod.str_at(&["os", "name"]) == Some("windows")
    }

    fn baseline(&mut self, level: Level) {
        for key in ["hostNetwork", "hostPID", "hostIPC"] {
            if let Some(node) = self.pod.get(key).filter(|node| node.as_bool() == Some(true)) {
                self.forbid(node, format!("the Pod has `{key}`"), "host namespaces");
            }
        }
        for volume in self.pod.items_at(&["volumes"]) {
            if let Some(node) = volume.get("hostPath").filter(|_| level == Level::Baseline) {
                self.forbid(node, "the Pod mounts a folder of the node", "hostPath volumes");
            }
        }
        for sysctl in self.pod.items_at(&["securityContext", "sysctls"]) {
            if sysctl.str_at(&["name"]).is_some_and(|name| !SAFE_SYSCTLS.contains(&name)) {
                let reason = "the Pod sets a kernel parameter of the node";
                self.forbid(sysctl, reason, "forbidden sysctls");
            }
        }
        for (name, context) in self.contexts() {
            self.profiles(&name, context);
            if let Some(node) = context.at(&["windowsOptions", "hostProcess"])
                && node.as_bool() == Some(true)
            {
                self.forbid(node, format!("{name} is a process of the node"), "hostProcess");
            }
        }
        for (name, container) in self.containers() {
            self.container(&name, container, level);
        }
    }

    fn profiles(&mut self, name: &str, context: &'a Node) {
        if let Some(kind) = context.at(&["seccompProfile", "type"])
            && kind.as_str() == Some("Unconfined")
        {
            self.forbid(kind, format!("{name} has no seccomp profile"), "seccompProfile");
        }
        if let Some(kind) = context.at(&["appArmorProfile", "type"])
            && kind.as_str() == Some("Unconfined")
        {
            self.forbid(kind, format!("{name} has no AppArmor profile"), "AppArmor profile");
        }
        let Some(options) = context.get("seLinuxOptions") else { return };
        let text = |key: &str| options.str_at(&[key]).unwrap_or_default();
        if !SELINUX_TYPES.contains(&text("type"))
            || !text("user").is_empty()
            || !text("role").is_empty()
        {
            self.forbid(options, format!("{name} has other SELinux options"), "seLinuxOptions");
        }
    }

    fn container(&mut self, name: &str, container: &'a Node, level: Level) {
        if let Some(node) = container.at(&["securityContext", "privileged"])
            && node.as_bool() == Some(true)
        {
            self.forbid(node, format!("{name} is privileged"), "privileged");
        }
        if let Some(node) = container.at(&["securityContext", "procMount"])
            && node.as_str().is_some_and(|kind| !matches!(kind, "" | "Default"))
        {
            self.forbid(node, format!("{name} sees more of /proc"), "procMount");
        }
        for added in container.items_at(&["securityContext", "capabilities", "add"]) {
            let is_default = added.as_str().is_none_or(|one| DEFAULT_CAPABILITIES.contains(&one));
            // The check of `restricted` takes its place where there is one.
            if !is_default && (level == Level::Baseline || self.version < 22) {
                let reason = format!("{name} adds a capability");
                self.forbid(added, reason, "non-default capabilities");
            }
        }
        for port in container.items_at(&["ports"]) {
            if let Some(node) = port.get("hostPort").filter(|node| node.as_int() != Some(0)) {
                self.forbid(node, format!("{name} takes a port of the node"), "hostPort");
            }
        }
        if self.version >= 34 {
            self.handlers(name, container);
        }
    }

    fn handlers(&mut self, name: &str, container: &'a Node) {
        let handlers = [
            container.get("livenessProbe"),
            container.get("readinessProbe"),
            container.get("startupProbe"),
            container.at(&["lifecycle", "postStart"]),
            container.at(&["lifecycle", "preStop"]),
        ];
        for handler in handlers.into_iter().flatten() {
            for kind in ["httpGet", "tcpSocket"] {
                if let Some(node) = handler.at(&[kind, "host"])
                    && node.as_str().is_some_and(|host| !host.is_empty())
                {
                    let reason = format!("{name} has a probe or a hook of another host");
                    self.forbid(node, reason, "probe or lifecycle host");
                }
            }
        }
    }

    fn restricted(&mut self) {
        for volume in self.pod.items_at(&["volumes"]) {
            let source = volume.entries().iter().find(|entry| entry.key != "name");
            if let Some(source) = source.filter(|source| !VOLUMES.contains(&source.key.as_str())) {
                let reason = format!("the Pod has a volume of the kind `{}`", source.key);
                self.forbid(volume, reason, "restricted volume types");
            }
        }
        let pod_context = self.pod.get("securityContext");
        let of_pod = |key: &str| pod_context.and_then(|context| flag(context, &[key]));
        let pod_profile =
            pod_context.and_then(|context| context.str_at(&["seccompProfile", "type"]));
        if let Some(node) = pod_context
            .and_then(|context| context.get("runAsUser"))
            .filter(|n| self.version >= 23 && n.as_int() == Some(0))
        {
            self.forbid(node, "the Pod runs as root", "runAsUser=0");
        }
        let pod_not_root = of_pod("runAsNonRoot");
        if let (Some(false), Some(node)) = (pod_not_root, pod_context) {
            self.forbid(node, "the Pod has `runAsNonRoot: false`", "runAsNonRoot != true");
        }
        for (name, container) in self.containers() {
            let context = container.get("securityContext");
            let node = context.unwrap_or(container);
            if let Some(user) = context.and_then(|context| context.get("runAsUser"))
                && self.version >= 23
                && user.as_int() == Some(0)
            {
                self.forbid(user, format!("{name} runs as root"), "runAsUser=0");
            }
            // A Pod with `false` is refused for that alone.
            let not_root =
                context.and_then(|c| flag(c, &["runAsNonRoot"])).or(pod_not_root.and(Some(true)));
            if not_root != Some(true) {
                self.forbid(
                    node,
                    format!("{name} lacks `runAsNonRoot: true`"),
                    "runAsNonRoot != true",
                );
            }
            if self.is_windows() {
                continue;
            }
            if context.and_then(|c| flag(c, &["allowPrivilegeEscalation"])) != Some(false) {
                let reason = format!("{name} lacks `allowPrivilegeEscalation: false`");
                self.forbid(node, reason, "allowPrivilegeEscalation != false");
            }
            if self.version >= 22 {
                self.capabilities(&name, node, context);
            }
            let profile =
                context.and_then(|c| c.str_at(&["seccompProfile", "type"])).or(pod_profile);
            if profile.is_none() {
                let reason = format!("{name} lacks `seccompProfile: {{type: RuntimeDefault}}`");
                self.forbid(node, reason, "seccompProfile");
            }
        }
    }

    fn capabilities(&mut self, name: &str, node: &Node, context: Option<&'a Node>) {
        let list = |key| context.map_or(&[][..], |c| c.items_at(&["capabilities", key]));
        if !list("drop").iter().any(|one| one.as_str() == Some("ALL")) {
            let reason = format!("{name} lacks `capabilities: {{drop: [ALL]}}`");
            self.forbid(node, reason, "unrestricted capabilities");
        }
        for added in list("add").iter().filter(|one| one.as_str() != Some("NET_BIND_SERVICE")) {
            let reason = format!("{name} adds a capability");
            self.forbid(added, reason, "unrestricted capabilities");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_lowers_the_version_of_its_cluster() {
        for (label, cluster, wanted) in [
            (Some("v1.20"), "1.37", 20),
            (Some("v1.99"), "1.33", 33),
            (Some("latest"), "1.33", 33),
            (None, "1.33", 33),
        ] {
            assert_eq!(version(label, cluster.parse().unwrap()), wanted, "{label:?} in {cluster}");
        }
    }
}
