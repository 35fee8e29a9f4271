//! The two sides that the rules of parity compare: services of a Compose project, and the
//! containers that run them in an overlay.

mod hide;
mod image;
mod probe;
mod project;
mod variables;

use std::collections::{HashMap, HashSet};

use common::diagnostic;

use crate::compose::{Project, Service};
use crate::finding::Finding;
use crate::lint::Overlay;
use crate::object::Object;
use crate::tree::Place;
use crate::view::{Container, Role, Workload};

pub(crate) use hide::hide;
pub(crate) use image::Image;
pub(crate) use probe::{of_compose, of_probe};
pub(crate) use project::Compose;
pub(crate) use variables::{Value, Variables};

/// A service and the container that runs it.
pub(crate) struct Pair<'a> {
    pub(crate) compose: &'a Compose<'a>,
    /// The Compose side.
    pub(crate) service: &'a Service,
    pub(crate) workload: Workload<'a>,
    pub(crate) object: &'a Object,
    pub(crate) container: Container<'a>,
}

impl Pair<'_> {
    /// The place for what the container does not have: its name.
    pub(crate) fn place(&self) -> Place {
        self.container.node.get("name").unwrap_or(self.container.node).place()
    }

    /// Says of a finding where Compose has the other side, whose it is, and what to do.
    pub(crate) fn explain<'f>(
        &self,
        finding: &'f mut Finding,
        (theirs, label): (&diagnostic::Place, &str),
        hint: &str,
    ) -> &'f mut Finding {
        finding.also(self.compose.place(theirs), label).about(self.object, hint)
    }
}

/// The services that the overlay runs, each with its container: the container with the service's
/// name, else the only container.
pub(crate) fn pairs<'a>(overlay: &'a Overlay<'_>) -> Vec<Pair<'a>> {
    let Some(compose) = overlay.compose else { return Vec::new() };
    let mut pairs = Vec::new();
    for (service, workload) in matches(overlay, compose.project) {
        let containers = workload.containers();
        let named = containers.iter().find(|container| container.name() == service.name);
        let mut main = containers.iter().filter(|container| container.role == Role::Main);
        let only = main.next().filter(|_| main.next().is_none());
        if let Some(container) = named.or(only) {
            let (object, container) = (workload.object, *container);
            pairs.push(Pair { compose, service, workload, object, container });
        }
    }
    pairs
}

/// The services of the profiles that the overlay deploys, for which it has no workload.
pub(crate) fn missing<'a>(overlay: &Overlay<'_>, project: &'a Project) -> Vec<&'a Service> {
    let present: HashSet<&str> =
        matches(overlay, project).iter().map(|(service, _)| service.name.as_str()).collect();
    // Of each profile: the services that are there, and those that are not. A service of
    // several profiles says little about which of them is deployed.
    let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
    for service in &project.services {
        let profile = match service.profiles.as_slice() {
            [] => "",
            [profile] => profile,
            _ => continue,
        };
        let count = counts.entry(profile).or_default();
        if present.contains(service.name.as_str()) { count.0 += 1 } else { count.1 += 1 }
    }
    let deployed =
        |profile: &str| counts.get(profile).is_some_and(|(is, not)| is > &0 && is >= not);
    // A service of several profiles may be deployed with any of them.
    let due = |service: &Service| match service.profiles.len() {
        0 => deployed(""),
        all => 2 * service.profiles.iter().filter(|profile| deployed(profile)).count() > all,
    };
    let services = project.services.iter();
    services.filter(|service| !present.contains(service.name.as_str()) && due(service)).collect()
}

/// Services and the workloads that run them.
fn matches<'a>(overlay: &'a Overlay<'_>, project: &'a Project) -> Vec<(&'a Service, Workload<'a>)> {
    let services: HashMap<&str, &Service> =
        project.services.iter().map(|service| (service.name.as_str(), service)).collect();
    let mut found = Vec::new();
    let mut labelled: HashMap<&str, Vec<(&Service, Workload<'a>)>> = HashMap::new();
    let mut named = HashSet::new();
    for workload in overlay.workloads() {
        let object = workload.object;
        let names = [object.name(), object.original.name.as_str()];
        let is_job = workload.kind() == "Job";
        let bare = names.into_iter().filter(|_| is_job).filter_map(without_hash);
        if let Some(service) = names.into_iter().chain(bare).find_map(|name| services.get(name)) {
            named.insert(service.name.as_str());
            found.push((*service, workload));
        } else if let Some(label) = object.label("app.kubernetes.io/name")
            && let Some(service) = services.get(label)
        {
            labelled.entry(label).or_default().push((service, workload));
        }
    }
    // The label alone is enough where nothing has the name, and nothing else the label.
    let mut alone: Vec<_> = labelled
        .into_iter()
        .filter(|(label, list)| !named.contains(label) && list.len() == 1)
        .flat_map(|(_, list)| list)
        .collect();
    alone.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    found.extend(alone);
    found
}

/// `seed-7095d971` as `seed`: a Job cannot be changed, so that its name says its content.
fn without_hash(name: &str) -> Option<&str> {
    let (name, hash) = name.rsplit_once('-')?;
    let is_hash = hash.len() >= 8
        && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        && hash.bytes().any(|b| b.is_ascii_digit());
    is_hash.then_some(name)
}

/// Whether the overlay's values may differ from Compose's.
pub(crate) fn names_only(overlay: &Overlay<'_>) -> bool {
    overlay.environment.as_ref().is_some_and(|environment| environment.names_only)
}

/// Whether a variable of a service is said to differ from Compose's in the overlay.
pub(crate) fn is_different(overlay: &Overlay<'_>, service: &str, variable: &str) -> bool {
    let environment = overlay.environment.as_ref();
    environment.is_some_and(|environment| environment.is_different(service, variable))
}
