//! Services that a provider makes outside of the engine: no container runs, on neither side.

use std::collections::BTreeSet;

use super::Import;
use super::tree::{Fate, Tree};

/// Leaves such services out, and the dependencies on them.
pub(super) fn settle(import: &mut Import) {
    let Some(services) = import.project.root.get_mut("services") else { return };
    let mut made: BTreeSet<String> = BTreeSet::new();
    for (name, service) in services.members_mut() {
        let Some(provider) = service.get("provider") else { continue };
        let kind = provider.get("type").and_then(Tree::text).unwrap_or("its").to_owned();
        made.insert(name.clone());
        service.leave(format!(
            "the provider {kind} makes it outside of the engine: give the services that use it its address"
        ));
    }
    for (_, service) in services.members_mut() {
        let Some(depends) = service.get_mut("depends_on") else { continue };
        let why = |name: &str| format!("a provider makes {name}: nothing here is waited for");
        for (name, dependency) in depends.members_mut() {
            if made.contains(name) {
                dependency.gone = true;
                dependency.say(Fate::NotCarried, why(name));
            }
        }
        for item in depends.items_mut() {
            if let Some(name) = item.text().filter(|name| made.contains(*name)).map(str::to_owned) {
                item.leave(why(&name));
            }
        }
    }
}
