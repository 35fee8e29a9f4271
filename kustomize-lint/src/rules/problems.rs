//! Problems that keep kustomize from building, told apart by kind: each problem is one rule's.

use crate::facts::{Problem, ProblemKind};
use crate::finding::Findings;
use crate::lint::Overlay;
use crate::tree::Place;

/// Reports the problems of these kinds, each with the hint that is given for it.
pub(crate) fn report(
    overlay: &Overlay<'_>,
    findings: &mut Findings<'_>,
    kinds: &[ProblemKind],
    hint: impl Fn(&Problem) -> Option<String>,
) {
    for problem in overlay.rendering.problems.iter().filter(|one| kinds.contains(&one.kind)) {
        let place = problem.place.map(|place| overlay.files.first_line(place));
        let finding = findings.at(place.or(overlay.place()), problem.message.clone());
        match &problem.also {
            // One operation may fail for many objects: one finding, with all of these.
            Some((place, label)) => {
                finding.also(overlay.files.first_line(*place), label.clone());
            }
            None => {
                finding.detail(problem.message.clone());
            }
        }
        if let Some(hint) = hint(problem) {
            finding.hint(hint);
        }
    }
}

/// The text at a place, without quotes.
pub(crate) fn written<'a>(overlay: &'a Overlay<'_>, place: Place) -> &'a str {
    let text = overlay.files.get(place.file).text.get(place.span()).unwrap_or_default();
    text.trim().trim_matches(['"', '\''])
}
