//! Every route, asked through the gateway from outside.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::bench::{no_answer, time_left};
use crate::cluster::chain;
use crate::object::{list, name, text};
use crate::report::Check;

const LIMIT: Duration = Duration::from_secs(10);
/// Envoy adds it to what a backend has answered, and not to what it says itself.
const FROM_BACKEND: &str = "x-envoy-upstream-service-time";

/// Route and path of each match.
pub(super) fn paths(objects: &[Value]) -> Vec<(String, String)> {
    let routes = objects.iter().filter(|object| object["kind"] == "HTTPRoute");
    routes
        .flat_map(|route| {
            let matches = list(route, "/spec/rules").iter().flat_map(|rule| list(rule, "/matches"));
            matches.map(move |found| {
                (format!("HTTPRoute/{}", name(route)), text(found, "/path/value").to_owned())
            })
        })
        .collect()
}

pub(super) async fn checks(objects: &[Value], gateway: &str, deadline: Instant) -> Vec<Check> {
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let Ok(client) = client else {
        return vec![Check::failed("routes", "client", "route-failed", "no HTTP client")];
    };
    let mut checks = Vec::new();
    for (route, path) in paths(objects) {
        let url = format!("{}{path}", gateway.trim_end_matches('/'));
        let limit = time_left(deadline, LIMIT);
        let checked = tokio::time::timeout(limit, check(&client, route.clone(), &url)).await;
        checks.push(checked.unwrap_or_else(|_| {
            let why = format!("GET {url}: {}", no_answer(limit));
            Check::failed("routes", route, "route-failed", why)
        }));
    }
    checks
}

async fn check(client: &reqwest::Client, route: String, url: &str) -> Check {
    let response = match client.get(url).send().await {
        Ok(response) => response,
        Err(error) => {
            let why = format!("GET {url}: {}", chain(&error));
            return Check::failed("routes", route, "route-failed", why)
                .hint("is the Gateway programmed? `kind-cluster status`");
        }
    };
    let status = response.status();
    let answered = response.headers().contains_key(FROM_BACKEND);
    // Its application may want a login, or have nothing at this path; that is an answer.
    if status.is_server_error() {
        Check::failed("routes", route, "route-failed", format!("GET {url}: {status}"))
    } else if status == reqwest::StatusCode::NOT_FOUND && !answered {
        Check::failed(
            "routes",
            route,
            "route-failed",
            format!("GET {url}: the gateway knows no such route"),
        )
    } else {
        Check::ok("routes", route, format!("GET {url}: {}", status.as_u16()))
    }
}
