//! KB011.

use super::Check;
use crate::facts::ProblemKind;
use crate::finding::Findings;
use crate::lint::Overlay;

rule! {
    /// A key that stands twice in one mapping.
    ///
    /// In a kustomization file the last one counts and in a patch the first, without a word: one
    /// of two lists of resources, or one of two limits, is not there. In a resource, and in what
    /// a patch adds, kustomize refuses it.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// namePrefix: blue-
    /// namePrefix: green-
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: web}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// namePrefix: green-
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: web}
    /// ```
    KB011 "duplicate-key" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let rendering = &overlay.rendering;
    for key in &rendering.duplicate_keys {
        let refused = rendering.problems.iter().any(|problem| {
            problem.kind == ProblemKind::DuplicateKey
                && problem.place.is_some_and(|place| {
                    place.file == key.place.file
                        && place.start <= key.place.start
                        && key.place.end <= place.end
                })
        });
        // Whether the file is read as a kustomization; an inline patch in it is a patch.
        let kustomization = rendering.roots.iter().any(|root| {
            root.file == key.place.file && !in_patch(&root.kustomization, key.place)
        });
        let message = match (refused, kustomization) {
            (true, _) => "this key stands twice, and kustomize refuses that",
            (_, true) => "this key stands twice, and only the last one counts",
            (_, false) => "this key stands twice, and only the first one counts",
        };
        findings.at(key.place, message).also(key.earlier, "here first").hint("keep one of them");
    }
}

/// Whether a place is in a patch that stands in the kustomization file.
fn in_patch(kustomization: &crate::kustomization::Kustomization, place: crate::tree::Place) -> bool {
    use crate::kustomization::PatchText;
    let lists = [&kustomization.patches, &kustomization.patches_json6902];
    let inline = lists.into_iter().flatten().filter_map(|patch| match &patch.text {
        PatchText::Inline(text) => Some(text.place),
        PatchText::File(_) => None,
    });
    let strategic = kustomization.patches_strategic_merge.iter().map(|patch| patch.place);
    inline.chain(strategic).any(|text| text.start <= place.start && place.end <= text.end)
}
