//! The steps that make a cluster, each with what it reports.

use std::time::{Duration, Instant};

use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::quantity;
use common::retry::poll;
use common::stop::Stop;
use serde_json::Value;

use super::cache::{self, Cache};
use super::config::KindConfig;
use super::made::{self, HalfMade};
use super::ready::{connect, unready};
use super::{components, trust};
use crate::budget::Budget;
use crate::cli::{self, Shared};
use crate::cluster::{Cluster, context_of, kubeconfig};
use crate::deploy::display;
use crate::engine::facts::Facts;
use crate::engine::{self, Record};
use crate::nodes::{self, Node};
use crate::report::Check;
use crate::{process, teardown};

/// How long an API server that should be running may keep silent, such as after a restart of the
/// machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The finished steps, in order.
pub(super) struct Work<'a> {
    shared: &'a Shared,
    pub(super) checks: Vec<Check>,
    deadline: Instant,
    /// Whether nodes that were stopped have been started.
    started: bool,
    /// Whether the nodes' memory has been looked at.
    capped: bool,
}

impl<'a> Work<'a> {
    pub(super) fn new(shared: &'a Shared, deadline: Instant) -> Self {
        Work { shared, checks: Vec::new(), deadline, started: false, capped: false }
    }

    /// The time that is left.
    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    pub(super) fn done(&mut self, group: &'static str, name: &str, detail: &str) {
        self.checks.push(Check::ok(group, name, detail));
    }

    /// Starts the nodes that were stopped, as a restart of the machine leaves them.
    pub(super) async fn start(&mut self, nodes: Vec<Node>) -> Result<Vec<Node>, Stop> {
        let stopped: Vec<&str> =
            nodes.iter().filter(|n| !n.running).map(|n| n.name.as_str()).collect();
        if stopped.is_empty() {
            return Ok(nodes);
        }
        for node in &stopped {
            self.done(
                "nodes",
                node,
                if self.shared.dry_run() { "to be started" } else { "started" },
            );
        }
        if self.shared.dry_run() {
            return Ok(nodes);
        }
        let arguments = [&["start"], stopped.as_slice()].concat();
        engine::succeed(&arguments, self.left()).await?;
        self.started = true;
        nodes::of(&self.shared.name).await
    }

    /// The unfinished part of an earlier creation; `None` when nothing is.
    pub(super) async fn half_made(
        &mut self,
        config: &KindConfig,
        nodes: &[Node],
        recreate: bool,
    ) -> Result<Option<HalfMade>, Stop> {
        if self.shared.dry_run() && nodes.iter().any(|node| !node.running) {
            let detail = "it is checked for completeness when its nodes run";
            self.checks.push(Check::skipped("cluster", &self.shared.name, detail));
            return Ok(None);
        }
        if let Some(half_made) = made::by_nodes(nodes).await? {
            return Ok(Some(half_made));
        }
        // The user's kubeconfig may not have the context yet.
        let text = nodes::kubeconfig(&self.shared.name).await?;
        // Nodes that were just started take their time, and others have had it.
        let soon = self.deadline.min(Instant::now() + PATIENCE);
        let patience = if self.started { self.deadline } else { soon };
        let cluster = match connect(&self.shared.name, Some(&text), patience).await {
            Ok(cluster) => cluster,
            Err(stop) if recreate && stop.status == Status::Unfinished => {
                return Ok(Some(made::silent(nodes).await));
            }
            Err(mut stop) => {
                let message = "it is unknown whether the cluster is complete";
                let hint = "if its creation was interrupted, `kind-cluster create --recreate` creates it again";
                stop.report.push(Diagnostic::error("half-made-unknown", message).hint(hint));
                return Err(stop);
            }
        };
        made::by_api(config, nodes, &cluster).await
    }

    pub(super) async fn delete(&mut self, half_made: &HalfMade) -> Result<(), Stop> {
        let name = &self.shared.name;
        let why = half_made.why();
        if self.shared.dry_run() {
            self.done("cluster", name, &format!("incomplete, to be deleted: {why}"));
            return Ok(());
        }
        display::line(&format!("an earlier creation was not finished: {why}"));
        teardown::delete(self.shared).await?;
        self.done("cluster", name, &format!("incomplete, deleted: {why}"));
        Ok(())
    }

    pub(super) async fn create(
        &mut self,
        config: &KindConfig,
        budget: Option<Budget>,
    ) -> Result<(), Stop> {
        let name = &self.shared.name;
        if self.shared.dry_run() {
            let nodes = config.roles().len();
            self.done("cluster", name, &format!("to be created with {nodes} nodes"));
            return Ok(());
        }
        display::line(&format!("creating the cluster {name}"));
        let memory = engine_memory().await?;
        let text = config.with_reservations(budget, memory);
        // kind would make the new context the current one: it writes to a file of its own.
        let folder = process::folder()?;
        let kubeconfig = folder.path().join("kubeconfig").display().to_string();
        // Its wait looks at the control plane only, and succeeds when it runs out.
        let arguments = [
            "create",
            "cluster",
            "--name",
            name,
            "--config",
            "-",
            "--kubeconfig",
            &kubeconfig,
            "--wait",
            "0s",
        ];
        let limit = self.left();
        let kind = process::with_input("kind", &arguments, Some(text.as_bytes()), limit);
        let output = display::during(&format!("creating the cluster {name}"), kind).await?;
        if !output.success {
            let message = format!("kind could not create {name}: {}", output.complaint());
            return Err(Stop::unfinished("create-failed", message).hint("remove the cause, and run `kind-cluster create` again; it replaces an incomplete cluster without data"));
        }
        self.done("cluster", name, "created");
        Ok(())
    }

    /// Caps each node's memory, because the scheduler goes by what nodes report.
    pub(super) async fn cap(&mut self, nodes: &[Node], budget: Option<Budget>) -> Result<(), Stop> {
        self.capped = true;
        let Some(budget) = budget else {
            let detail = "no budget: nodes are not capped";
            let check = Check::warning("nodes", "memory", "budget-unknown", detail);
            self.checks.push(check.hint("name the specification with --spec"));
            return Ok(());
        };
        let shares = nodes::shares(nodes, budget.total, budget.reserved);
        for node in nodes {
            let share = shares[&node.name];
            let shown = quantity::show(share);
            if node.memory == share {
                self.done("nodes", &node.name, &format!("capped at {shown}"));
                continue;
            }
            if !self.shared.dry_run() {
                let bytes = share.to_string();
                let arguments = ["update", "--memory", &bytes, "--memory-swap", &bytes, &node.name];
                engine::succeed(&arguments, nodes::QUESTION).await?;
            }
            let word = if self.shared.dry_run() { "to be capped" } else { "now capped" };
            self.done("nodes", &node.name, &format!("{word} at {shown}"));
        }
        Ok(())
    }

    /// Makes every node trust the authorities.
    pub(super) async fn trust(
        &mut self,
        authorities: &[trust::Authority],
        nodes: &[Node],
    ) -> Result<(), Stop> {
        for authority in authorities {
            let mut new = Vec::new();
            for node in nodes {
                if trust::install(authority, node, self.left()).await? {
                    new.push(node.name.as_str());
                }
            }
            let detail = match new.is_empty() {
                true => "trusted by every node".to_owned(),
                false => format!("now trusted by {}", new.join(", ")),
            };
            self.done("certificates", &authority.path.display().to_string(), &detail);
        }
        Ok(())
    }

    /// Brings up the registries' caches, and has every node ask them.
    pub(super) async fn caches(
        &mut self,
        options: &cli::Create,
        authorities: &[trust::Authority],
        nodes: &[Node],
    ) -> Result<(), Stop> {
        for registry in &options.registry_cache {
            let cache = Cache { registry: registry.clone() };
            let raise = cache.raise(&options.registry_cache_image, authorities, self.left());
            let came = display::during(&format!("raising the cache of {registry}"), raise).await?;
            let mut refusing = Vec::new();
            for node in nodes {
                if !cache.use_on(node, self.left()).await? {
                    refusing.push(node.name.as_str());
                }
            }
            self.tell_cache(&cache, came, &refusing, nodes).await?;
        }
        Ok(())
    }

    /// Says whether a cache serves the nodes. They pull from the registry itself where it does not.
    async fn tell_cache(
        &mut self,
        cache: &Cache,
        came: cache::Came,
        refusing: &[&str],
        nodes: &[Node],
    ) -> Result<(), Stop> {
        let (name, registry) = (cache.name(), &cache.registry);
        let came = format!("{name} {}", came.word());
        if !refusing.is_empty() {
            let detail = format!(
                "{came}, and {} do not ask it: their containerd has mirrors in its configuration",
                refusing.join(", ")
            );
            let check = Check::warning("caches", registry, "cache-unused", detail);
            self.checks.push(check.hint(
                "take `registry.mirrors` out of the configuration's containerdConfigPatches, and create the cluster again",
            ));
            return Ok(());
        }
        let silence = match nodes.first() {
            Some(node) => cache.silence(node, self.deadline).await?,
            None => None,
        };
        let Some(silence) = silence else {
            self.done("caches", registry, &format!("{came}; every node asks it first"));
            return Ok(());
        };
        let detail =
            format!("{came}, and does not answer; nodes ask the registry itself: {silence}");
        let check = Check::warning("caches", registry, "cache-silent", detail);
        self.checks.push(check.hint(
            "a cache starts only while its registry can be reached, behind a company's proxy with --ca-file; \
             then `kind-cluster create` again",
        ));
        Ok(())
    }

    pub(super) async fn kubeconfig(&mut self) -> Result<String, Stop> {
        let name = &self.shared.name;
        let text = nodes::kubeconfig(name).await?;
        self.refuse_foreign_context(&text).await?;
        kubeconfig::add(name, &text)?;
        Record::write(name).await?;
        self.done("cluster", &context_of(name), "in the kubeconfig; the current context stays");
        Ok(text)
    }

    /// The context may be that of a cluster of the same name in another engine.
    async fn refuse_foreign_context(&self, kinds: &str) -> Result<(), Stop> {
        let name = &self.shared.name;
        let (known, new) = (kubeconfig::authority(name), kubeconfig::authority_of(name, kinds));
        if known.is_none() || known == new {
            return Ok(());
        }
        let found = engine::elsewhere(name).await;
        if found.has.is_empty() {
            return Ok(());
        }
        let message = format!(
            "the context {} belongs to the cluster {name} of {}",
            context_of(name),
            found.has.join(", ")
        );
        Err(Stop::no("other-engine", message)
            .hint("two clusters of one name need two kubeconfigs, or one of them another --name"))
    }

    /// Waits until every node, not only the control plane, is Ready.
    pub(super) async fn ready(
        &mut self,
        cluster: &Cluster,
        containers: &[Node],
    ) -> Result<(), Stop> {
        let mut said = String::new();
        let is_waiting = |waiting: &Result<Option<String>, Stop>| matches!(waiting, Ok(Some(_)));
        let waiting = poll(self.deadline, is_waiting, async || {
            let waiting = unready(cluster, containers).await?;
            if let Some(state) = waiting.as_ref().filter(|state| **state != said) {
                display::line(&format!("waiting for nodes: {state}"));
                said.clone_from(state);
            }
            Ok(waiting)
        });
        if let Some(state) = waiting.await? {
            return Err(nodes::not_ready(&state).await);
        }
        self.done("nodes", "ready", &format!("all {} are Ready", containers.len()));
        Ok(())
    }

    /// The steps that a dry run cannot look at, because their cluster is not there yet.
    pub(super) fn plan_rest(
        &mut self,
        config: &KindConfig,
        budget: Option<Budget>,
        components: &[components::Component],
        options: &cli::Create,
        authorities: &[trust::Authority],
    ) {
        if let Some(budget) = budget.filter(|_| !self.capped) {
            for (node, bytes) in config.shares(budget) {
                let detail = format!("to be capped at {}", quantity::show(bytes));
                self.done("nodes", &node, &detail);
            }
        }
        for authority in authorities {
            let path = authority.path.display().to_string();
            self.done("certificates", &path, "to be trusted by every node");
        }
        for registry in &options.registry_cache {
            let cache = Cache { registry: registry.clone() };
            let detail = format!("{} is to run; every node is to ask it first", cache.name());
            self.done("caches", registry, &detail);
        }
        for component in components {
            for file in component.files() {
                let detail = format!("to be applied from {file}");
                self.done("components", component.name(), &detail);
            }
        }
    }
}

/// Bytes of memory that nodes will report as theirs.
async fn engine_memory() -> Result<u64, Stop> {
    let arguments = ["info", "--format", "{{json .}}"];
    let text = engine::succeed(&arguments, nodes::QUESTION).await?;
    let info: Value = serde_json::from_str(&text).unwrap_or_default();
    Ok(Facts::read(engine::client().await?.engine, &info).memory)
}
