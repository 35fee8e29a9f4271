//! Helm charts: rendered by somebody else, or unknown. No chart is rendered here, because that runs its
//! templates.

use crate::facts::Effect;
use crate::kustomization::{Chart, Kustomization};
use crate::load::{Accumulated, Context, add, clean, read_bounded, resources};

/// Adds the objects of the charts that were rendered before.
pub(super) fn load(kustomization: &Kustomization, base: &mut Accumulated, context: &mut Context) {
    for Chart { place, name, release } in &kustomization.charts {
        let Some(path) = context.options.chart(release, name) else {
            let part = format!("the Helm chart {name}");
            context.not_analysed(*place, part, Effect::Objects);
            continue;
        };
        let Some(bytes) = read_bounded(&path, Some(*place), context) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        for object in resources::resources(&clean(&path), &text, context) {
            add(&mut base.objects, object, context);
        }
    }
}
