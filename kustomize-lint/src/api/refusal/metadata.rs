//! The metadata that every object has: names, labels, annotations.

use super::at::{At, Refusals};
use super::syntax;

/// More than annotations may take together.
const ANNOTATIONS: usize = 256 << 10;

/// How the names of a kind are written.
fn is_name(api_version: &str, kind: &str) -> (fn(&str) -> bool, &'static str) {
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        // The server does not look.
        ("policy", _) => (|_| true, "anything"),
        ("", "Namespace") => (syntax::is_label, "at most 63 lower-case letters, digits and `-`"),
        ("", "Service") => (
            syntax::is_service_name,
            "at most 63 lower-case letters, digits and `-`, a letter first",
        ),
        ("rbac.authorization.k8s.io", _) => {
            (syntax::is_path_segment, "anything but `/`, `%`, `.` and `..`")
        }
        _ => (syntax::is_subdomain, "lower-case letters, digits, `-` and `.`"),
    }
}

pub(super) fn check(object: &At<'_>, api_version: &str, kind: &str, refusals: &mut Refusals) {
    let Some(metadata) = object.get("metadata") else {
        return refusals.missing(object, "metadata");
    };
    if let Some(name) = refusals.required(&metadata, "name") {
        let (fits, expected) = is_name(api_version, kind);
        // Events have names of any form.
        if kind != "Event" && name.word().is_some_and(|text| !fits(text)) {
            let why = format!("is not a valid name of a {kind}: {expected}");
            refusals.add(&name, why, "Invalid value: metadata.name");
        }
        if kind == "CronJob" && name.word().is_some_and(|text| text.len() > 52) {
            let server = "must be no more than 52 characters";
            refusals.add(&name, "is longer than 52 letters", server);
        }
    }
    syntax::label(metadata.get("namespace"), refusals);
    let finalizers = metadata.list("finalizers");
    refusals.distinct(&finalizers, |one| one.word(), "name");
    for finalizer in &finalizers {
        if finalizer.word().is_some_and(|text| !syntax::is_qualified(text)) {
            let server = "name part must consist of alphanumeric characters, '-', '_' or '.'";
            refusals.add(finalizer, "is not a valid name of a finalizer", server);
        }
    }
    pairs(&metadata, refusals);
    // The server writes this label itself.
    if kind == "Namespace" {
        let name = "metadata.labels[\"kubernetes.io/metadata.name\"]";
        refusals.0.retain(|violation| violation.path != name);
    }
    for mode in ["enforce", "audit", "warn"] {
        let label = format!("pod-security.kubernetes.io/{mode}-version");
        let version = metadata.at(&["labels", &label]).filter(|_| kind == "Namespace");
        if let Some(version) = version.filter(|version| {
            version.word().is_some_and(|text| {
                let minor = text.strip_prefix("v1.").and_then(|minor| minor.parse::<u32>().ok());
                text != "latest" && minor.is_none()
            })
        }) {
            refusals.add(
                &version,
                "has to be `latest` or like `v1.35`",
                "must be \"latest\" or \"v1.x\"",
            );
        }
        let label = format!("pod-security.kubernetes.io/{mode}");
        let Some(level) = metadata.at(&["labels", &label]).filter(|_| kind == "Namespace") else {
            continue;
        };
        if level
            .word()
            .is_some_and(|text| !["privileged", "baseline", "restricted"].contains(&text))
        {
            let server = "must be one of privileged, baseline, restricted";
            refusals.add(&level, "has to be `privileged`, `baseline` or `restricted`", server);
        }
    }
}

/// Labels and annotations.
pub(super) fn pairs(metadata: &At<'_>, refusals: &mut Refusals) {
    syntax::labels(metadata, "labels", refusals);
    let mut size = 0;
    for (entry, value) in metadata.pairs("annotations") {
        size += entry.key.len() + value.word().map_or(0, str::len);
        if !syntax::is_qualified(&entry.key.to_ascii_lowercase()) {
            let server = "name part must consist of alphanumeric characters, '-', '_' or '.'";
            refusals.key(&value, entry, "is not the key of an annotation", server);
        }
    }
    if let (true, Some(annotations)) = (size > ANNOTATIONS, metadata.get("annotations")) {
        let server = "Too long: may not be more than 262144 bytes";
        refusals.add(&annotations, "are longer than 256 KiB together", server);
    }
}
