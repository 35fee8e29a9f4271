//! When Argo CD applies an object.

use crate::object::Object;

/// The moment of a sync: first the phase, then the wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    /// 0 `PreSync`, 1 `Sync`, 2 `PostSync`.
    phase: u8,
    /// The number of `argocd.argoproj.io/sync-wave`.
    wave: i64,
}

impl Moment {
    /// In words, with the phase where that of the other is another.
    pub(crate) fn show(&self, other: &Moment) -> String {
        let phase = ["PreSync", "Sync", "PostSync"].get(usize::from(self.phase));
        match phase.filter(|_| self.phase != other.phase) {
            Some(phase) => format!("wave {} of {phase}", self.wave),
            None => format!("wave {}", self.wave),
        }
    }
}

/// The annotation with the wave.
pub(crate) const WAVE: &str = "argocd.argoproj.io/sync-wave";
/// The annotation with the phase.
pub(crate) const HOOK: &str = "argocd.argoproj.io/hook";

/// The moment of an object; `None` for what is not applied in a sync, or several times, or at a
/// time that nobody understands.
pub(crate) fn moment(object: &Object) -> Option<Moment> {
    let annotation = |key: &str| object.node.at(&["metadata", "annotations"])?.word_at(&[key]);
    let wave = match annotation(WAVE) {
        Some(text) => text.parse().ok()?,
        None => 0,
    };
    let phase = match (annotation(HOOK), annotation("helm.sh/hook")) {
        (None, None) | (Some("Sync"), _) => 1,
        (Some("PreSync"), _) => 0,
        (Some("PostSync"), _) => 2,
        _ => return None,
    };
    Some(Moment { phase, wave })
}

/// Whether the object says when it is applied.
pub(crate) fn is_timed(object: &Object) -> bool {
    object.annotation(WAVE).is_some() || object.annotation(HOOK).is_some()
}
