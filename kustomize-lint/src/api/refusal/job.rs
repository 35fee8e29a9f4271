//! The parts of a Job that depend on each other, on its name and on its labels.

use super::at::{At, Refusals};
use super::syntax;

/// The Job itself, whose name becomes a label of its pods.
pub(super) fn check(object: &At<'_>, spec: &At<'_>, refusals: &mut Refusals) {
    let name = object.at(&["metadata", "name"]);
    let text = name.as_ref().and_then(|name| name.word()).unwrap_or_default();
    // A Job without a number of completions has one.
    let completions = spec.int("completions").unwrap_or(1);
    let host = format!("{text}-{}", completions.max(1) - 1);
    let is_indexed = spec.text("completionMode") == Some("Indexed") && completions > 0;
    if let Some(name) = name.as_ref().filter(|_| is_indexed && !syntax::is_label(&host)) {
        let server = "will not able to create pod with invalid DNS label";
        refusals.add(
            name,
            format!("makes `{host}` the host name of a pod, which is no DNS label"),
            server,
        );
    }
    // A Job that has its selector from its author needs no labels of the server.
    if spec.is("manualSelector") {
        return;
    }
    if let (true, Some(name)) = (text.len() > 63, &name) {
        let server = "must be no more than 63 characters, or: must be no more than 63 bytes";
        refusals.add(name, "is too long for the labels of its pods", server);
    }
    // The server writes these labels, and a value beside its own is refused.
    let labels =
        spec.at(&["template", "metadata"]).map(|at| at.pairs("labels")).unwrap_or_default();
    for (entry, value) in labels {
        let is_name = matches!(entry.key.as_str(), "job-name" | "batch.kubernetes.io/job-name");
        let is_uid =
            matches!(entry.key.as_str(), "controller-uid" | "batch.kubernetes.io/controller-uid");
        if is_uid || is_name && value.word() != Some(text) {
            let server = "Invalid value: must be";
            refusals.add(&value, "is a label that the server writes", server);
        }
    }
}

/// The parts that a CronJob's template has, too.
pub(super) fn parts(spec: &At<'_>, is_template: bool, refusals: &mut Refusals) {
    let is_indexed = spec.text("completionMode") == Some("Indexed");
    // A Job without both numbers gets 1 for both.
    let is_default = !is_template && !spec.has("parallelism");
    if is_indexed && !spec.has("completions") && !is_default {
        let server = "when completion mode is Indexed";
        refusals.add(spec, "needs `completions` for `Indexed`", server);
    }
    if let Some(at) = spec.get("parallelism")
        && is_indexed
        && at.node.as_int().is_some_and(|count| count > 100_000)
    {
        let server = "must be less than or equal to 100000 when completion mode is Indexed";
        refusals.add(&at, "has to be 100000 or less for `Indexed`", server);
    }
    if let Some(at) = spec.get("managedBy")
        && at.word().is_some_and(|text| !syntax::is_path_key(text))
    {
        let server = "must be a domain-prefixed path";
        refusals.add(&at, "is not a domain with a path such as `example.com/x`", server);
    }
    if spec.is("manualSelector") {
        selector(spec, refusals);
    }
    for rule in spec.get("podFailurePolicy").iter().flat_map(|policy| policy.list("rules")) {
        let Some(at) = rule.at(&["onExitCodes", "values"]) else { continue };
        let codes: Vec<Option<i64>> = at.items().iter().map(|one| one.node.as_int()).collect();
        if codes.windows(2).any(|pair| pair[0] > pair[1]) {
            refusals.add(&at, "has to be in order", "must be ordered");
        }
    }
    let all = spec.int("completions").unwrap_or(i64::MAX);
    for rule in spec.get("successPolicy").iter().flat_map(|policy| policy.list("rules")) {
        if let Some(at) = rule.get("succeededCount")
            && at.node.as_int().is_some_and(|count| count > all)
        {
            let server = "must be less than or equal to";
            refusals.add(&at, "is more than `completions`", server);
        }
    }
}

/// The selector of a Job that makes it itself.
fn selector(spec: &At<'_>, refusals: &mut Refusals) {
    let Some(selector) = spec.get("selector") else { return refusals.missing(spec, "selector") };
    let labels = spec.at(&["template", "metadata", "labels"]);
    let labels = labels.as_ref().map(|labels| labels.node);
    if !crate::view::Selector::of(selector.node).selects(labels) {
        let server = "`selector` does not match template `labels`";
        refusals.add(&selector, "does not select the labels of the template", server);
    }
}
