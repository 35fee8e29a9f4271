//! Images that the overlay needs and the nodes lack, or have in another state.
//!
//! A name is not an image: one that was built again has the same name. Images that are built here are
//! compared by the digest of their configuration, which containerd calls their id. An engine that keeps
//! images in containerd's store says the digest of the manifest instead, and where a node does not know that
//! one, nothing can be said and the image is loaded again.
//!
//! They are saved to a file first and loaded from there: straight from the engine, kind fails
//! with "content digest not found" where the engine keeps images in containerd's store. Each node is asked
//! afterwards which image it has.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::exit::Status;
use common::stop::Stop;
use serde_json::Value;

use crate::cli::{self, Shared};
use crate::deploy::display;
use crate::engine::{self, Client};
use crate::nodes::{self, Node, NodeImage};
use crate::object::{containers, template, text};
use crate::render;
use crate::report::{self, Check};
use image::{engine_image, full_name};
use transfer::{Arrival, Carrier};

mod archive;
mod image;
mod transfer;

/// Whether the images that the engine has are on the nodes yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loading {
    Planned,
    Done,
}

impl Loading {
    fn word(self) -> &'static str {
        match self {
            Loading::Planned => "to be loaded",
            Loading::Done => "loaded",
        }
    }
}

/// The action for one image that some node lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// The engine has it: it is loaded onto these nodes.
    Load(Vec<String>),
    /// The engine has it, and another one of the same name is on some of these nodes.
    Replace(Vec<String>),
    /// The same, as far as can be told: the engine's store does not say what the nodes say.
    Again(Vec<String>),
    /// A registry has it: the node pulls it itself.
    Pull(Vec<String>),
    /// Nobody has it.
    Nowhere(Vec<String>),
}

impl Lack {
    /// The nodes that it is about.
    fn nodes(&self) -> &[String] {
        match self {
            Lack::Load(on)
            | Lack::Replace(on)
            | Lack::Again(on)
            | Lack::Pull(on)
            | Lack::Nowhere(on) => on,
        }
    }
}

/// The reminder for a new image with an old name.
const RESTART: &str = "pods that run keep the image they have until `kubectl rollout restart`";

/// The facts on one image.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// No registry has it.
    pub(crate) local: bool,
    /// `None` when every node that runs pods has it.
    pub(crate) lack: Option<Lack>,
}

/// `load`.
pub(crate) async fn run(shared: &Shared, options: &cli::Load) -> Result<Status, Stop> {
    let deadline = Instant::now() + shared.timeout;
    let rendered = render::overlay(shared).await?;
    let images = images(&shared.name, &rendered.selected, options).await?;
    let client = engine::client().await?;
    if shared.dry_run() {
        let checks = checks(&images, Loading::Planned, client);
        return report::publish("load", &checks, shared.format);
    }
    let loaded = transfer(shared, &images, deadline).await?;
    let mut checks = checks(&images, Loading::Done, client);
    for check in &mut checks {
        if let Some(arrival) = loaded.get(&check.name) {
            arrival.tell(check);
        }
    }
    let published = report::publish("load", &checks, shared.format)?;
    let is_partial = loaded.values().any(|arrival| !arrival.missing.is_empty());
    Ok(if is_partial { Status::Unfinished } else { published })
}

/// Loads every image that the engine has and some node lacks. An image that cannot be loaded does not
/// hold up the others.
async fn transfer(
    shared: &Shared,
    images: &BTreeMap<String, Image>,
    deadline: Instant,
) -> Result<BTreeMap<String, Arrival>, Stop> {
    let loadable = |found: &Image| match &found.lack {
        Some(Lack::Load(on) | Lack::Replace(on) | Lack::Again(on)) => Some(on.clone()),
        Some(Lack::Pull(_) | Lack::Nowhere(_)) | None => None,
    };
    let todo: Vec<(&String, Vec<String>)> =
        images.iter().filter_map(|(image, found)| Some((image, loadable(found)?))).collect();
    let mut loaded = BTreeMap::new();
    if todo.is_empty() {
        return Ok(loaded);
    }
    let carrier = Carrier::new(&shared.name, deadline).await?;
    let count = todo.len();
    for (index, (image, onto)) in todo.into_iter().enumerate() {
        let nodes = onto.join(", ");
        let step = format!("loading {image} ({} of {count}) onto {nodes}", index + 1);
        display::line(&step);
        let started = Instant::now();
        let arrival = display::during(&step, carrier.carry(image, &onto)).await?;
        let took = common::duration::show(Duration::from_secs(started.elapsed().as_secs()));
        match arrival.missing.is_empty() {
            true => display::line(&format!("loaded {image} in {took}")),
            false => display::line(&format!("{image} has not arrived everywhere after {took}")),
        }
        loaded.insert(image.clone(), arrival);
    }
    Ok(loaded)
}

/// Every image of the objects, and what is to be done where a node lacks it.
pub(crate) async fn images(
    cluster: &str,
    objects: &[Value],
    options: &cli::Load,
) -> Result<BTreeMap<String, Image>, Stop> {
    let nodes = nodes::of(cluster).await?;
    let targets = targets(&nodes);
    if targets.is_empty() {
        return Err(match nodes.is_empty() {
            true => nodes::missing(cluster).await,
            false => Stop::bad("cluster-stopped", format!("no node of {cluster} runs"))
                .hint("`kind-cluster start` starts them"),
        });
    }
    let mut there: BTreeMap<String, Vec<NodeImage>> = BTreeMap::new();
    for node in &targets {
        there.insert(node.clone(), nodes::images(node).await?);
    }
    let mut images = BTreeMap::new();
    for (image, never) in wanted(objects) {
        let local = never || image.starts_with(&options.built_here);
        let lack = lack(&image, local, &there).await?;
        images.insert(image, Image { local, lack });
    }
    Ok(images)
}

async fn lack(
    image: &str,
    local: bool,
    there: &BTreeMap<String, Vec<NodeImage>>,
) -> Result<Option<Lack>, Stop> {
    let full = full_name(image);
    let on = |node: &'_ String| {
        let has = |known: &&NodeImage| known.names.iter().any(|name| full_name(name) == full);
        there[node].iter().find(has)
    };
    let missing: Vec<String> = there.keys().filter(|node| on(node).is_none()).cloned().collect();
    // Of what a registry has, the nodes' own one is as good as the engine's.
    if missing.is_empty() && !local {
        return Ok(None);
    }
    let Some(engine) = engine_image(image).await? else {
        return Ok(match (missing.is_empty(), local) {
            (true, _) => None,
            (false, true) => Some(Lack::Nowhere(missing)),
            (false, false) => Some(Lack::Pull(missing)),
        });
    };
    if !local {
        return Ok(Some(Lack::Load(missing)));
    }
    let same: BTreeMap<&String, Option<bool>> =
        there.keys().filter_map(|node| Some((node, engine.is_same(on(node)?)))).collect();
    // A node that has the right one is left out.
    let onto: Vec<String> =
        there.keys().filter(|node| same.get(node) != Some(&Some(true))).cloned().collect();
    Ok(if onto.is_empty() {
        None
    } else if same.values().any(|same| *same == Some(false)) {
        Some(Lack::Replace(onto))
    } else if same.values().any(Option::is_none) {
        Some(Lack::Again(onto))
    } else {
        Some(Lack::Load(onto))
    })
}

/// One line for each image, failed where nobody has it.
fn checks(images: &BTreeMap<String, Image>, loading: Loading, client: Client) -> Vec<Check> {
    let check = |(image, found): (&String, &Image)| {
        let on = found.lack.as_ref().map(Lack::nodes).unwrap_or_default().join(", ");
        let loaded = format!("{} onto {on}", loading.word());
        let doubtful = |code, why| {
            Check::warning("images", image, code, format!("{loaded}{why}")).hint(RESTART)
        };
        match &found.lack {
            None => Check::ok("images", image, "on every node that runs pods"),
            Some(Lack::Load(_)) => Check::ok("images", image, loaded),
            Some(Lack::Replace(_)) => doubtful("image-stale", ", where another one has its name"),
            Some(Lack::Again(_)) => doubtful(
                "image-unknown",
                "; the two cannot be compared, because the engine keeps \
                 images in containerd's store",
            ),
            Some(Lack::Pull(_)) => Check::ok("images", image, format!("to be pulled by {on}")),
            Some(Lack::Nowhere(_)) => {
                let detail = format!("not on {on}, and not in this machine's engine");
                let hint =
                    format!("build it: `{client} build --tag {image} …`, then `kind-cluster load`");
                Check::failed("images", image, "image-missing", detail).hint(hint)
            }
        }
    };
    images.iter().map(check).collect()
}

/// Workers run the pods; a cluster without any runs them on its control plane.
fn targets(nodes: &[Node]) -> Vec<String> {
    let running: Vec<&Node> = nodes.iter().filter(|node| node.running).collect();
    let workers = running.iter().any(|node| !node.is_control_plane());
    let takes = |node: &&&Node| !workers || !node.is_control_plane();
    running.iter().filter(takes).map(|node| node.name.clone()).collect()
}

/// Every image, and whether some container must find it on the node.
fn wanted(objects: &[Value]) -> BTreeMap<String, bool> {
    let mut wanted = BTreeMap::new();
    for container in objects.iter().filter_map(template).flat_map(containers) {
        let never = text(container, "/imagePullPolicy") == "Never";
        let entry = wanted.entry(text(container, "/image").to_owned()).or_insert(false);
        *entry |= never;
    }
    wanted.remove("");
    wanted
}
