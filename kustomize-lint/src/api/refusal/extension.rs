//! Definitions of custom resources, and webhooks.

use super::at::{At, Refusals};
use super::forms;
use super::structural::{Wanted, misfit};
use super::syntax;

pub(super) fn definition(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return refusals.missing(object, "spec") };
    refusals.required(&spec, "group");
    forms::group(object, &spec, refusals);
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
                    refusals.add(&at, "is not a valid name of a resource", server);
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
        if let (Some(warning), false) =
            (version.get("deprecationWarning"), version.is("deprecated"))
        {
            let server = "can only be set for deprecated versions";
            refusals.add(&warning, "needs `deprecated: true`", server);
        }
        forms::scale(version, refusals);
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
            Some(schema) => {
                forms::top(&schema, refusals);
                structural(&schema, refusals);
                for field in version.list("selectableFields") {
                    selectable(&field, &schema, refusals);
                }
            }
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
    forms::part(schema, refusals);
    lists(schema, refusals);
    values(schema, refusals);
    for (_, property) in schema.pairs("properties") {
        structural(&property, refusals);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(key).filter(|inner| inner.node.is_mapping()) {
            structural(&inner, refusals);
        }
    }
}

/// Lists, and the keys that tell their items apart.
fn lists(schema: &At<'_>, refusals: &mut Refusals) {
    if schema.text("type") == Some("array") && !schema.has("items") {
        refusals.missing(schema, "items");
    }
    if let Some(items) = schema.get("items").filter(|items| !items.node.is_mapping()) {
        refusals.add(&items, "has to be a schema", "Required value: must be specified");
    }
    if let Some(one) = schema.get("additionalProperties")
        && !one.node.is_mapping()
        && one.node.as_bool().is_none()
    {
        refusals.add(&one, "has to be a schema", "unable to convert unstructured object");
    }
    if let Some(kind) = schema.get("x-kubernetes-list-type")
        && kind.word().is_some_and(|text| !["atomic", "map", "set"].contains(&text))
    {
        let server = "Unsupported value: supported values: \"atomic\", \"map\", \"set\"";
        refusals.add(&kind, "has to be `atomic`, `map` or `set`", server);
    }
    let keys = schema.list("x-kubernetes-list-map-keys");
    refusals.distinct(&keys, |key| key.word(), "key");
    let is_map = schema.text("x-kubernetes-list-type") == Some("map");
    if is_map && keys.is_empty() {
        refusals.missing(schema, "x-kubernetes-list-map-keys");
    } else if let (false, Some(at)) = (is_map, schema.get("x-kubernetes-list-map-keys")) {
        let server = "must be map if x-kubernetes-list-map-keys is non-empty";
        refusals.add(&at, "is for lists of the type `map`", server);
    }
    let Some(items) = schema.get("items") else { return };
    for key in &keys {
        let Some(name) = key.word() else { continue };
        match items.at(&["properties", name]) {
            None => refusals.add(key, "is not a field of the items", "must be a required property"),
            Some(field) => {
                let required = items.list("required").iter().any(|one| one.word() == Some(name));
                if !required && !field.has("default") {
                    let server = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
                    refusals.add(&field, "has to be required, or to have a default", server);
                }
            }
        }
    }
}

/// Allowed values and the default.
fn values(schema: &At<'_>, refusals: &mut Refusals) {
    let rules = schema.list("x-kubernetes-validations");
    refusals.distinct(&rules, |one| one.text("rule"), "`rule`");
    for rule in &rules {
        if let Some(text) = refusals.required(rule, "rule")
            && text.word().is_some_and(|text| !super::structural::is_expression(text))
        {
            refusals.add(&text, "is not an expression in CEL", "compilation failed");
        }
        if let Some(text) = rule.get("rule")
            && let Some(name) = text
                .word()
                .and_then(|text| super::structural::undeclared(text, &["self", "oldSelf"]))
        {
            refusals.add(&text, format!("has no variable `{name}`"), "undeclared reference to");
            continue;
        }
        let json = schema.node.to_json();
        let is_root = schema.path.ends_with("openAPIV3Schema");
        for (key, wanted) in [("rule", Wanted::Boolean), ("messageExpression", Wanted::Text)] {
            let Some(text) = rule.get(key) else { continue };
            let misfit = text.word().and_then(|text| misfit(text, &json, is_root, wanted));
            if let Some(misfit) = misfit {
                refusals.add(&text, misfit.problem, misfit.server);
            }
        }
    }
    if let Some(default) = schema.get("default") {
        let json = schema.node.to_json();
        super::structural::check(&json, &default, super::structural::Others::Unknown, refusals);
    }
}

/// A field that requests may select by: one text, number or boolean.
fn selectable(field: &At<'_>, schema: &At<'_>, refusals: &mut Refusals) {
    let Some(path) = field.get("jsonPath") else { return };
    let Some(keys) = path.word().and_then(|text| text.strip_prefix('.')) else { return };
    let found = keys.split('.').try_fold(schema.clone(), |at, key| at.at(&["properties", key]));
    let fits =
        found.is_some_and(|at| matches!(at.text("type"), Some("boolean" | "integer" | "string")));
    if !fits {
        let server = "is an invalid path: must point to a field of type string, boolean or integer";
        refusals.add(&path, "names no text, number or boolean of the schema", server);
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
                refusals.add(version, "is not a version", server);
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
            for key in ["operations", "apiGroups", "apiVersions"] {
                let items = rule.list(key);
                let all = items.iter().any(|item| item.word() == Some("*"));
                if let (true, Some(at)) = (all && items.len() > 1, rule.get(key)) {
                    let server = "if '*' is present, must not specify other";
                    refusals.add(&at, "may have `*` only alone", server);
                }
            }
            let operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
            for one in rule.list("operations") {
                if one.word().is_some_and(|text| !operations.contains(&text)) {
                    refusals.add(&one, "is not an operation", "Unsupported value");
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
