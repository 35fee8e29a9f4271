//! Keys that belong to Compose alone. Compose-gen warns of keys of a service; this is for keys that it
//! takes without a word.

use super::Import;
use super::tree::{Fate, Tree};
use crate::model::names::label;

/// Says it in the report.
pub(super) fn settle(import: &mut Import) {
    let root = &mut import.project.root;
    if let Some(networks) = root.get_mut("networks") {
        everywhere(networks, "in Compose only: a cluster has one network");
    }
    let volumes = root.get_mut("volumes").into_iter().flat_map(Tree::members_mut);
    for (name, volume) in volumes {
        let claim = label(name);
        if claim != *name {
            volume.say(Fate::Carried, format!("its claim is {claim}"));
        }
        for (_, own) in volume.members_mut().filter(|(key, _)| !key.starts_with("x-")) {
            everywhere(own, "in Compose only: a cluster makes a claim");
        }
    }
    let services = root.get_mut("services").into_iter().flat_map(Tree::members_mut);
    services.for_each(|(_, service)| self::service(service));
}

fn service(service: &mut Tree) {
    if let Some(build) = service.get_mut("build") {
        everywhere(build, "in Compose only: a cluster takes the image");
    }
    if let Some(networks) = service.get_mut("networks") {
        networks.say(Fate::Carried, "aliases on both sides, the rest in Compose only");
    }
    for port in service.get_mut("ports").into_iter().flat_map(Tree::items_mut) {
        for key in ["published", "host_ip"] {
            let own = port.get_mut(key).into_iter();
            own.for_each(|own| own.say(Fate::Carried, "in Compose only; see x-routes"));
        }
    }
}

fn everywhere(tree: &mut Tree, why: &str) {
    tree.say(Fate::Carried, why);
    tree.members_mut().for_each(|(_, own)| everywhere(own, why));
}
