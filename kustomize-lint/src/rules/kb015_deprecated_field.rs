//! KB015.

use super::Check;
use crate::finding::{Edit, Findings, Fix};
use crate::kustomization::rewrites;
use crate::lint::Overlay;
use crate::tree::Place;

rule! {
    /// A field of the kustomization that kustomize calls deprecated.
    ///
    /// kustomize still reads it and warns on each build; a coming version will not. `bases` are
    /// resources now; `patchesStrategicMerge` and `patchesJson6902` are `patches`;
    /// `commonLabels` are `labels` with `includeSelectors: true`; `imageTags` are `images`. `--fix`
    /// writes them so, with their comments, where the rendering stays the same. `vars` must be
    /// written as `replacements` by hand.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [map.yaml]
    /// commonLabels: {team: riders}
    /// -- map.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: map}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [map.yaml]
    /// labels:
    ///   - includeSelectors: true
    ///     pairs: {team: riders}
    /// -- map.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: map}
    /// ```
    KB015 "deprecated-field" Warning Check::Overlay(check)
}

/// The field that takes the place of another.
fn successor(field: &str) -> &'static str {
    match field {
        "bases" => "`resources`",
        "commonLabels" => "`labels` with `includeSelectors: true`",
        "patchesStrategicMerge" | "patchesJson6902" => "`patches`",
        "imageTags" => "`images`",
        _ => "`replacements`",
    }
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for root in &overlay.rendering.roots {
        let deprecated = &root.kustomization.deprecated;
        if deprecated.is_empty() {
            continue;
        }
        let rewrites = rewrites(&overlay.files.get(root.file).text);
        for field in deprecated {
            let finding = findings.at(field.place, format!("`{}` is deprecated", field.value));
            finding.hint(format!("write {} in its place", successor(field.value)));
            // Fields that become one are corrected together, with the first of them.
            let rewrite = rewrites.iter().find(|one| one.fields.first() == Some(&field.value));
            let Some(rewrite) = rewrite else { continue };
            let edit = |(span, text): &(std::ops::Range<usize>, String)| Edit {
                place: Place::new(root.file, span),
                text: text.clone(),
            };
            let fields: Vec<String> =
                rewrite.fields.iter().map(|field| format!("`{field}`")).collect();
            finding.fix(Fix {
                title: format!("write {} as `{}`", fields.join(" and "), rewrite.target),
                edits: rewrite.changes.iter().map(edit).collect(),
                same_rendering: true,
            });
        }
    }
}
