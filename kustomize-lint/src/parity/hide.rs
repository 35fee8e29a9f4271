//! Values that no message may show, because the other side keeps them secret.

use std::collections::HashSet;

use common::secrets::is_hidden;

use super::project::Compose;
use crate::compose::Origin;
use crate::render::Rendering;
use crate::tree::{Files, Place};
use crate::view::Workload;

/// Hides the plain text of every variable that is a secret on one of the sides, or sounds so.
pub(crate) fn hide(compose: &Compose<'_>, renderings: &[(String, Rendering)], files: &mut Files) {
    let variables = || compose.project.services.iter().flat_map(|service| &service.environment);
    let mut secret: HashSet<String> = variables()
        .filter(|variable| matches!(variable.from, Origin::Secret { .. }))
        .map(|variable| variable.name.clone())
        .collect();
    let mut plain: Vec<(&str, &str, Place)> = Vec::new();
    let objects = renderings.iter().flat_map(|(_, rendering)| &rendering.objects);
    for workload in objects.filter_map(Workload::of) {
        for entry in workload.containers().iter().flat_map(|container| container.list("env")) {
            let Some(name) = entry.word_at(&["name"]) else { continue };
            if entry.at(&["valueFrom", "secretKeyRef"]).is_some() {
                secret.insert(name.to_owned());
            } else if let Some(node) = entry.get("value")
                && let Some(value) = node.scalar().map(|scalar| scalar.text.as_str())
                && !value.contains("$(")
            {
                let places = [node.origin.base, node.place()];
                plain.extend(places.map(|place| (name, value, place)));
            }
        }
    }
    plain.retain(|(name, value, _)| secret.contains(*name) || is_hidden(name, value));
    plain.sort();
    plain.dedup();
    for (.., place) in plain {
        files.hide(place);
    }
    for variable in variables() {
        let written = !matches!(variable.from, Origin::Secret { .. });
        if let (true, Some(place)) = (written, compose.place(&variable.place))
            && (secret.contains(&variable.name)
                || is_hidden(&variable.name, variable.value.as_deref().unwrap_or_default()))
        {
            files.hide(place);
        }
    }
}
