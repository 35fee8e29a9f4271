//! Definitions of custom resources, and webhooks.

use super::at::{At, Refusals};
use super::syntax;

pub(super) fn definition(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return refusals.missing(object, "spec") };
    refusals.required(&spec, "group");
    refusals.required(&spec, "scope");
    let names = spec.get("names");
    match &names {
        None => refusals.missing(&spec, "names"),
        Some(names) => {
            refusals.required(names, "plural");
            refusals.required(names, "kind");
            let server =
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-'";
            let is_kind = |text: &str| syntax::is_service_name(&text.to_ascii_lowercase());
            syntax::form(names.get("kind"), is_kind, "the name of a kind", server, refusals);
            for at in names.list("shortNames").into_iter().chain(names.get("singular")) {
                let singular = at.path.ends_with("singular") && at.word() == Some("");
                if at.word().is_some_and(|text| !singular && !syntax::is_service_name(text)) {
                    refusals.add(&at, "is no name of a resource", server);
                }
            }
        }
    }
    let name = object.at(&["metadata", "name"]);
    let plural = names.as_ref().and_then(|names| names.text("plural"));
    if let (Some(name), Some(plural), Some(group)) = (name, plural, spec.text("group")) {
        let wanted = format!("{plural}.{group}");
        if name.word().is_some_and(|text| text != wanted) {
            let server = "must be spec.names.plural+\".\"+spec.group";
            refusals.add(&name, format!("has to be `{wanted}`"), server);
        }
    }
    let versions = spec.list("versions");
    if versions.is_empty() {
        refusals.missing(&spec, "versions");
        return;
    }
    refusals.distinct(&versions, |one| one.text("name"), "name");
    if versions.iter().filter(|one| one.is("storage")).count() != 1 {
        let server = "must have exactly one version marked as storage version";
        refusals.add(&spec, "needs one version with `storage: true`", server);
    }
    for version in &versions {
        syntax::label(version.get("name"), refusals);
        let schema = version.at(&["schema", "openAPIV3Schema"]);
        match schema {
            None => {
                let server = "schemas are required";
                refusals.add(version, "needs `schema.openAPIV3Schema`", server);
            }
            Some(schema) if schema.text("type") != Some("object") => {
                let server = "must be object at the root";
                refusals.add(&schema, "has to be of the type `object`", server);
            }
            Some(schema) => structural(&schema, refusals),
        }
    }
}

/// The types of a schema: every property has one.
fn structural(schema: &At<'_>, refusals: &mut Refusals) {
    const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
    let free = ["x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"];
    match schema.text("type") {
        None if free.iter().any(|key| schema.is(key)) => {}
        None => {
            let server = "must not be empty for specified object fields";
            refusals.add(schema, "needs a `type`", server);
        }
        Some(kind) if !TYPES.contains(&kind) => {
            refusals.add(schema, format!("has no type `{kind}`"), "Unsupported value");
        }
        Some(_) => {}
    }
    for (_, property) in schema.pairs("properties") {
        structural(&property, refusals);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(key).filter(|inner| inner.node.is_mapping()) {
            structural(&inner, refusals);
        }
    }
}

pub(super) fn webhooks(object: &At<'_>, refusals: &mut Refusals) {
    let hooks = object.list("webhooks");
    refusals.distinct(&hooks, |one| one.text("name"), "name");
    for hook in &hooks {
        if let Some(name) = refusals.required(hook, "name")
            && name
                .word()
                .is_some_and(|text| text.split('.').count() < 3 || !syntax::is_subdomain(text))
        {
            let server = "should be a domain with at least three segments separated by dots";
            refusals.add(&name, "needs three parts with dots between them", server);
        }
        if hook.list("admissionReviewVersions").is_empty() {
            refusals.missing(hook, "admissionReviewVersions");
        }
        match hook.text("sideEffects") {
            Some(_) => {}
            None => {
                let server = "must specify one of None, NoneOnDryRun";
                refusals.add(hook, "needs `sideEffects`", server);
            }
        }
        if let Some(seconds) = hook.get("timeoutSeconds")
            && seconds.node.as_int().is_some_and(|seconds| !(1..=30).contains(&seconds))
        {
            let server = "the timeout value must be between 1 and 30 seconds";
            refusals.add(&seconds, "has to be from 1 to 30", server);
        }
        match hook.get("clientConfig") {
            None => refusals.missing(hook, "clientConfig"),
            Some(config) => {
                if config.has("url") == config.has("service") {
                    let server = "exactly one of url or service is required";
                    refusals.add(&config, "needs `url` or `service`, and not both", server);
                }
                if let Some(service) = config.get("service") {
                    refusals.required(&service, "name");
                    refusals.required(&service, "namespace");
                }
            }
        }
        for key in ["failurePolicy", "matchPolicy"] {
            refusals.filled(hook, key);
        }
        let versions = hook.list("admissionReviewVersions");
        refusals.distinct(&versions, |one| one.word(), "name");
        for version in &versions {
            if version.word().is_some_and(|text| !syntax::is_service_name(text)) {
                let server =
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-'";
                refusals.add(version, "is no version", server);
            }
        }
        if let Some(service) = hook.at(&["clientConfig", "service"]) {
            if service
                .node
                .get("port")
                .is_some_and(|port| port.as_int().is_some_and(|n| !(1..=65535).contains(&n)))
                && let Some(port) = service.get("port")
            {
                refusals.add(&port, "has to be from 1 to 65535", "port is not valid");
            }
            if let Some(path) = service.get("path")
                && path.word().is_some_and(|text| !text.is_empty() && !text.starts_with('/'))
            {
                refusals.add(&path, "has to begin with `/`", "must start with a '/'");
            }
        }
        for rule in hook.list("rules") {
            let operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
            for one in rule.list("operations") {
                if one.word().is_some_and(|text| !operations.contains(&text)) {
                    refusals.add(&one, "is no operation", "Unsupported value");
                }
            }
            if let Some(scope) = rule.get("scope")
                && scope.word().is_some_and(|text| !["*", "Cluster", "Namespaced"].contains(&text))
            {
                refusals.add(
                    &scope,
                    "has to be `*`, `Cluster` or `Namespaced`",
                    "Unsupported value",
                );
            }
            for key in ["apiVersions", "resources"] {
                for one in rule.list(key).iter().filter(|one| one.word() == Some("")) {
                    refusals.add(one, "may not be empty", "Required value");
                }
            }
            for key in ["operations", "apiGroups", "apiVersions", "resources"] {
                if rule.list(key).is_empty() {
                    refusals.missing(&rule, key);
                }
            }
        }
        syntax::selector(hook.get("namespaceSelector"), refusals);
        syntax::selector(hook.get("objectSelector"), refusals);
    }
}
