//! The container engine: there, running, with cgroups that limit nodes, and with enough memory.

use std::time::Duration;

use common::exit::Status;
use common::quantity::show;
use common::stop::Stop;
use serde_json::Value;

use super::programs::{NO_ANSWER, late};
use crate::engine::facts::{Facts, Site};
use crate::engine::{self, Client, Endpoint};
use crate::object::text;
use crate::process;
use crate::report::{self, Check};

/// How kind's own documentation delegates controllers to a user's engine.
const DELEGATE: &str = "add `[Service]` with `Delegate=yes` to /etc/systemd/system/user@.service.d/delegate.conf, then \
                        `sudo systemctl daemon-reload`, and log in again";

/// The facts on the engine.
pub(super) struct Engine {
    /// The facts, when other questions to it are worth asking.
    pub(super) facts: Option<Facts>,
    /// Where containers run.
    pub(super) site: Site,
    /// The client's name, which is the group of the checks.
    pub(super) group: &'static str,
    pub(super) checks: Vec<Check>,
}

impl Engine {
    fn silent(group: &'static str, checks: Vec<Check>) -> Self {
        Engine { facts: None, site: Site::Here, group, checks }
    }
}

/// Asks the engine that kind uses.
pub(super) async fn look(budget: Option<u64>, limit: Duration) -> Engine {
    let client = match engine::client().await {
        Ok(client) => client,
        Err(stop) => return Engine::silent("engine", report::stopped("engine", &stop)),
    };
    let group = client.program;
    let facts = match info(client, limit).await {
        Ok(facts) => facts,
        Err(check) => return Engine::silent(group, vec![*check]),
    };
    let remote = match facts.context.as_deref() {
        // The default one is this machine's socket.
        None | Some("default") if client.engine != engine::Engine::Podman => {
            Endpoint::by_variable(client)
        }
        _ => tokio::time::timeout(limit, Endpoint::of(client)).await.ok(),
    };
    let remote = remote.and_then(|endpoint| endpoint.remote().map(str::to_owned));
    let site = facts.site(remote.as_deref());
    let mut checks = vec![Check::ok(group, "engine", &facts.version)];
    checks.extend(place(group, &site));
    checks.push(memory(client, &facts, budget));
    checks.extend(cgroups(group, &facts));
    Engine { facts: Some(facts), site, group, checks }
}

async fn info(client: Client, limit: Duration) -> Result<Facts, Box<Check>> {
    let group = client.program;
    let failed = |code, detail: String| Check::failed(group, "engine", code, detail);
    let arguments = ["info", "--format", "{{json .}}"];
    let output = match process::output(client.program, &arguments, limit).await {
        Ok(output) => output,
        Err(stop) if stop.status == Status::Unfinished => {
            let check = failed(NO_ANSWER, late(&format!("{client} info"), limit));
            let hint =
                format!("the engine is busy or hangs; if `{client} info` does not end, restart it");
            return Err(Box::new(check.hint(hint)));
        }
        Err(stop) => return Err(Box::new(missing(client, &stop))),
    };
    let info: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let facts = Facts::read(client.engine, &info);
    if facts.version.is_empty() {
        let why =
            if output.stderr.is_empty() { text(&info, "/ServerErrors/0") } else { &output.stderr };
        let check = failed(client.codes().stopped, process::tail(why));
        return Err(Box::new(check.hint(client.start())));
    }
    Ok(facts)
}

fn missing(client: Client, stop: &Stop) -> Check {
    let check = Check::failed(client.program, "engine", client.codes().missing, stop.reason());
    let name = if client.program == "docker" { "Docker" } else { client.program };
    check.hint(format!("install {name}, and see that `{client}` is in PATH"))
}

/// A Kind cluster publishes its API server on the loopback interface of the engine's machine.
fn place(group: &'static str, site: &Site) -> Option<Check> {
    match site {
        Site::Here => None,
        Site::Inside(machine) => {
            Some(Check::ok(group, "place", format!("containers run in {machine}")))
        }
        Site::Remote(host) => {
            let detail = format!(
                "containers would run on {host}, whose loopback interface has the cluster's ports and API server"
            );
            let check = Check::failed(group, "place", "remote-engine", detail);
            Some(check.hint(
                "use this machine's engine (`docker context use default`, unset DOCKER_HOST and CONTAINER_HOST), \
                 run kind-cluster there, or forward the ports and add `--ignore remote-engine`",
            ))
        }
    }
}

fn memory(client: Client, facts: &Facts, budget: Option<u64>) -> Check {
    let group = client.program;
    let shown = show(facts.memory);
    match budget {
        Some(budget) if facts.memory < budget => {
            let detail =
                format!("the engine has {shown}, and the cluster's budget is {}", show(budget));
            let check = Check::failed(group, "memory", client.codes().memory, detail);
            check.hint(match client.engine {
                engine::Engine::Podman => "give its machine more memory (`podman machine set --memory`), or deploy on a larger machine",
                _ => "give the engine more memory (Docker Desktop: Settings, Resources), or deploy on a larger machine",
            })
        }
        Some(budget) => {
            Check::ok(group, "memory", format!("{shown} for a budget of {}", show(budget)))
        }
        None => {
            let detail = format!("{shown}; no budget is known");
            Check::warning(group, "memory", "budget-unknown", detail)
                .hint("name the specification with --spec")
        }
    }
}

fn cgroups(group: &'static str, facts: &Facts) -> Vec<Check> {
    let version = format!("v{}", facts.cgroups);
    let mut checks = vec![match (facts.cgroups.as_str(), facts.rootless) {
        ("2", _) => Check::ok(group, "cgroups", "v2"),
        (_, true) => Check::failed(group, "cgroups", "rootless-cgroup-v1", version).hint(
            "kind needs cgroups v2 for a rootless engine; start the kernel with systemd.unified_cgroup_hierarchy=1",
        ),
        (_, false) => Check::warning(group, "cgroups", "cgroup-v1", version)
            .hint("Kubernetes is leaving cgroups v1; start the kernel with systemd.unified_cgroup_hierarchy=1"),
    }];
    let limits = facts.limits;
    checks.push(if facts.rootless {
        let all = [("memory", limits.memory), ("pids", limits.processes), ("cpu", limits.cpu)];
        let lacking: Vec<&str> =
            all.into_iter().filter(|(_, can)| !can).map(|(name, _)| name).collect();
        if lacking.is_empty() {
            Check::ok(group, "delegation", "memory, pids and cpu are delegated to this user")
        } else {
            let detail = format!(
                "the rootless engine has no controller for {}: it is not delegated to this user",
                lacking.join(", ")
            );
            Check::failed(group, "delegation", "cgroup-delegation", detail).hint(DELEGATE)
        }
    } else if limits.memory {
        Check::ok(group, "memory limits", "enforced")
    } else {
        let detail = "this kernel's cgroups do not limit memory";
        Check::failed(group, "memory limits", "cgroup-memory", detail)
            .hint("enable the memory controller: nodes cannot be capped to the budget without it")
    });
    checks
}
