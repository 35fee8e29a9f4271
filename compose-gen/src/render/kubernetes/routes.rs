//! How services are reached from outside: HTTPRoutes under a Gateway, or Ingresses that share
//! one ALB.

use serde_json::{Value, json};

use super::view::{Key, Objects, View};
use crate::model::{Health, Service};
use crate::spec::types::{Alb, Route, Scheme};

/// The Gateway's name is the project's.
pub(super) fn routes(view: &View<'_>, objects: &mut Objects) {
    let Some(environment) = view.environment.and_then(|e| view.platform.environments.get(e)) else {
        return;
    };
    let Some(exposure) = &environment.exposure else { return };
    for service in view.platform.services_in(view.environment) {
        let (kind, value) = match (&exposure.gateway, &exposure.alb) {
            (Some(_), _) => ("HTTPRoute", http_route(view, service)),
            (None, Some(alb)) => ("Ingress", ingress(alb, service)),
            (None, None) => return,
        };
        let Some(value) = value else { continue };
        let key = Key {
            home: service.home().to_owned(),
            file: "routes".into(),
            rank: 0,
            kind: kind.into(),
            name: service.name.clone(),
        };
        objects.insert(key, value);
    }
}

fn port(service: &Service, route: &Route) -> u16 {
    route.port.or(service.ports.first().map(|port| port.target)).unwrap_or(80)
}

/// Rules with the longest prefix first, as the controller would take them.
fn http_route(view: &View<'_>, service: &Service) -> Option<Value> {
    let mut routes: Vec<(&String, &Route)> =
        service.routes.iter().filter_map(|route| Some((route.path.as_ref()?, route))).collect();
    if routes.is_empty() {
        return None;
    }
    routes.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then(a.cmp(b)));
    let rules: Vec<Value> = routes
        .into_iter()
        .map(|(path, route)| {
            let mut rule = json!({
                "backendRefs": [{"name": service.name, "port": port(service, route)}],
                "matches": [{"path": {"type": "PathPrefix", "value": path}}],
            });
            if let Some(rewrite) = route.rewrite.as_ref().filter(|rewrite| *rewrite != path) {
                let replace = json!({"type": "ReplacePrefixMatch", "replacePrefixMatch": rewrite});
                rule["filters"] = json!([{"type": "URLRewrite", "urlRewrite": {"path": replace}}]);
            }
            rule
        })
        .collect();
    Some(json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": service.name},
        "spec": {"parentRefs": [{"name": view.platform.name}], "rules": rules},
    }))
}

fn ingress(alb: &Alb, service: &Service) -> Option<Value> {
    let hosts: Vec<&Route> = service.routes.iter().filter(|route| route.host.is_some()).collect();
    let first = hosts.first()?;
    let checked = match &service.health {
        Health::Check(check) => check.http().map(|(_, path)| path.to_owned()),
        _ => None,
    };
    let health = first.health.clone().or(checked).unwrap_or_else(|| "/".into());
    let scheme = match alb.scheme {
        Some(Scheme::Internal) => "internal",
        _ => "internet-facing",
    };
    let rules: Vec<Value> = hosts
        .iter()
        .map(|route| {
            let host = route.host.as_deref().unwrap_or_default();
            let backend = json!({"name": service.name, "port": {"number": port(service, route)}});
            json!({
                "host": format!("{host}.{}", alb.domain),
                "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": backend}}]},
            })
        })
        .collect();
    let mut ingress = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": service.name,
            "annotations": {
                "alb.ingress.kubernetes.io/certificate-arn": alb.certificate,
                "alb.ingress.kubernetes.io/group.name": alb.group,
                "alb.ingress.kubernetes.io/healthcheck-path": health,
                "alb.ingress.kubernetes.io/listen-ports": "[{\"HTTP\": 80}, {\"HTTPS\": 443}]",
                "alb.ingress.kubernetes.io/scheme": scheme,
                "alb.ingress.kubernetes.io/ssl-redirect": "443",
                "alb.ingress.kubernetes.io/target-type": "ip",
            },
        },
        "spec": {"ingressClassName": "alb", "rules": rules},
    });
    if let Some(group) = &alb.security_group {
        ingress["metadata"]["annotations"]["alb.ingress.kubernetes.io/security-groups"] =
            json!(group);
    }
    let notes = &mut ingress["metadata"]["annotations"];
    let host = first.host.as_deref().unwrap_or_default();
    if let Some(blocks) = alb.blocks(host) {
        let condition = json!([{"field": "source-ip", "sourceIpConfig": {"values": blocks}}]);
        let name = format!("alb.ingress.kubernetes.io/conditions.{}", service.name);
        notes[name] = json!(condition.to_string());
    }
    let asked = alb
        .authentication
        .as_ref()
        .filter(|authentication| !authentication.except.iter().any(|one| one == host));
    if let Some(authentication) = asked.filter(|authentication| authentication.kind != "none") {
        notes["alb.ingress.kubernetes.io/auth-type"] = json!(authentication.kind);
        notes[format!("alb.ingress.kubernetes.io/auth-idp-{}", authentication.kind)] =
            json!(authentication.provider);
        notes["alb.ingress.kubernetes.io/auth-on-unauthenticated-request"] = json!("authenticate");
    }
    Some(ingress)
}
