//! Gateway API: the rules that its definitions state in CEL.

use super::at::{At, Refusals};
use super::syntax;

pub(super) fn gateway(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return };
    refusals.required(&spec, "gatewayClassName");
    let listeners = spec.list("listeners");
    if listeners.is_empty() {
        refusals.missing(&spec, "listeners");
    }
    for listener in &listeners {
        if refusals.required(listener, "name").is_some() {
            syntax::subdomain(listener.get("name"), refusals);
        }
        refusals.required(listener, "protocol");
        for reference in listener.get("tls").iter().flat_map(|tls| tls.list("certificateRefs")) {
            refusals.required(&reference, "name");
        }
    }
    refusals.distinct(&listeners, |one| one.text("name"), "name");
    let address = |one: &At<'_>| {
        let text = |key| one.text(key).unwrap_or_default().to_owned();
        Some((one.int("port")?, text("protocol"), text("hostname")))
    };
    let mut seen = Vec::new();
    for listener in &listeners {
        let Some(value) = address(listener) else { continue };
        if seen.contains(&value) {
            let server =
                "Combination of port, protocol and hostname must be unique for each listener";
            let why = "has the same port, protocol and host name as another";
            refusals.add(listener, why, server);
        }
        seen.push(value);
        protocol(listener, refusals);
    }
}

fn protocol(listener: &At<'_>, refusals: &mut Refusals) {
    let protocol = listener.text("protocol").unwrap_or_default();
    if let (Some(tls), "HTTP" | "TCP" | "UDP") = (listener.get("tls"), protocol) {
        let server = "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']";
        refusals.add(&tls, format!("is not for `{protocol}`"), server);
    }
    if let (Some(host), "TCP" | "UDP") = (listener.get("hostname"), protocol)
        && host.word().is_some_and(|text| !text.is_empty())
    {
        let server = "hostname must not be specified for protocols ['TCP', 'UDP']";
        refusals.add(&host, format!("is not for `{protocol}`"), server);
    }
    if let Some(tls) = listener.get("tls") {
        let mode = tls.text("mode").unwrap_or("Terminate");
        if mode == "Terminate"
            && tls.list("certificateRefs").is_empty()
            && tls.pairs("options").is_empty()
        {
            let server = "certificateRefs or options must be specified when mode is Terminate";
            refusals.add(&tls, "needs `certificateRefs`", server);
        }
        if protocol == "HTTPS" && mode != "Terminate" {
            let server = "tls mode must be Terminate for protocol HTTPS";
            refusals.add(&tls, "needs the mode `Terminate` for `HTTPS`", server);
        }
    }
}

pub(super) fn http_route(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return };
    for parent in spec.list("parentRefs") {
        refusals.required(&parent, "name");
    }
    if spec.has("rules") && spec.list("rules").is_empty() {
        let server = "spec.rules in body should have at least 1 items";
        refusals.add(&spec, "needs `rules`", server);
    }
    for rule in spec.list("rules") {
        for matching in rule.list("matches") {
            let Some(path) = matching.get("path") else { continue };
            let regular = path.text("type") == Some("RegularExpression");
            let text = path.node.str_at(&["value"]);
            if !regular && text.is_some_and(|text| !text.starts_with('/')) {
                let server = "value must be an absolute path and start with '/'";
                refusals.add(&path, "needs a `value` that begins with `/`", server);
            }
            let headers = matching.list("headers");
            refusals.distinct(&headers, |one| one.text("name"), "name");
        }
        for backend in rule.list("backendRefs") {
            refusals.required(&backend, "name");
            let service = backend.text("kind").unwrap_or("Service") == "Service";
            if service && backend.text("group").is_none() && !backend.has("port") {
                refusals.add(&backend, "needs a `port`", "Must have port for Service reference");
            }
        }
    }
}
