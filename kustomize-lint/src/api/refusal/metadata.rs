//! The metadata that every object has: names, labels, annotations.

use super::super::bundle::group_of;
use super::super::violation::Subject;
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
        ("", "Service") => (syntax::is_label, "at most 63 lower-case letters, digits and `-`"),
        ("rbac.authorization.k8s.io", _) => {
            (syntax::is_path_segment, "anything but `/`, `%`, `.` and `..`")
        }
        _ => (syntax::is_subdomain, "lower-case letters, digits, `-` and `.`"),
    }
}

/// The groups whose server looks at finalizers without a domain.
const FINALIZED: [&str; 9] = [
    "",
    "apps",
    "autoscaling",
    "batch",
    "discovery.k8s.io",
    "networking.k8s.io",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

/// A finalizer without a domain is one of Kubernetes'.
fn finalizer(at: &At<'_>, refusals: &mut Refusals) {
    let known = ["foregroundDeletion", "kubernetes", "orphan"];
    if at.word().is_some_and(|text| !text.contains('/') && !known.contains(&text)) {
        let server = "name is neither a standard finalizer name nor is it fully qualified";
        refusals.add(at, "needs a domain before it", server);
    }
}

/// Names that only some versions of the server take, and names that are reserved.
fn name(metadata: &At<'_>, api_version: &str, kind: &str, refusals: &mut Refusals) {
    let Some(name) = metadata.get("name") else { return };
    let text = name.word().unwrap_or_default();
    match (group_of(api_version), kind) {
        ("", "Service") if text.starts_with(|c: char| c.is_ascii_digit()) => {
            let server = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character";
            let why = "begins with a digit, which older versions of Kubernetes refuse";
            refusals.about(Subject::Cluster, &name, why, server);
        }
        ("apps", "StatefulSet") if text.contains('.') || text.len() > 63 => {
            let server = "must not contain dots, or: must be no more than";
            let why = "has dots or more than 63 letters, which newer versions of Kubernetes refuse";
            refusals.about(Subject::Cluster, &name, why, server);
        }
        ("scheduling.k8s.io", "PriorityClass")
            if text.starts_with("system-")
                && !["system-cluster-critical", "system-node-critical"].contains(&text) =>
        {
            let server =
                "priority class names with 'system-' prefix are reserved for system use only";
            refusals.add(&name, "begins with `system-`, which is reserved", server);
        }
        _ => {}
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
    name(&metadata, api_version, kind, refusals);
    syntax::label(metadata.get("namespace"), refusals);
    let finalizers = metadata.list("finalizers");
    refusals.distinct(&finalizers, |one| one.word(), "name");
    for finalizer in &finalizers {
        if finalizer.word().is_some_and(|text| !syntax::is_qualified(text)) {
            let server = "name part must consist of alphanumeric characters, '-', '_' or '.'";
            refusals.add(finalizer, "is not a valid name of a finalizer", server);
        } else if FINALIZED.contains(&group_of(api_version)) {
            self::finalizer(finalizer, refusals);
        }
    }
    if kind == "Namespace" {
        let finalizers = object.get("spec").map(|spec| spec.list("finalizers"));
        finalizers.iter().flatten().for_each(|one| finalizer(one, refusals));
    }
    let owners = metadata.list("ownerReferences");
    if owners.iter().filter(|owner| owner.is("controller")).count() > 1
        && let Some(at) = metadata.get("ownerReferences")
    {
        let server = "Only one reference can have Controller set to true";
        refusals.add(&at, "has more than one controller", server);
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
