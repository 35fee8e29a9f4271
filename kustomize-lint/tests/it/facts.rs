//! The rendering's facts for the rules, in the cases in which kustomize says nothing.

use kustomize_lint::facts::{FactKind, StepKind, Target};
use kustomize_lint::render::{Rendering, render};
use kustomize_lint::tree::Files;

use rideshare_tests::archive::cases;

/// Two Deployments, a custom resource and what the kustomization says.
fn rendered(kustomization: &str, more: &str) -> (Rendering, Files) {
    let text = format!(
        "## case
-- kustomization.yaml --
resources: [objects.yaml]
{kustomization}
-- objects.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec: {{replicas: 1, template: {{spec: {{containers: [{{name: web, image: \"nginx:1\"}}]}}}}}}
---
apiVersion: example.com/v1
kind: Thing
metadata: {{name: thing}}
spec: {{rules: [{{a: b}}, {{c: d}}]}}
{more}"
    );
    let folder = tempfile::tempdir().unwrap();
    let top = cases(&text)[0].write(folder.path());
    let mut files = Files::default();
    let rendering = render(&top, &mut files);
    assert!(rendering.problems.is_empty(), "{:?}", rendering.problems);
    (rendering, files)
}

#[test]
fn a_targeted_patch_without_a_match_is_a_fact() {
    let (rendering, files) = rendered(
        "patches: [{target: {kind: Nothing}, patch: '[{\"op\": \"remove\", \"path\": \"/a\"}]'}]",
        "",
    );
    let fact = rendering.facts_of(StepKind::JsonPatch).next().unwrap();
    let FactKind::Patch { target, matched, changed, .. } = &fact.kind else { panic!("{fact:?}") };
    assert_eq!((*target, matched.len(), changed.len()), (Target::Selector, 0, 0));
    assert_eq!(files.locate(fact.place).line, 2);
}

#[test]
fn a_patch_that_changes_nothing_and_one_that_deletes_everything() {
    let (rendering, _) = rendered(
        "patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {replicas: 1}
- target: {}
  patch: |-
    $patch: delete
    kind: X
    metadata: {name: x}",
        "",
    );
    let facts: Vec<_> = rendering.facts_of(StepKind::MergePatch).collect();
    let FactKind::Patch { matched, changed, .. } = &facts[0].kind else { panic!() };
    assert_eq!((matched.len(), changed.len()), (1, 0));
    let FactKind::Patch { target, deleted, .. } = &facts[1].kind else { panic!() };
    assert_eq!((*target, deleted.len()), (Target::Everything, 2));
    assert!(rendering.object(deleted[0]).is_none());
    assert_eq!(rendering.identity(deleted[0]).to_string(), "Deployment web");
}

#[test]
fn a_list_that_a_patch_replaces() {
    let (rendering, files) = rendered(
        "patches: [{path: patch.yaml}]",
        "-- patch.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: wbe
        resources: {}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: thing}
spec: {rules: [{e: f}]}
",
    );
    let lost = rendering.facts.iter().find_map(|fact| match &fact.kind {
        FactKind::ListReplaced { path, dropped, .. } => Some((path, dropped[0])),
        _ => None,
    });
    let (path, lost) = lost.unwrap();
    assert_eq!((path.as_str(), files.locate(lost).line), ("spec/rules", 9));
}

#[test]
fn images_and_replacements_without_a_match_labels_in_selectors() {
    let (rendering, _) = rendered(
        "images: [{name: ngnix, newTag: '2'}, {name: nginx, newTag: '2', digest: 'sha256:a'}]
commonLabels: {team: a}
replacements:
- source: {kind: Thing, name: thing}
  targets: [{select: {kind: Nothing}, fieldPaths: [a]}]",
        "",
    );
    let images: Vec<_> = rendering
        .facts_of(StepKind::Image)
        .map(|fact| match &fact.kind {
            FactKind::Image { matched, tag_and_digest, .. } => (matched.len(), *tag_and_digest),
            _ => panic!("{fact:?}"),
        })
        .collect();
    assert_eq!(images, [(0, false), (1, true)]);
    let target = rendering.facts_of(StepKind::Replacement).next().unwrap();
    assert!(
        matches!(&target.kind, FactKind::ReplacementTarget { matched, .. } if matched.is_empty())
    );
    let labels = rendering.facts_of(StepKind::Labels).next().unwrap();
    let FactKind::Labels { selectors } = &labels.kind else { panic!() };
    assert_eq!(selectors.len(), 1);
}

#[test]
fn references_and_files_are_known() {
    let (rendering, files) = rendered(
        "configMapGenerator: [{name: map, literals: [a=b]}]",
        "---
apiVersion: v1
kind: Pod
metadata: {name: pod}
spec: {containers: [{name: a, image: a, envFrom: [{configMapRef: {name: map}}]}]}
",
    );
    let pod = rendering.objects.iter().find(|object| object.kind() == "Pod").unwrap();
    let containers = pod.node.at(&["spec", "containers"]).unwrap().items();
    let name = containers[0].at(&["envFrom"]).unwrap().items()[0].at(&["configMapRef", "name"]);
    let touch = name.unwrap().origin.last.unwrap();
    assert_eq!(rendering.step(touch.step).kind, StepKind::Reference);
    assert!(name.unwrap().as_str().unwrap().starts_with("map-"));
    assert_eq!(files.iter().count(), 2);
    assert_eq!(rendering.roots.len(), 1);
}
