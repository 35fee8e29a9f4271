//! Secrets of Compose: Secrets in Kubernetes.

use super::Import;
use super::tree::{Fate, Tree};

/// Reports how each secret is carried.
pub(super) fn settle(import: &mut Import) {
    let root = &mut import.project.root;
    let secrets = root.get_mut("secrets").into_iter().flat_map(Tree::members_mut);
    for (_, secret) in secrets {
        secret.say(Fate::Carried, "a Secret in Kubernetes, where a service uses it");
        let external = secret.get("external").is_some();
        for (key, member) in secret.members_mut() {
            match key.as_str() {
                "name" if !external => {
                    member.say(Fate::ComposeOnly, "a Secret has the names of its service and file");
                }
                "labels" | "driver" | "driver_opts" | "template_driver" => {
                    member.say(Fate::ComposeOnly, "it belongs to the engine");
                }
                _ => {}
            }
        }
    }
    let services = root.get_mut("services").into_iter().flat_map(Tree::members_mut);
    for (_, service) in services {
        for used in service.get_mut("secrets").into_iter().flat_map(Tree::items_mut) {
            for key in ["uid", "gid"] {
                if let Some(field) = used.get_mut(key) {
                    field.say(Fate::NotCarried, "the files of a Secret belong to root");
                }
            }
        }
    }
}
