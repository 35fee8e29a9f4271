use std::collections::HashMap;

use super::prelude::*;
use crate::tree::Origin;
use crate::view::{GATEWAY_API, is_ingress, parents};

rule! {
    /// A match of a route, or a path of an Ingress, that another one takes away completely.
    ///
    /// Where two matches for the same host names and the same Gateway are equal, the Gateway API
    /// takes the route that is older, then the one whose namespace and name come first, and within
    /// a route the first rule; the other never gets a request. Two Ingresses of a class with the
    /// same host and path are in the same position. Matches that are merely wider or narrower are
    /// fine: the more specific wins. Ingresses of the AWS controller only compete within a
    /// `group.name` and at the same ports, and canaries of the nginx controller repeat a path on
    /// purpose.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web}
    /// spec:
    ///   parentRefs: [{name: public}]
    ///   rules:
    ///     - matches: [{path: {type: PathPrefix, value: /api}}]
    ///       backendRefs: [{name: web, port: 80}]
    ///     - matches: [{path: {type: PathPrefix, value: /api/}}]
    ///       backendRefs: [{name: api, port: 80}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata: {name: web}
    /// spec:
    ///   parentRefs: [{name: public}]
    ///   rules:
    ///     - matches: [{path: {type: PathPrefix, value: /}}]
    ///       backendRefs: [{name: web, port: 80}]
    ///     - matches: [{path: {type: PathPrefix, value: /api}}]
    ///       backendRefs: [{name: api, port: 80}]
    /// ```
    KG007 "route-shadowed" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let mut objects: Vec<&Object> = overlay.objects().iter().collect();
    // Objects that are made together are as old as each other: the names decide.
    objects.sort_by_key(|object| (effective(object.namespace()), object.name()));
    let mut taken: HashMap<String, Winner<'_>> = HashMap::new();
    for object in objects {
        let is_route =
            group(object) == GATEWAY_API && matches!(object.kind(), "HTTPRoute" | "GRPCRoute");
        let matches = match object.kind() {
            _ if is_route => of_route(object),
            _ if is_ingress(object) => of_ingress(object),
            _ => continue,
        };
        for one in matches {
            // It is shadowed where each of its host names is taken.
            let winner = one.keys.iter().map(|key| taken.get(key)).collect::<Option<Vec<_>>>();
            let winner = winner.and_then(|winners| winners.first().copied().copied());
            if let Some(winner) = winner {
                let other = match winner.object.key == object.key {
                    true => "another rule".to_owned(),
                    false => winner.object.id().to_string(),
                };
                let message = format!(
                    "this match of {object} never gets a request: {other} has the same match"
                );
                let finding = findings.origin(&one.origin, message);
                finding.object(object).also(winner.place.place(), "this one gets the requests");
                finding
                    .detail(one.keys.join(" "))
                    .hint("remove one of them, or make one more specific");
            }
            for key in one.keys {
                taken.entry(key).or_insert(Winner { object, place: one.origin });
            }
        }
    }
}

/// Who has a match.
#[derive(Clone, Copy)]
struct Winner<'a> {
    object: &'a Object,
    place: Origin,
}

/// A match, with a text for each Gateway and host name that is equal for equal matches.
struct Match {
    origin: Origin,
    keys: Vec<String>,
}

fn of_route(route: &Object) -> Vec<Match> {
    let hosts = route.node.items_at(&["spec", "hostnames"]).iter().filter_map(Node::as_str);
    let mut hosts: Vec<String> = hosts.map(str::to_ascii_lowercase).collect();
    if hosts.is_empty() {
        hosts.push("*".to_owned());
    }
    let parents: Vec<String> = parents(route)
        .map(|parent| {
            let part = |field: &str| parent.node.word_at(&[field]).unwrap_or("*");
            let (namespace, name) = (effective(parent.namespace), parent.name());
            format!("{namespace}/{name}/{}/{}", part("sectionName"), part("port"))
        })
        .collect();
    let mut found = Vec::new();
    for rule in route.node.items_at(&["spec", "rules"]) {
        let add = |found: &mut Vec<Match>, node: &Node, text: String| {
            let pairs = parents.iter().flat_map(|parent| hosts.iter().map(move |h| (parent, h)));
            let kind = route.kind();
            let keys = pairs.map(|(parent, host)| format!("{kind} {parent} {host} {text}"));
            let keys: Vec<String> = keys.collect();
            // Without a parent it competes with nothing.
            if !keys.is_empty() {
                found.push(Match { origin: place(node), keys });
            }
        };
        let matches = rule.items_at(&["matches"]);
        if matches.is_empty() {
            let empty = Node::mapping(rule.origin);
            add(&mut found, rule, canonical(route.kind(), &empty));
        }
        for one in matches {
            add(&mut found, one, canonical(route.kind(), one));
        }
    }
    found
}

/// The path of a match is a shorter place than the whole of it.
fn place(node: &Node) -> Origin {
    let value = node.at(&["path", "value"]).or_else(|| node.at(&["method", "service"]));
    value.or_else(|| node.at(&["backendRefs"])?.items().first()?.get("name")).unwrap_or(node).origin
}

/// The match with everything that is not said, in an order that does not matter.
fn canonical(kind: &str, one: &Node) -> String {
    if kind != "HTTPRoute" {
        return one.to_json().to_string();
    }
    let path_kind = one.str_at(&["path", "type"]).unwrap_or("PathPrefix");
    let path = one.word_at(&["path", "value"]).unwrap_or("/");
    let path = match path_kind {
        "PathPrefix" if path.len() > 1 => path.trim_end_matches('/'),
        _ => path,
    };
    let list = |field: &str| {
        let mut all: Vec<String> = one
            .items_at(&[field])
            .iter()
            .map(|item| {
                let part = |field: &str| item.word_at(&[field]).unwrap_or_default();
                let name = match field {
                    "headers" => part("name").to_ascii_lowercase(),
                    _ => part("name").to_owned(),
                };
                let kind = item.str_at(&["type"]).unwrap_or("Exact");
                format!("{kind} {name:?}={:?}", part("value"))
            })
            .collect();
        all.sort();
        all.join(",")
    };
    let method = one.str_at(&["method"]).unwrap_or_default();
    format!("{path_kind} {path} {method} [{}] [{}]", list("headers"), list("queryParams"))
}

fn of_ingress(ingress: &Object) -> Vec<Match> {
    let annotations = ingress.annotations();
    let has = |start: &str| annotations.iter().any(|entry| entry.key.starts_with(start));
    // Both make more of a match than its path.
    if has("nginx.ingress.kubernetes.io/canary") || has("alb.ingress.kubernetes.io/conditions.") {
        return Vec::new();
    }
    let class = ingress.node.str_at(&["spec", "ingressClassName"]);
    let class = class.or(ingress.annotation("kubernetes.io/ingress.class")).unwrap_or_default();
    let alone = ingress.id().to_string();
    let shared = match ingress.annotation("alb.ingress.kubernetes.io/group.name") {
        Some(group) => group,
        None if class == "alb" || has("alb.ingress.kubernetes.io/") => &alone,
        None => "",
    };
    // Two that listen at different ports do not meet.
    let listens = [
        "alb.ingress.kubernetes.io/listen-ports",
        "traefik.ingress.kubernetes.io/router.entrypoints",
    ];
    let listens = listens.iter().find_map(|key| ingress.annotation(key)).unwrap_or_default();
    let mut found = Vec::new();
    for rule in ingress.node.items_at(&["spec", "rules"]) {
        let host = rule.word_at(&["host"]).unwrap_or("*").to_ascii_lowercase();
        for path in rule.items_at(&["http", "paths"]) {
            let kind = path.str_at(&["pathType"]).unwrap_or_default();
            let value = path.word_at(&["path"]).unwrap_or("/");
            let value = match kind {
                "Prefix" if value.len() > 1 => value.trim_end_matches('/'),
                _ => value,
            };
            let origin = path.get("path").unwrap_or(path).origin;
            let key = format!("Ingress {class} {shared} {listens} {host} {kind} {value}");
            found.push(Match { origin, keys: vec![key] });
        }
    }
    found
}
