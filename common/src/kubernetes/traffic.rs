//! Where routes and Ingresses send traffic to, and the certificates of Gateways and Ingresses.

use super::{Tree, group, kind};

/// The group of the Gateway API.
pub const GATEWAY_API: &str = "gateway.networking.k8s.io";

/// A Service that a route or an Ingress names.
#[derive(Debug)]
pub struct Backend<'a, T> {
    /// The scalar with the name.
    pub name: &'a T,
    /// The scalar with the namespace, where another is said.
    pub namespace: Option<&'a T>,
    /// The scalar with the port's number or name.
    pub port: Option<&'a T>,
}

/// Whether the object is a route of the Gateway API.
pub fn is_route<T: Tree>(object: &T) -> bool {
    group(object) == GATEWAY_API
        && matches!(kind(object), "HTTPRoute" | "GRPCRoute" | "TCPRoute" | "TLSRoute" | "UDPRoute")
}

/// Whether the object is an Ingress.
pub fn is_ingress<T: Tree>(object: &T) -> bool {
    kind(object) == "Ingress" && matches!(group(object), "networking.k8s.io" | "extensions")
}

/// Every Service that the object sends traffic to, except those in annotations of the AWS
/// controller.
pub fn backends<T: Tree>(object: &T) -> Vec<Backend<'_, T>> {
    if is_route(object) {
        of_route(object)
    } else if is_ingress(object) {
        of_ingress(object)
    } else {
        Vec::new()
    }
}

/// The backends of the rules, and those that get a copy of each request.
fn of_route<T: Tree>(route: &T) -> Vec<Backend<'_, T>> {
    let mut found = Vec::new();
    for rule in route.list_at(&["spec", "rules"]) {
        found.extend(mirrors(rule));
        for backend in rule.list("backendRefs") {
            found.extend(reference(backend));
            found.extend(mirrors(backend));
        }
    }
    found
}

fn mirrors<T: Tree>(node: &T) -> impl Iterator<Item = Backend<'_, T>> {
    let filters = node.list("filters").iter();
    filters.filter_map(|filter| reference(filter.at(&["requestMirror", "backendRef"])?))
}

/// Whether a reference of the Gateway API is to a kind; one that says none is to `usual`.
fn is_to<T: Tree>(node: &T, (of, usual): (&str, &str)) -> bool {
    node.word_at(&["kind"]).unwrap_or(usual) == usual
        && node.word_at(&["group"]).unwrap_or(of) == of
}

/// A scalar with a text; `null` is none.
fn scalar<'a, T: Tree>(node: &'a T, key: &str) -> Option<&'a T> {
    node.get(key).filter(|value| value.literal().is_some())
}

/// A reference to a Service; those to other kinds are known to their controllers only.
fn reference<T: Tree>(node: &T) -> Option<Backend<'_, T>> {
    let name = scalar(node, "name").filter(|_| is_to(node, ("", "Service")))?;
    Some(Backend { name, namespace: scalar(node, "namespace"), port: scalar(node, "port") })
}

fn of_ingress<T: Tree>(ingress: &T) -> Vec<Backend<'_, T>> {
    let Some(spec) = ingress.get("spec") else { return Vec::new() };
    let rules = spec.list("rules").iter();
    let paths = rules.flat_map(|rule| rule.list_at(&["http", "paths"]));
    let of_paths = paths.filter_map(|path| path.get("backend"));
    let default = spec.get("defaultBackend").or_else(|| spec.get("backend"));
    let backends = default.into_iter().chain(of_paths);
    backends.filter_map(|node| of_backend(ingress, node)).collect()
}

/// The start of the AWS controller's annotations that stand for a backend.
pub const ACTION: &str = "alb.ingress.kubernetes.io/actions.";

/// A backend as `networking.k8s.io/v1` writes it, or as the versions before did.
fn of_backend<'a, T: Tree>(ingress: &'a T, node: &'a T) -> Option<Backend<'a, T>> {
    let (name, port) = match node.get("service") {
        Some(service) => {
            let port = service.get("port");
            let part = |key| port.and_then(|port| scalar(port, key));
            (scalar(service, "name")?, part("number").or_else(|| part("name")))
        }
        None => (scalar(node, "serviceName")?, scalar(node, "servicePort")),
    };
    // The AWS controller looks at the annotation of the name instead of a Service.
    let by_annotation = port.is_some_and(|port| port.word() == Some("use-annotation"));
    let action = format!("{ACTION}{}", name.word().unwrap_or_default());
    if by_annotation && ingress.annotation(&action).is_some() {
        return None;
    }
    Some(Backend { name, namespace: None, port: port.filter(|_| !by_annotation) })
}

/// The references to Gateways that a route has as its parents; a parent may be of another kind, too.
pub fn parents<T: Tree>(route: &T) -> impl Iterator<Item = &T> {
    let references = route.list_at(&["spec", "parentRefs"]).iter();
    references
        .filter(|node| scalar(*node, "name").is_some() && is_to(*node, (GATEWAY_API, "Gateway")))
}

/// The references to Secrets that a Gateway's listeners have as their certificates.
pub fn certificates<T: Tree>(gateway: &T) -> impl Iterator<Item = &T> {
    let listeners = gateway.list_at(&["spec", "listeners"]).iter();
    let references = listeners.flat_map(|one| one.list_at(&["tls", "certificateRefs"]));
    references.filter(|node| is_to(*node, ("", "Secret")))
}

/// The scalars with the Secrets of an Ingress. The AWS controller takes certificates by ARN, and
/// does not look at them.
pub(super) fn tls<T: Tree>(ingress: &T) -> impl Iterator<Item = &T> {
    let with_arn = is_alb(ingress);
    let tls = ingress.list_at(&["spec", "tls"]).iter().filter(move |_| !with_arn);
    tls.filter_map(|tls| tls.get("secretName"))
}

/// Whether the AWS controller serves the Ingress.
fn is_alb<T: Tree>(ingress: &T) -> bool {
    let annotations = ingress.at(&["metadata", "annotations"]).into_iter().flat_map(T::entries);
    let mut keys = annotations.map(|(key, _)| key);
    ingress.word_at(&["spec", "ingressClassName"]) == Some("alb")
        || ingress.annotation("kubernetes.io/ingress.class") == Some("alb")
        || keys.any(|key| key.starts_with("alb.ingress.kubernetes.io/"))
}
