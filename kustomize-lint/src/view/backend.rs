//! Where routes and Ingresses send traffic to.

use crate::object::{Object, group};
use crate::tree::Node;

/// The group of the Gateway API.
pub(crate) const GATEWAY_API: &str = "gateway.networking.k8s.io";

/// A Service that a route or an Ingress names.
#[derive(Clone, Debug)]
pub(crate) struct Backend<'a> {
    /// The name, which may stand in the text of an annotation.
    pub(crate) name: String,
    /// Its place: the scalar with the name, or the annotation.
    pub(crate) node: &'a Node,
    /// The namespace, where another is said.
    pub(crate) namespace: Option<&'a Node>,
    /// The port, as a number or a name.
    pub(crate) port: Option<Port<'a>>,
}

impl Backend<'_> {
    /// The namespace of the Service: that of the object when it says no other.
    pub(crate) fn namespace_of<'b>(&'b self, object: &'b Object) -> &'b str {
        let said = self.namespace.and_then(Node::scalar);
        said.map_or(object.namespace(), |scalar| &scalar.text)
    }
}

/// The port of a Service.
#[derive(Clone, Debug)]
pub(crate) struct Port<'a> {
    /// Number or name.
    pub(crate) text: String,
    pub(crate) named: bool,
    pub(crate) node: &'a Node,
}

/// Whether the object is a route of the Gateway API.
pub(crate) fn is_route(object: &Object) -> bool {
    group(object) == GATEWAY_API
        && matches!(object.kind(), "HTTPRoute" | "GRPCRoute" | "TCPRoute" | "TLSRoute" | "UDPRoute")
}

pub(crate) fn is_ingress(object: &Object) -> bool {
    object.kind() == "Ingress" && matches!(group(object), "networking.k8s.io" | "extensions")
}

/// Every Service that the object sends traffic to.
pub(crate) fn backends(object: &Object) -> Vec<Backend<'_>> {
    if is_route(object) {
        of_route(object)
    } else if is_ingress(object) {
        let mut found = of_ingress(object);
        found.extend(actions(object));
        found
    } else {
        Vec::new()
    }
}

/// The backends of the rules, and those that get a copy of each request.
fn of_route(object: &Object) -> Vec<Backend<'_>> {
    let mut found = Vec::new();
    for rule in object.node.items_at(&["spec", "rules"]) {
        found.extend(mirrors(rule));
        for backend in rule.items_at(&["backendRefs"]) {
            found.extend(reference(backend));
            found.extend(mirrors(backend));
        }
    }
    found
}

fn mirrors(node: &Node) -> impl Iterator<Item = Backend<'_>> {
    let filters = node.items_at(&["filters"]).iter();
    filters.filter_map(|filter| reference(filter.at(&["requestMirror", "backendRef"])?))
}

/// A reference to a Service; those to other kinds are theirs who know them.
fn reference(node: &Node) -> Option<Backend<'_>> {
    let is_service = node.str_at(&["kind"]).unwrap_or("Service") == "Service"
        && node.str_at(&["group"]).unwrap_or_default().is_empty();
    let name = node.get("name").filter(|_| is_service)?;
    Some(Backend {
        name: node.word_at(&["name"])?.to_owned(),
        node: name,
        namespace: node.get("namespace").filter(|node| !node.is_null()),
        port: node.get("port").and_then(port),
    })
}

fn port(node: &Node) -> Option<Port<'_>> {
    let scalar = node.scalar().filter(|_| !node.is_null())?;
    Some(Port { text: scalar.text.clone(), named: node.as_str().is_some(), node })
}

fn of_ingress(object: &Object) -> Vec<Backend<'_>> {
    let Some(spec) = object.node.get("spec") else { return Vec::new() };
    let rules = spec.items_at(&["rules"]).iter();
    let paths = rules.flat_map(|rule| rule.items_at(&["http", "paths"]));
    let of_paths = paths.filter_map(|path| path.get("backend"));
    let defaults = spec.get("defaultBackend").or_else(|| spec.get("backend"));
    let backends = defaults.into_iter().chain(of_paths);
    backends.filter_map(|node| of_backend(object, node)).collect()
}

/// A backend as `networking.k8s.io/v1` writes it, or as the versions before did.
fn of_backend<'a>(object: &Object, node: &'a Node) -> Option<Backend<'a>> {
    let (name, port) = match node.get("service") {
        Some(service) => {
            let number = service.at(&["port", "number"]);
            (service.get("name")?, number.or_else(|| service.at(&["port", "name"])))
        }
        None => (node.get("serviceName")?, node.get("servicePort")),
    };
    let text = name.scalar().filter(|_| !name.is_null())?.text.clone();
    let port = port.and_then(self::port);
    // The AWS controller looks at the annotation of the name instead of a Service.
    let by_annotation = port.as_ref().is_some_and(|port| port.text == "use-annotation");
    if by_annotation && object.annotation(&format!("{ACTION}{text}")).is_some() {
        return None;
    }
    let port = port.filter(|_| !by_annotation);
    Some(Backend { name: text, node: name, namespace: None, port })
}

const ACTION: &str = "alb.ingress.kubernetes.io/actions.";

/// The Services that actions of the AWS controller forward to.
fn actions(object: &Object) -> Vec<Backend<'_>> {
    let annotations = object.annotations();
    let mut found = Vec::new();
    for entry in annotations.iter().filter(|entry| entry.key.starts_with(ACTION)) {
        let text = entry.value.as_str().unwrap_or_default();
        let Ok(action) = serde_json::from_str::<serde_json::Value>(text) else { continue };
        let groups = action.pointer("/forwardConfig/targetGroups").and_then(|g| g.as_array());
        for group in groups.into_iter().flatten() {
            let Some(name) = group.get("serviceName").and_then(|name| name.as_str()) else {
                continue;
            };
            let node = &entry.value;
            let port = group.get("servicePort").and_then(|port| match port {
                serde_json::Value::Number(number) => Some((number.to_string(), false)),
                // The controller takes a number in quotes for a number.
                serde_json::Value::String(text) => {
                    Some((text.clone(), text.parse::<u16>().is_err()))
                }
                _ => None,
            });
            let port = port.map(|(text, named)| Port { text, named, node });
            found.push(Backend { name: name.to_owned(), node, namespace: None, port });
        }
    }
    found
}
