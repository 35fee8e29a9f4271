//! The engine's own account of itself, in one form for all engines.

use std::path::PathBuf;

use serde_json::Value;

use super::client::Engine;
use crate::object::{list, text};

/// Where containers run, seen from this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// On this machine's kernel.
    Here,
    /// In a virtual machine or a container, which forwards ports to this machine.
    Inside(String),
    /// On another machine.
    Remote(String),
}

/// The controllers of cgroups that containers can be limited by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) memory: bool,
    pub(crate) processes: bool,
    pub(crate) cpu: bool,
}

/// An engine's account of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Empty when the engine does not run.
    pub(crate) version: String,
    /// Bytes of memory that nodes will report as theirs.
    pub(crate) memory: u64,
    /// `1` or `2`.
    pub(crate) cgroups: String,
    pub(crate) limits: Limits,
    pub(crate) rootless: bool,
    /// Where images, volumes and nodes are, when the engine says.
    pub(crate) folder: Option<PathBuf>,
    /// The context of the client, when it says so.
    pub(crate) context: Option<String>,
    /// The host's name, or the virtual machine's.
    host: String,
    virtual_machine: Option<String>,
}

impl Facts {
    /// Reads the answer to `info` of an engine's client.
    pub(crate) fn read(engine: Engine, info: &Value) -> Self {
        match engine {
            Engine::Podman => Facts::of_podman(info),
            Engine::Docker | Engine::Nerdctl => Facts::of_docker(info),
        }
    }

    fn of_docker(info: &Value) -> Self {
        let options = list(info, "/SecurityOptions").iter().filter_map(Value::as_str);
        let rootless =
            options.flat_map(|option| option.split(',')).any(|one| one == "name=rootless");
        // Without a driver for cgroups the other answers mean nothing.
        let driven = text(info, "/CgroupDriver") != "none";
        let can = |field: &str| driven && info[field] == true;
        let system = text(info, "/OperatingSystem");
        let desktop = ["Docker Desktop", "Rancher Desktop", "OrbStack"];
        Facts {
            version: text(info, "/ServerVersion").to_owned(),
            memory: info["MemTotal"].as_u64().unwrap_or_default(),
            cgroups: text(info, "/CgroupVersion").to_owned(),
            limits: Limits {
                memory: can("MemoryLimit"),
                processes: can("PidsLimit"),
                cpu: can("CPUShares"),
            },
            rootless,
            folder: folder(text(info, "/DockerRootDir")),
            context: Some(text(info, "/ClientInfo/Context").to_owned())
                .filter(|text| !text.is_empty()),
            host: text(info, "/Name").to_owned(),
            virtual_machine: desktop
                .iter()
                .any(|known| system.contains(known))
                .then(|| system.to_owned()),
        }
    }

    fn of_podman(info: &Value) -> Self {
        let at = |path: &str| text(info, path);
        let controllers: Vec<&str> =
            list(info, "/host/cgroupControllers").iter().filter_map(Value::as_str).collect();
        // podman before 4.0 does not list them.
        let unlisted = info.pointer("/host/cgroupControllers").is_none();
        let has = |name: &str| unlisted || controllers.contains(&name);
        let is = |path: &str| info.pointer(path) == Some(&Value::Bool(true));
        let version = [at("/version/Version"), at("/version/version")];
        let cgroups = [at("/host/cgroupVersion"), at("/host/cgroupversion")];
        Facts {
            version: version
                .into_iter()
                .find(|text| !text.is_empty())
                .unwrap_or_default()
                .to_owned(),
            memory: info.pointer("/host/memTotal").and_then(Value::as_u64).unwrap_or_default(),
            cgroups: cgroups.concat().trim_start_matches('v').to_owned(),
            limits: Limits { memory: has("memory"), processes: has("pids"), cpu: has("cpu") },
            rootless: is("/host/security/rootless") || is("/host/rootless"),
            folder: folder(at("/store/graphRoot")),
            context: None,
            host: at("/host/hostname").to_owned(),
            // Its client is a remote one where containers run in podman's machine.
            virtual_machine: is("/host/serviceIsRemote").then(|| "podman's machine".to_owned()),
        }
    }

    /// Where containers run; `remote` is the other machine that the client leads to.
    pub(crate) fn site(&self, remote: Option<&str>) -> Site {
        let here = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        match (remote, &self.virtual_machine) {
            (Some(host), _) => Site::Remote(host.to_owned()),
            (None, Some(machine)) => Site::Inside(machine.clone()),
            (None, None) if self.host.is_empty() || self.host == here.trim() => Site::Here,
            (None, None) => Site::Inside(self.host.clone()),
        }
    }
}

fn folder(path: &str) -> Option<PathBuf> {
    (!path.is_empty()).then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn engines_say_the_same_in_their_own_words() {
        let docker = json!({"ServerVersion": "28.0.1", "MemTotal": 8, "CgroupVersion": "2", "CgroupDriver": "systemd",
            "MemoryLimit": true, "PidsLimit": true, "CPUShares": false, "DockerRootDir": "/x",
            "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"]});
        let podman = json!({"version": {"Version": "28.0.1"}, "store": {"graphRoot": "/x"},
            "host": {"memTotal": 8, "cgroupVersion": "v2", "cgroupControllers": ["memory", "pids"],
                     "security": {"rootless": true}, "serviceIsRemote": false}});
        let facts = Facts::read(Engine::Docker, &docker);
        assert_eq!(facts, Facts::read(Engine::Podman, &podman));
        assert!(facts.rootless && facts.limits.memory && !facts.limits.cpu);
        assert_eq!(facts.site(None), Site::Here);
        assert_eq!(facts.site(Some("far")), Site::Remote("far".into()));
        let none = json!({"CgroupDriver": "none", "MemoryLimit": true});
        assert!(!Facts::read(Engine::Nerdctl, &none).limits.memory);
    }

    #[test]
    fn a_virtual_machine_is_not_this_kernel() {
        let desktop = json!({"OperatingSystem": "Docker Desktop", "Name": "docker-desktop"});
        let site = Facts::read(Engine::Docker, &desktop).site(None);
        assert_eq!(site, Site::Inside("Docker Desktop".into()));
        let machine = json!({"host": {"serviceIsRemote": true}});
        assert!(matches!(Facts::read(Engine::Podman, &machine).site(None), Site::Inside(_)));
        let other = json!({"Name": "no-such-host.example"});
        assert!(matches!(Facts::read(Engine::Docker, &other).site(None), Site::Inside(_)));
    }
}
