//! The cluster, brought to what its configuration says: made when there is none, made anew when an
//! earlier creation was interrupted and nothing can be lost, and otherwise what differs is said.

mod cache;
pub(crate) mod components;
pub(crate) mod config;
mod drift;
mod lock;
mod made;
mod source;
mod trust;

use std::time::{Duration, Instant};

use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::quantity;
use common::retry::poll;
use common::stop::Stop;
use serde_json::Value;

use crate::budget::{self, Budget};
use crate::cli::{self, Shared};
use crate::cluster::{Cluster, context_of, kubeconfig};
use crate::deploy::display;
use crate::engine::Record;
use crate::engine::facts::Facts;
use crate::nodes::{self, Node};
use crate::object::name;
use crate::readiness::{State, World, assess};
use crate::report::{self, Check};
use crate::{engine, places, preflight, process, teardown, turn};
use cache::Cache;
use config::KindConfig;
use made::HalfMade;

/// How long an API server that should be running may keep silent, such as after a restart of the
/// machine.
const PATIENCE: Duration = Duration::from_secs(60);

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
    let authorities = trust::read(&options.ca_file)?;
    // A cluster that another run is still making looks half-made to a dry run, too.
    let _turn = match shared.dry_run() {
        true => {
            turn::look(&shared.name)?;
            None
        }
        false => Some(turn::take(&shared.name, "create", deadline).await?),
    };
    let mut work = Work { shared, checks: Vec::new(), deadline, started: false, capped: false };
    let mut nodes = work.start(nodes::of(&shared.name).await?).await?;
    let half_made = match nodes.is_empty() {
        true => {
            // A second cluster of the name would take the first one's context.
            for place in nodes::refuse_unproved(&shared.name).await? {
                display::line(&format!("{place} has not said whether it has {}", shared.name));
            }
            None
        }
        false => work.half_made(&config, &nodes, options.recreate).await?,
    };
    if let Some(half_made) = &half_made {
        half_made.may_go(&shared.name, options.recreate)?;
    }
    let make = nodes.is_empty() || half_made.is_some();
    // Every obstacle to the new cluster is found before the old one goes.
    if make {
        preflight::require(shared, &components, &options.ignore).await?;
    }
    let files = components::fetch(&components, options, shared.dry_run()).await?;
    if let Some(half_made) = &half_made {
        work.delete(half_made).await?;
        nodes.clear();
    }
    if make {
        work.create(&config, budget).await?;
        if shared.dry_run() {
            work.plan_rest(&config, budget, &components, options, &authorities);
            return report::publish("create", &work.checks, shared.format);
        }
        nodes = nodes::of(&shared.name).await?;
    } else {
        work.done("cluster", &shared.name, "exists");
    }
    work.checks.extend(drift::of_nodes(&config, &shared.name, &nodes));
    work.cap(&nodes, budget).await?;
    if shared.dry_run() {
        work.plan_rest(&config, budget, &components, options, &authorities);
        return report::publish("create", &work.checks, shared.format);
    }
    work.trust(&authorities, &nodes).await?;
    work.caches(options, &authorities, &nodes).await?;
    let kubeconfig = work.kubeconfig().await?;
    // kind's own file is always whole; the user's is open to other programs.
    let cluster = connect(&shared.name, Some(&kubeconfig), deadline).await?;
    work.ready(&cluster, &nodes).await?;
    work.checks.extend(drift::of_networks(&config, &cluster).await?);
    work.checks.extend(drift::of_objects(&config, &shared.name, &cluster).await?);
    if let Some(version) = cluster.version().await? {
        work.checks.extend(components::skew(&components, version));
    }
    for (index, (component, file)) in components.iter().zip(&files).enumerate() {
        let (name, version, count) = (component.name(), component.version(), components.len());
        display::line(&format!("installing {name} {version} ({} of {count})", index + 1));
        components::install(&cluster, component, file, shared, deadline).await?;
        work.done("components", component.name(), &format!("{} is ready", component.version()));
    }
    report::publish("create", &work.checks, shared.format)
}

/// The finished steps, in order.
struct Work<'a> {
    shared: &'a Shared,
    checks: Vec<Check>,
    deadline: Instant,
    /// Whether nodes that were stopped have been started.
    started: bool,
    /// Whether the nodes' memory has been looked at.
    capped: bool,
}

impl Work<'_> {
    /// The time that is left.
    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

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
    async fn half_made(
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

    async fn delete(&mut self, half_made: &HalfMade) -> Result<(), Stop> {
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

    async fn create(&mut self, config: &KindConfig, budget: Option<Budget>) -> Result<(), Stop> {
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
    async fn cap(&mut self, nodes: &[Node], budget: Option<Budget>) -> Result<(), Stop> {
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
    async fn trust(
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
    async fn caches(
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

    async fn kubeconfig(&mut self) -> Result<String, Stop> {
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
    async fn ready(&mut self, cluster: &Cluster, containers: &[Node]) -> Result<(), Stop> {
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
    fn plan_rest(
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

/// The condition that the nodes still lack; `None` when every one is Ready.
async fn unready(cluster: &Cluster, containers: &[Node]) -> Result<Option<String>, Stop> {
    let mut nodes = cluster.list("v1", "Node", "").await?;
    // One whose container is gone never becomes Ready; it is drift.
    nodes.retain(|node| containers.iter().any(|known| known.name == name(node)));
    let states = nodes.iter().map(|node| (node, assess(node, &World::default())));
    let waiting: Vec<String> = states
        .filter(|(_, state)| *state != State::Ready)
        .map(|(node, state)| format!("{}: {}", name(node), state.reason()))
        .collect();
    let (joined, all) = (nodes.len(), containers.len());
    Ok(match waiting.is_empty() {
        false => Some(waiting.join("; ")),
        true => (joined < all).then(|| format!("{joined} of {all} nodes have joined")),
    })
}

/// A control plane that was just started takes a moment to answer.
async fn connect(name: &str, kubeconfig: Option<&str>, deadline: Instant) -> Result<Cluster, Stop> {
    let is_silent = |answer: &Result<Cluster, Stop>| {
        answer.as_ref().is_err_and(|stop| stop.status == Status::Unfinished)
    };
    poll(deadline, is_silent, async || Cluster::connect_by(name, kubeconfig).await).await
}

/// Bytes of memory that nodes will report as theirs.
async fn engine_memory() -> Result<u64, Stop> {
    let arguments = ["info", "--format", "{{json .}}"];
    let text = engine::succeed(&arguments, nodes::QUESTION).await?;
    let info: Value = serde_json::from_str(&text).unwrap_or_default();
    Ok(Facts::read(engine::client().await?.engine, &info).memory)
}

/// Differences between the configuration and an existing cluster, without changing anything.
pub(crate) async fn differences(shared: &Shared) -> Result<Vec<Check>, Stop> {
    let config = KindConfig::read(&places::kind_config(shared.kind_config.as_deref())?)?;
    let nodes = nodes::of(&shared.name).await?;
    if nodes.is_empty() {
        return Ok(report::stopped("cluster", &nodes::missing(&shared.name).await));
    }
    let mut checks = drift::of_nodes(&config, &shared.name, &nodes);
    if let Some(budget) = budget::read(shared.spec.as_deref(), config.name())? {
        let shares = nodes::shares(&nodes, budget.total, budget.reserved);
        for node in nodes.iter().filter(|node| node.memory != shares[&node.name]) {
            let detail = "its memory cap is not its share of the budget";
            let check = Check::failed("nodes", &node.name, "not-capped", detail);
            checks.push(check.hint("`kind-cluster create` sets it"));
        }
    }
    // Without an API server its part is left to whoever says that there is none.
    if let Ok(cluster) = Cluster::connect(&shared.name).await {
        checks.extend(drift::of_objects(&config, &shared.name, &cluster).await?);
        if let Some(version) = cluster.version().await? {
            let file = places::components(None).and_then(|path| components::from_file(&path));
            checks.extend(components::skew(&file.unwrap_or_default(), version));
            if config.kubernetes().is_none() {
                checks.extend(preflight::kubectl_skew(version).await);
            }
        }
    }
    Ok(checks)
}
