//! The schemas: the real `kubernetes-validate` beside them, and where the violations are.

mod bundle;
mod mutations;
mod repository;
mod server;
mod sizes;

use std::path::Path;

use kustomize_lint::api::{Verdict, Version, Violation, validate};
use kustomize_lint::object::Object;
use kustomize_lint::render::{Rendering, render};
use kustomize_lint::tree::Files;

/// Renders a kustomization that has no problems.
fn rendered(folder: &Path, files: &mut Files) -> Rendering {
    let rendering = render(folder, files);
    assert!(rendering.problems.is_empty(), "{}: {:?}", folder.display(), rendering.problems);
    rendering
}

/// The violations of an object whose kind is known.
fn violations(object: &Object, version: Version) -> Vec<Violation> {
    match validate(&object.node, version) {
        Verdict::Checked(violations) => violations,
        Verdict::Unknown => panic!("{} {} is not known", object.kind(), object.name()),
    }
}
