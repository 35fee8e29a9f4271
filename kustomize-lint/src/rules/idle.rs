//! Steps that have no effect in any overlay that has them. An entry of a base may be meant for one of its
//! overlays only, so that all of them have to be asked.

use std::collections::HashMap;

use crate::facts::{Fact, FactKind, Step};
use crate::finding::Finding;
use crate::lint::{Overlay, Run};
use crate::tree::Place;

/// A step without effect.
pub(crate) struct Idle<'a> {
    /// The record of the first overlay.
    pub(crate) fact: &'a Fact,
    pub(crate) step: &'a Step,
    /// The overlays that have it.
    pub(crate) overlays: Vec<&'a Overlay<'a>>,
    certain: bool,
}

impl Idle<'_> {
    pub(crate) fn name_overlays(&self, finding: &mut Finding) {
        finding.overlays = self.overlays.iter().map(|overlay| overlay.name.clone()).collect();
    }
}

/// The steps for which `effect` never is true; it is `None` for facts of other kinds. An
/// overlay with unknown parts may hide an effect, so its steps are left out.
pub(crate) fn idle<'a>(
    run: &'a Run<'_>,
    effect: impl Fn(&FactKind) -> Option<bool>,
) -> Vec<Idle<'a>> {
    let mut found: Vec<Idle<'a>> = Vec::new();
    let mut known: HashMap<(Place, Place), usize> = HashMap::new();
    for overlay in run.overlays {
        for fact in &overlay.rendering.facts {
            let Some(effective) = effect(&fact.kind) else { continue };
            let step = overlay.rendering.step(fact.step);
            let at = *known.entry((step.place, fact.place)).or_insert_with(|| {
                found.push(Idle { fact, step, overlays: Vec::new(), certain: true });
                found.len() - 1
            });
            let idle = &mut found[at];
            idle.certain &= !effective && !overlay.is_incomplete() && !overlay.has_unknown_fields();
            if idle.overlays.last().is_none_or(|last| last.name != overlay.name) {
                idle.overlays.push(overlay);
            }
        }
    }
    found.retain(|idle| idle.certain);
    found
}
