use std::fs;
use std::path::Path;

use super::prelude::*;
use super::problems;
use crate::facts::ProblemKind;

rule! {
    /// A file or folder that a kustomization names and that is not there.
    ///
    /// Nothing is built, often only after the change was merged: the file exists on somebody's
    /// machine and was never committed, or it was renamed.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [wbe.yaml]
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
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: web}
    /// ```
    KB013 "missing-file" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    problems::report(
        overlay,
        findings,
        &[ProblemKind::MissingFile, ProblemKind::Forbidden],
        |problem| {
            let near = problem.place.and_then(|place| near(overlay, place));
            let empty =
                problem.place.is_some_and(|place| problems::written(overlay, place).is_empty());
            if problem.kind == ProblemKind::Forbidden {
                return Some("give the user who builds the right to read it".to_owned());
            }
            Some(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None if empty => "take it out of the list".to_owned(),
                None => "add it, or take it out of the list".to_owned(),
            })
        },
    );
}

/// The file beside the missing one that has the nearest name.
fn near(overlay: &Overlay<'_>, place: Place) -> Option<String> {
    let written = problems::written(overlay, place);
    // A generator's file may stand behind the key that it gets: `key=file`.
    let path = Path::new(written.rsplit('=').next()?);
    let folder = overlay.files.get(place.file).path.parent()?.join(path.parent()?);
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
    let entries = fs::read_dir(folder).ok()?.flatten();
    let names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    nearest(path.file_name()?.to_str()?, names.iter().map(String::as_str)).map(str::to_owned)
}
