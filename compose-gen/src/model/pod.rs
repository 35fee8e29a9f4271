//! Keys that stay in the Compose file as they are, and of which the Pod gets a counterpart: host
//! namespaces, DNS, security, hooks, GPUs.

use serde_json::{Map, Value, json};

use super::names::{is_label, is_subdomain};
use crate::spec::text;
use common::compose::words;

/// The most resolvers of a Pod.
const RESOLVERS: usize = 3;

/// The wishes of a service about its Pod.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pod {
    pub(crate) host_network: bool,
    pub(crate) host_pid: bool,
    pub(crate) host_ipc: bool,
    /// `network_mode: none`: nobody reaches it, and it reaches nobody.
    pub(crate) no_network: bool,
    pub(crate) hostname: Option<String>,
    /// Nameservers, searches and options.
    pub(crate) dns: Map<String, Value>,
    /// Fields of the container's securityContext.
    pub(crate) security: Map<String, Value>,
    pub(crate) post_start: Option<Vec<String>>,
    pub(crate) pre_stop: Option<Vec<String>>,
    /// The resource of a device plugin, and how many.
    pub(crate) devices: Option<(&'static str, u64)>,
    /// The service whose network it shares, and with it the Pod.
    pub(crate) leader: Option<String>,
}

/// The fate of a key.
pub(super) enum Kept {
    /// The Pod has the same.
    Whole,
    /// The Pod has something else instead.
    Changed(String),
    /// Only Compose has it; the reason, or the usual one.
    Not(Option<String>),
}

impl Pod {
    /// Takes a key over. `stateful` is a service with claims of its own.
    pub(super) fn take(&mut self, key: &str, value: &Value, stateful: bool) -> Kept {
        let value = settled(value);
        let text = value.as_str().unwrap_or_default();
        match key {
            "network_mode" => self.network(text),
            "pid" if text == "host" => {
                self.host_pid = true;
                Kept::Whole
            }
            "ipc" if text == "host" => {
                self.host_ipc = true;
                Kept::Whole
            }
            "hostname" if is_label(text) && !stateful => {
                self.hostname = Some(text.to_owned());
                Kept::Whole
            }
            "hostname" if stateful => Kept::Not(Some(
                "the Pods of a StatefulSet are called by its name and number".into(),
            )),
            "dns" => self.resolvers(&texts(&value)),
            "dns_search" => {
                let (good, bad): (Vec<String>, Vec<String>) =
                    texts(&value).into_iter().partition(|domain| is_subdomain(domain));
                self.put_dns("searches", good.into_iter().map(Value::from).collect());
                kept(&bad, "is not a domain")
            }
            "dns_opt" => {
                let option = |word: &String| match word.split_once(':') {
                    Some((name, value)) => json!({"name": name, "value": value}),
                    None => json!({"name": word}),
                };
                self.put_dns("options", texts(&value).iter().map(option).collect());
                Kept::Whole
            }
            "security_opt" => self.security(&texts(&value)),
            "post_start" => hook(&value, &mut self.post_start),
            "pre_stop" => hook(&value, &mut self.pre_stop),
            "gpus" => match value.as_str() {
                Some(_) => self.devices(&json!([{"count": "all", "capabilities": ["gpu"]}])),
                None => self.devices(&value),
            },
            // They are mounts.
            "secrets" => Kept::Whole,
            _ => Kept::Not(None),
        }
    }

    /// Whether a kernel setting belongs to a namespace that the Pod does not share with its node.
    pub(crate) fn allows(&self, sysctl: &str) -> bool {
        let network = sysctl.replace('/', ".").starts_with("net.");
        if network { !self.host_network } else { !self.host_ipc }
    }

    fn network(&mut self, mode: &str) -> Kept {
        match mode {
            "host" => {
                self.host_network = true;
                Kept::Changed("the Pod has the network of its node: hostNetwork".into())
            }
            "none" => {
                self.no_network = true;
                let how = "a NetworkPolicy without rules, which needs a network that enforces it";
                Kept::Changed(how.into())
            }
            "bridge" | "default" => Kept::Changed("the cluster's network".into()),
            mode => match mode.strip_prefix("service:") {
                Some(leader) => {
                    self.leader = Some(leader.to_owned());
                    Kept::Changed(format!("a container in the Pod of {leader}"))
                }
                None => Kept::Not(None),
            },
        }
    }

    fn resolvers(&mut self, all: &[String]) -> Kept {
        let (good, mut bad): (Vec<String>, Vec<String>) =
            all.iter().cloned().partition(|address| address.parse::<std::net::IpAddr>().is_ok());
        bad.extend(good.iter().skip(RESOLVERS).cloned());
        let first: Vec<Value> = good.into_iter().take(RESOLVERS).map(Value::from).collect();
        self.put_dns("nameservers", first);
        match bad.is_empty() {
            true => {
                Kept::Changed("asked after the cluster's resolver, which knows Services".into())
            }
            false => kept(&bad, "is not one of three addresses"),
        }
    }

    fn put_dns(&mut self, key: &str, items: Vec<Value>) {
        if !items.is_empty() {
            self.dns.insert(key.to_owned(), Value::Array(items));
        }
    }

    fn security(&mut self, all: &[String]) -> Kept {
        let mut bad = Vec::new();
        for option in all {
            let (name, value) = option.split_once([':', '=']).unwrap_or((option, "true"));
            let profile = || json!({"type": "Unconfined"});
            match (name, value) {
                ("no-new-privileges", "true") => {
                    self.security.insert("allowPrivilegeEscalation".into(), json!(false));
                }
                ("no-new-privileges", "false") => {}
                ("seccomp", "unconfined") => {
                    self.security.insert("seccompProfile".into(), profile());
                }
                ("apparmor", "unconfined") => {
                    self.security.insert("appArmorProfile".into(), profile());
                }
                _ => bad.push(option.clone()),
            }
        }
        kept(&bad, "belongs to the engine; write it in x-patches as securityContext")
    }

    /// Reserved devices: GPUs are a resource of their device plugin.
    pub(super) fn devices(&mut self, list: &Value) -> Kept {
        let list = settled(list);
        let mut notes: Vec<String> = Vec::new();
        for device in list.as_array().into_iter().flatten() {
            let capabilities = texts(&device["capabilities"]);
            if !capabilities.iter().any(|capability| capability == "gpu" || capability == "compute")
            {
                let why = format!("{} need a device plugin", capabilities.join(", "));
                return Kept::Not(Some(why));
            }
            let driver = device["driver"].as_str().unwrap_or("nvidia").to_owned();
            let resource = match driver.as_str() {
                "amd" | "amd.com" => "amd.com/gpu",
                _ => "nvidia.com/gpu",
            };
            let ids = device["device_ids"].as_array().map(Vec::len);
            let count = &device["count"];
            let number = count.as_u64().or_else(|| count.as_str()?.parse().ok());
            if number.is_none() && ids.is_none() {
                notes.push("one GPU: a container of a cluster cannot ask for all of a node".into());
            }
            if ids.is_some() {
                notes.push("the device plugin chooses which".into());
            }
            let wanted = number.or(ids.map(|length| length as u64)).unwrap_or(1).max(1);
            let before = self.devices.map_or(0, |(_, count)| count);
            self.devices = Some((resource, before + wanted));
        }
        match self.devices {
            Some((resource, count)) => {
                notes.insert(0, format!("the limit {resource}: {count}"));
                Kept::Changed(notes.join("; "))
            }
            None => Kept::Not(None),
        }
    }
}

/// Whole, unless some entries are left out.
fn kept(bad: &[String], why: &str) -> Kept {
    match bad {
        [] => Kept::Whole,
        bad => Kept::Not(Some(format!("{} {why}", bad.join(", ")))),
    }
}

/// The commands of a hook as one.
fn hook(value: &Value, into: &mut Option<Vec<String>>) -> Kept {
    let hooks: Vec<&Value> = value.as_array().into_iter().flatten().collect();
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut left: Vec<String> = Vec::new();
    for hook in hooks {
        let words = match &hook["command"] {
            Value::String(line) => words::split(line).map(|split| split.words).unwrap_or_default(),
            other => texts(other),
        };
        if words.is_empty() {
            continue;
        }
        let said = |key: &&str| !matches!(hook[*key], Value::Null | Value::Bool(false));
        let keys = ["user", "privileged", "working_dir", "environment"];
        left.extend(keys.into_iter().filter(said).map(str::to_owned));
        lines.push(words);
    }
    *into = match lines.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        many => {
            let quoted = |word: &String| text::shell(word);
            let line = |words: &Vec<String>| words.iter().map(quoted).collect::<Vec<_>>().join(" ");
            let script: Vec<String> = many.iter().map(line).collect();
            Some(vec!["/bin/sh".into(), "-c".into(), script.join(" && ")])
        }
    };
    match left.is_empty() {
        true => Kept::Whole,
        false => Kept::Changed(format!(
            "the command alone is a hook in Kubernetes, without {}: the container's own counts",
            left.join(", ")
        )),
    }
}

/// The texts of one or a list.
fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        one => text(one).into_iter().collect(),
    }
}

/// The value in which nothing varies any more.
fn settled(value: &Value) -> Value {
    match value {
        Value::String(word) => Value::String(text::settled(word)),
        Value::Array(items) => items.iter().map(settled).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), settled(value))).collect()
        }
        other => other.clone(),
    }
}
