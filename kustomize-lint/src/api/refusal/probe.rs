//! Probes and hooks of containers.

use super::at::{At, Refusals};
use super::syntax;

pub(super) fn check(probe: &At<'_>, kind: &str, refusals: &mut Refusals) {
    handler(probe, &["exec", "grpc", "httpGet", "tcpSocket"], refusals);
    for key in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        refusals.at_least(probe, key, 0);
    }
    let once = kind != "readinessProbe";
    if let (true, Some(at)) = (once, probe.get("successThreshold"))
        && at.node.as_int().is_some_and(|times| times > 1)
    {
        refusals.add(&at, "has to be 1 for this probe", "must be 1");
    }
    if let Some(at) = probe.get("terminationGracePeriodSeconds") {
        if kind == "readinessProbe" {
            let server = "must not be set for readinessProbes";
            refusals.add(&at, "is not for readiness probes", server);
        } else if at.node.as_int().is_some_and(|seconds| seconds < 1) {
            refusals.add(&at, "has to be 1 or more", "must be greater than 0");
        }
    }
}

/// The handler of a probe or a hook, of which there has to be exactly one.
pub(super) fn handler(at: &At<'_>, kinds: &[&str], refusals: &mut Refusals) {
    match kinds.iter().filter(|kind| at.has(kind)).count() {
        0 => {
            let server = "must specify a handler type";
            refusals.add(at, format!("needs one of `{}`", kinds.join("`, `")), server);
        }
        1 => {}
        _ => {
            let server = "may not specify more than 1 handler type";
            refusals.add(at, format!("has more than one of `{}`", kinds.join("`, `")), server);
        }
    }
    if let Some(exec) = at.get("exec").filter(|_| kinds.contains(&"exec")) {
        refusals.required(&exec, "command");
    }
    if let Some(http) = at.get("httpGet") {
        refusals.required(&http, "port");
        syntax::port(http.get("port"), refusals);
        for header in http.list("httpHeaders") {
            let is_name = |text: &str| {
                !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            };
            if refusals.required(&header, "name").is_some() {
                let server = "a valid HTTP header must consist of alphanumeric characters or '-'";
                syntax::form(header.get("name"), is_name, "the name of a header", server, refusals);
            }
        }
    }
    if let Some(tcp) = at.get("tcpSocket") {
        refusals.required(&tcp, "port");
        syntax::port(tcp.get("port"), refusals);
    }
    if let Some(grpc) = at.get("grpc") {
        refusals.required(&grpc, "port");
        syntax::port(grpc.get("port"), refusals);
    }
    if let Some(sleep) = at.get("sleep").filter(|_| kinds.contains(&"sleep")) {
        refusals.at_least_long(&sleep, "seconds", 0);
    }
}
