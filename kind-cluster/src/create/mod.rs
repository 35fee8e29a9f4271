//! The cluster, brought to what its configuration says: made when there is none, repaired where
//! that is possible, and where it is not, what differs is said.

pub(crate) mod components;
pub(crate) mod config;
mod drift;
mod lock;
mod source;

pub(crate) use source::chain;

use std::time::{Duration, Instant};

use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::stop::Stop;
use serde_json::Value;

use crate::budget::{self, Budget};
use crate::cli::{self, Shared};
use crate::cluster::{Cluster, context_of, kubeconfig};
use crate::deploy::display;
use crate::nodes::{self, Node};
use crate::object::name;
use crate::readiness::{State, World, assess};
use crate::report::{self, Check};
use crate::{places, preflight, process, turn};
use config::KindConfig;

/// How often nodes are asked whether they are ready.
const PAUSE: Duration = Duration::from_millis(500);

/// `create`.
pub(crate) async fn run(shared: &Shared, options: &cli::Create) -> Result<Status, Stop> {
    let deadline = Instant::now() + shared.timeout;
    let config = KindConfig::read(&places::kind_config(shared.kind_config.as_deref())?)?;
    let budget = budget::read(shared.spec.as_deref(), config.name())?;
    // A lock that does not fit is found before anything is made.
    let components = match options.no_components {
        true => Vec::new(),
        false => components::read(options)?,
    };
    let _turn = match shared.dry_run {
        true => None,
        false => Some(turn::take(&shared.name, "create", deadline).await?),
    };
    let mut work = Work { shared, checks: Vec::new() };
    let mut nodes = nodes::of(&shared.name).await?;
    if !nodes.is_empty() {
        nodes = work.start(nodes).await?;
        if !shared.dry_run && half_made(&nodes).await? {
            work.delete_half_made().await?;
            nodes.clear();
        }
    }
    let files = components::fetch(&components, options, shared.dry_run).await?;
    if nodes.is_empty() {
        preflight::require(shared).await?;
        work.create(&config, budget).await?;
        if shared.dry_run {
            work.plan_rest(&config, budget, &components);
            return report::publish("create", &work.checks, shared.format);
        }
        nodes = nodes::of(&shared.name).await?;
    } else {
        work.done("cluster", &shared.name, "exists");
    }
    work.checks.extend(drift::of_nodes(&config, &nodes));
    work.cap(&nodes, budget).await?;
    if shared.dry_run {
        work.plan_rest(&config, budget, &components);
        return report::publish("create", &work.checks, shared.format);
    }
    work.kubeconfig().await?;
    let cluster = connect(&shared.name, deadline).await?;
    work.ready(&cluster, nodes.len(), deadline).await?;
    work.checks.extend(drift::of_networks(&config, &cluster).await?);
    for (component, file) in components.iter().zip(&files) {
        components::install(&cluster, component, file, shared, deadline).await?;
        work.done("components", component.name(), &format!("{} is ready", component.version()));
    }
    report::publish("create", &work.checks, shared.format)
}

/// What has been done, in the order of doing.
struct Work<'a> {
    shared: &'a Shared,
    checks: Vec<Check>,
}

impl Work<'_> {
    fn done(&mut self, group: &'static str, name: &str, detail: &str) {
        self.checks.push(Check::ok(group, name, detail));
    }

    /// Starts the nodes that were stopped, as a restart of the machine leaves them.
    async fn start(&mut self, nodes: Vec<Node>) -> Result<Vec<Node>, Stop> {
        let stopped: Vec<&str> =
            nodes.iter().filter(|n| !n.running).map(|n| n.name.as_str()).collect();
        if stopped.is_empty() {
            return Ok(nodes);
        }
        for node in &stopped {
            self.done("nodes", node, if self.shared.dry_run { "to be started" } else { "started" });
        }
        if self.shared.dry_run {
            return Ok(nodes);
        }
        let arguments = [&["start"], stopped.as_slice()].concat();
        process::succeed("docker", &arguments, self.shared.timeout).await?;
        nodes::of(&self.shared.name).await
    }

    async fn delete_half_made(&mut self) -> Result<(), Stop> {
        let name = &self.shared.name;
        display::line("an earlier creation did not get as far as a control plane; its nodes go");
        let arguments = ["delete", "cluster", "--name", name];
        process::succeed("kind", &arguments, self.shared.timeout).await?;
        self.done("cluster", name, "half-made nodes deleted");
        Ok(())
    }

    async fn create(&mut self, config: &KindConfig, budget: Option<Budget>) -> Result<(), Stop> {
        let name = &self.shared.name;
        if self.shared.dry_run {
            let nodes = config.roles().len();
            self.done("cluster", name, &format!("to be created with {nodes} nodes"));
            return Ok(());
        }
        display::line(&format!("creating the cluster {name}"));
        let memory = engine_memory().await?;
        let text = config.with_reservations(budget, memory);
        // kind would make the new context the current one: it writes to a file of its own.
        let folder = tempfile::tempdir().map_err(|error| {
            Stop::bad("temporary-folder", format!("no temporary folder: {error}"))
        })?;
        let own = folder.path().join("kubeconfig").display().to_string();
        // Its wait looks at the control plane only, and succeeds when it runs out.
        let arguments = [
            "create",
            "cluster",
            "--name",
            name,
            "--config",
            "-",
            "--kubeconfig",
            &own,
            "--wait",
            "0s",
        ];
        let limit = self.shared.timeout;
        let output = process::with_input("kind", &arguments, Some(text.as_bytes()), limit).await?;
        if !output.success {
            let message = format!("kind could not create {name}: {}", output.complaint());
            return Err(Stop::new(
                Status::Unfinished,
                Diagnostic::error("create-failed", message)
                    .hint("run `kind-cluster create` again once the cause is gone; it deletes what is half-made"),
            ));
        }
        self.done("cluster", name, "created");
        Ok(())
    }

    /// Caps each node's memory, because the scheduler goes by what nodes report.
    async fn cap(&mut self, nodes: &[Node], budget: Option<Budget>) -> Result<(), Stop> {
        let Some(budget) = budget else {
            self.checks.push(
                Check::warning(
                    "nodes",
                    "memory",
                    "budget-unknown",
                    "no budget: nodes are not capped",
                )
                .hint("name the specification with --spec"),
            );
            return Ok(());
        };
        let shares = nodes::shares(nodes, budget.total, budget.reserved);
        for node in nodes {
            let share = shares[&node.name];
            let shown = crate::quantity::shown(share);
            if node.memory == share {
                self.done("nodes", &node.name, &format!("capped at {shown}"));
                continue;
            }
            if !self.shared.dry_run {
                let bytes = share.to_string();
                let arguments = ["update", "--memory", &bytes, "--memory-swap", &bytes, &node.name];
                process::succeed("docker", &arguments, nodes::QUESTION).await?;
            }
            let word = if self.shared.dry_run { "to be capped" } else { "now capped" };
            self.done("nodes", &node.name, &format!("{word} at {shown}"));
        }
        Ok(())
    }

    async fn kubeconfig(&mut self) -> Result<(), Stop> {
        let name = &self.shared.name;
        let arguments = ["get", "kubeconfig", "--name", name];
        let text = process::succeed("kind", &arguments, nodes::QUESTION).await?;
        kubeconfig::add(name, &text)?;
        self.done("cluster", &context_of(name), "in the kubeconfig; the current context stays");
        Ok(())
    }

    /// Waits until every node, not only the control plane, is Ready.
    async fn ready(
        &mut self,
        cluster: &Cluster,
        count: usize,
        deadline: Instant,
    ) -> Result<(), Stop> {
        let world = World::default();
        let mut said = String::new();
        loop {
            let nodes = cluster.list("v1", "Node", "").await?;
            let waiting: Vec<String> = nodes
                .iter()
                .map(|node| (node, assess(node, &world)))
                .filter(|(_, state)| *state != State::Ready)
                .map(|(node, state)| format!("{}: {}", name(node), state.reason()))
                .collect();
            if waiting.is_empty() && nodes.len() >= count {
                self.done("nodes", "ready", &format!("all {} are Ready", nodes.len()));
                return Ok(());
            }
            let what = match waiting.is_empty() {
                true => format!("{} of {count} nodes have joined", nodes.len()),
                false => waiting.join("; "),
            };
            if Instant::now() >= deadline {
                let message = format!("not every node is Ready: {what}");
                return Err(Stop::new(
                    Status::Unfinished,
                    Diagnostic::error("nodes-not-ready", message)
                        .hint("`docker logs NODE` shows its start; --timeout gives more time"),
                ));
            }
            if what != said {
                display::line(&format!("waiting for nodes: {what}"));
                said = what;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// What a dry run cannot look at, because it is not there yet.
    fn plan_rest(
        &mut self,
        config: &KindConfig,
        budget: Option<Budget>,
        components: &[components::Component],
    ) {
        if let Some(budget) = budget.filter(|_| self.checks.iter().all(|c| c.group != "nodes")) {
            for (node, bytes) in config.shares(budget) {
                let detail = format!("to be capped at {}", crate::quantity::shown(bytes));
                self.done("nodes", &node, &detail);
            }
        }
        for component in components {
            for file in component.files() {
                let detail = format!("to be applied from {file}");
                self.done("components", component.name(), &detail);
            }
        }
    }
}

/// Whether a creation ended before its control plane was made: then no object was ever stored.
async fn half_made(nodes: &[Node]) -> Result<bool, Stop> {
    let Some(plane) = nodes.iter().find(|node| node.is_control_plane()) else { return Ok(true) };
    let arguments = ["exec", &plane.name, "test", "-e", "/etc/kubernetes/admin.conf"];
    let output = process::output("docker", &arguments, nodes::QUESTION).await?;
    if output.success {
        return Ok(false);
    }
    // Only the test's own answer counts: nothing is deleted because a question failed.
    if output.stderr.trim().is_empty() {
        return Ok(true);
    }
    Err(process::failed("docker", &arguments, &output))
}

/// A control plane that was just started takes a moment to answer.
async fn connect(name: &str, deadline: Instant) -> Result<Cluster, Stop> {
    loop {
        match Cluster::connect(name).await {
            Err(stop) if stop.status == Status::Unfinished && Instant::now() < deadline => {
                tokio::time::sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}

/// Bytes of memory that nodes will report as theirs.
async fn engine_memory() -> Result<u64, Stop> {
    let arguments = ["info", "--format", "{{json .}}"];
    let text = process::succeed("docker", &arguments, nodes::QUESTION).await?;
    let info: Value = serde_json::from_str(&text).unwrap_or_default();
    Ok(info["MemTotal"].as_u64().unwrap_or_default())
}

/// What differs between the configuration and a cluster that exists, without changing anything.
///
/// # Errors
/// The configuration cannot be read, or Docker does not answer.
pub(crate) async fn differences(shared: &Shared) -> Result<Vec<Check>, Stop> {
    let config = KindConfig::read(&places::kind_config(shared.kind_config.as_deref())?)?;
    let nodes = nodes::of(&shared.name).await?;
    if nodes.is_empty() {
        return Ok(vec![
            Check::failed("cluster", &shared.name, "no-cluster", "there is no such cluster")
                .hint("`kind-cluster create` makes it"),
        ]);
    }
    let mut checks = drift::of_nodes(&config, &nodes);
    if let Some(budget) = budget::read(shared.spec.as_deref(), config.name())? {
        let shares = nodes::shares(&nodes, budget.total, budget.reserved);
        for node in nodes.iter().filter(|node| node.memory != shares[&node.name]) {
            checks.push(
                Check::failed("nodes", &node.name, "not-capped", "its memory cap is not its share")
                    .hint("`kind-cluster create` sets it"),
            );
        }
    }
    Ok(checks)
}
