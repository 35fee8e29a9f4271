use super::prelude::*;
use crate::finding::{Edit, Fix};
use crate::kustomization::rewrites;

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
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::render::{Rendering, render};
    use crate::tree::Files;

    const OBJECTS: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'nginx:1'}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}}
";

    const PATCH: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 2}
";

    /// Renders the kustomization beside two bases, patches and objects.
    fn rendered(folder: &Path, text: &str) -> Rendering {
        for (path, text) in [
            ("top/kustomization.yaml", text),
            ("top/objects.yaml", OBJECTS),
            ("top/patch.yaml", PATCH),
            ("top/json.yaml", "- {op: replace, path: /spec/replicas, value: 3}\n"),
            ("one/kustomization.yaml", "resources: [map.yaml]\n"),
            ("one/map.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: one}}\n"),
            ("two/kustomization.yaml", "resources: [map.yaml]\n"),
            ("two/map.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: two}}\n"),
        ] {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let rendering = render(&folder.join("top"), &mut Files::default());
        assert!(rendering.problems.is_empty(), "{text}\n{:?}", rendering.problems);
        rendering
    }

    fn fixed(text: &str) -> String {
        let mut changes: Vec<_> = rewrites(text).into_iter().flat_map(|one| one.changes).collect();
        changes.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = text.to_owned();
        for (range, new) in changes.into_iter().rev() {
            out.replace_range(range, &new);
        }
        out
    }

    #[test]
    fn a_corrected_file_renders_the_same_and_keeps_its_comments() {
        let folder = tempfile::tempdir().unwrap();
        for text in [
            "bases: # all\n- ../one # first\n\n# second\n- ../two\nresources:\n  - objects.yaml # own\n",
            "resources: [objects.yaml]\nbases: [../one, ../two] # both\n",
            "bases: [../one, ../two]\nresources: [objects.yaml]\n",
            "bases:\n  - ../one\n  # last\n",
            "resources: [objects.yaml]\ncommonLabels: # for all\n  team: riders # c\n\n  # d\n  tier: front\n",
            "resources: [objects.yaml]\ncommonLabels: {team: riders}\nlabels:\n  - pairs: {a: b} # e\n",
            "resources: [objects.yaml]\npatchesStrategicMerge:\n  - patch.yaml # p\n  - |-\n    apiVersion: v1\n    kind: Service\n    metadata: {name: web}\n    # inside\n    spec:\n      type: NodePort\n",
            "resources: [objects.yaml]\npatchesJson6902:\n  - target: {version: v1, kind: Deployment, name: web} # j\n    path: json.yaml\npatchesStrategicMerge: [patch.yaml]\npatches:\n- patch: '[{\"op\": \"replace\", \"path\": \"/spec/replicas\", \"value\": 5}]'\n  target: {kind: Deployment}\n",
            "patchesJson6902:\n- target: {group: apps, version: v1, kind: Deployment, name: web}\n  patch: |-\n    # what\n    - op: add\n      path: /spec/minReadySeconds\n      value: 5\nresources:\n- objects.yaml\n",
            "resources: [objects.yaml]\nimageTags:\n- name: nginx # i\n  newTag: '2'\n",
        ] {
            let before = rendered(folder.path(), text);
            let new = fixed(text);
            let after = rendered(folder.path(), &new);
            assert_ne!(new, text);
            assert_eq!(before.objects.len(), after.objects.len(), "{new}");
            for (old, new) in before.objects.iter().zip(&after.objects) {
                assert!(old.node.same(&new.node), "{new:?}");
            }
            let deprecated = &after.roots[0].kustomization.deprecated;
            assert!(deprecated.is_empty(), "{new}");
            for comment in text.lines().filter_map(|line| line.split_once('#')) {
                assert!(new.contains(comment.1.trim()), "{new}");
            }
            assert_eq!(fixed(&new), new);
        }
    }
}
