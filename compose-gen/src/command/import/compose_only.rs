//! Keys that belong to Compose alone. Compose-gen warns of keys of a service; this is for keys that it
//! takes without a word.

use std::collections::BTreeSet;

use super::tree::{Fate, Tree};
use super::{Import, wishes};
use crate::model::names::label;

/// Says it in the report.
pub(super) fn settle(import: &mut Import) {
    let root = &mut import.project.root;
    let (apart, outside) = (apart(root), wishes::publishes(root));
    if let Some(networks) = root.get_mut("networks") {
        for (_, network) in networks.members_mut() {
            isolated(network, apart);
        }
    }
    let volumes = root.get_mut("volumes").into_iter().flat_map(Tree::members_mut);
    for (name, volume) in volumes {
        let claim = label(name);
        if claim != *name {
            volume.say(Fate::Carried, format!("its claim is {claim}"));
        }
        if volume.why.is_empty() {
            volume.say(
                Fate::Carried,
                "a claim, empty at first; Docker copies what the image has there",
            );
        }
        for (key, member) in volume.members_mut().filter(|(key, _)| !key.starts_with("x-")) {
            let why = match key.as_str() {
                // It names the volume itself.
                "name" => "in Compose only: the claim has the volume's name",
                "external" => "in Compose only: the claim is new, and empty",
                "driver_opts" => {
                    "in Compose only: the claim is new, and not what these options name"
                }
                _ => "in Compose only: a cluster makes a claim",
            };
            everywhere(member, why);
        }
    }
    let services = root.get_mut("services").into_iter().flat_map(Tree::members_mut);
    services.for_each(|(_, service)| self::service(service, outside));
}

fn service(service: &mut Tree, outside: bool) {
    if let Some(build) = service.get_mut("build") {
        everywhere(build, "in Compose only: a cluster takes the image");
    }
    devices(service.get_mut("gpus"));
    let deploy = service.get_mut("deploy").and_then(|deploy| deploy.get_mut("resources"));
    devices(deploy.and_then(|resources| resources.get_mut("reservations")?.get_mut("devices")));
    if let Some(networks) = service.get_mut("networks") {
        networks.say(Fate::Carried, "aliases on both sides, the rest in Compose only");
    }
    let ports = service.get_mut("ports").filter(|_| !outside);
    for port in ports.into_iter().flat_map(Tree::items_mut) {
        for key in ["published", "host_ip"] {
            let field = port.get_mut(key).into_iter();
            let why = "in Compose only; see published-ports and x-routes";
            field.for_each(|field| field.say(Fate::ComposeOnly, why));
        }
    }
}

/// A device plugin knows a number of devices and nothing more.
fn devices(list: Option<&mut Tree>) {
    for device in list.into_iter().flat_map(Tree::items_mut) {
        if let Some(options) = device.get_mut("options") {
            everywhere(options, "in Compose only: a device plugin has no options");
        }
    }
}

/// Whether two services of the project have no network in common.
fn apart(root: &Tree) -> bool {
    let services = root.get("services").into_iter().flat_map(Tree::members);
    let networks: Vec<BTreeSet<String>> = services
        .filter(|(_, service)| service.get("network_mode").is_none())
        .map(|(_, service)| {
            let networks = service.get("networks").into_iter();
            let mut names: BTreeSet<String> = networks
                .clone()
                .flat_map(Tree::items)
                .filter_map(|item| item.text().map(str::to_owned))
                .collect();
            names.extend(networks.flat_map(Tree::members).map(|(name, _)| name.to_owned()));
            if names.is_empty() {
                names.insert("default".to_owned());
            }
            names
        })
        .collect();
    networks
        .iter()
        .enumerate()
        .any(|(at, names)| networks[..at].iter().any(|other| names.is_disjoint(other)))
}

/// In a cluster every Pod reaches every other, whatever its networks are.
fn isolated(network: &mut Tree, apart: bool) {
    match apart {
        true => network.say(
            Fate::Changed,
            "in Compose only: in a cluster every Pod reaches every other, unless the environment has \
             network-policies: true",
        ),
        false => network.say(Fate::ComposeOnly, "in Compose only: a cluster has one network"),
    }
    for (key, member) in network.members_mut() {
        match key.as_str() {
            "internal" => {
                let why = "Pods of this network reach the outside, too";
                member.say(Fate::NotCarried, why);
            }
            _ => everywhere(member, "in Compose only: a cluster has one network"),
        }
    }
}

fn everywhere(tree: &mut Tree, why: &str) {
    tree.say(Fate::ComposeOnly, why);
    tree.members_mut().for_each(|(_, member)| everywhere(member, why));
    tree.items_mut().for_each(|item| everywhere(item, why));
}
