//! Kinds of the cluster itself: admission policies, API services, flow control, endpoints.

use super::at::{At, Refusals};
use super::structural::unknown_variable;
use super::syntax;
use crate::api::violation::Subject;

/// A ValidatingAdmissionPolicy.
pub(super) fn policy(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return };
    if spec.list("validations").is_empty() && spec.list("auditAnnotations").is_empty() {
        let server = "validations or auditAnnotations must contain at least one item";
        refusals.add(&spec, "needs `validations` or `auditAnnotations`", server);
    }
    for one in spec.list("validations") {
        if let Some(message) = one.get("message")
            && message.word().is_some_and(|text| text.trim().contains(['\n', '\r']))
        {
            refusals.add(&message, "has more than one line", "must not contain line breaks");
        }
        if let (Some(expression), false) = (one.get("expression"), spec.has("paramKind"))
            && expression.word().is_some_and(|text| {
                let known = super::table::ADMISSION.iter().filter(|name| **name != "params");
                let known: Vec<&str> = known.copied().collect();
                super::structural::undeclared(text, &known).as_deref() == Some("params")
            })
        {
            let server = "undeclared reference to 'params'";
            refusals.add(&expression, "needs `paramKind` for `params`", server);
        }
    }
    variables(&spec, refusals);
    let name = object.at(&["metadata", "name"]);
    let name = name.as_ref().and_then(|name| name.word()).unwrap_or_default();
    for annotation in spec.list("auditAnnotations") {
        let Some(key) = annotation.get("key") else { continue };
        if key.word().is_some_and(|text| !syntax::is_qualified(&format!("{name}/{text}"))) {
            let server = "name part must consist of alphanumeric characters, '-', '_' or '.'";
            refusals.add(&key, "is not a key behind the name of the policy", server);
        }
    }
}

/// The variables that expressions of a policy read. A variable may read those before it.
fn variables(spec: &At<'_>, refusals: &mut Refusals) {
    let variables = spec.list("variables");
    let names: Vec<&str> = variables.iter().filter_map(|one| one.text("name")).collect();
    let expressions = |list: &str, key: &str| -> Vec<_> {
        spec.list(list).iter().filter_map(|one| one.get(key)).collect()
    };
    let mut check = |expression: At<'_>, names: &[&str]| {
        if let Some(found) = expression.word().and_then(|text| unknown_variable(text, names)) {
            let server = match names.is_empty() {
                true => "undeclared reference to 'variables'".to_owned(),
                false => found.server,
            };
            refusals.add(&expression, found.problem, server);
        }
    };
    for (at, one) in variables.iter().enumerate().skip(1) {
        if let Some(expression) = one.get("expression") {
            check(expression, &names[..at.min(names.len())]);
        }
    }
    for (list, key) in [
        ("validations", "expression"),
        ("validations", "messageExpression"),
        ("auditAnnotations", "valueExpression"),
    ] {
        expressions(list, key).into_iter().for_each(|expression| check(expression, &names));
    }
}

/// A ValidatingAdmissionPolicyBinding.
pub(super) fn binding(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return };
    if let Some(parameter) = spec.get("paramRef") {
        let is_named = parameter.text("name").is_some();
        if is_named == parameter.has("selector") {
            let server = "one of name or selector must be specified";
            refusals.add(&parameter, "needs `name` or `selector`, and not both", server);
        }
    }
    let actions = spec.list("validationActions");
    let has = |action: &str| actions.iter().any(|one| one.word() == Some(action));
    if let (true, Some(at)) = (has("Deny") && has("Warn"), spec.get("validationActions")) {
        let server = "must not contain both Deny and Warn";
        refusals.add(&at, "may not have `Deny` and `Warn`", server);
    }
}

/// The object of an Event.
pub(super) fn event(object: &At<'_>, refusals: &mut Refusals) {
    let namespace = |keys: &[&str]| object.at(keys).and_then(|at| at.word()).unwrap_or_default();
    let about = object.at(&["involvedObject", "namespace"]);
    let event_namespace = namespace(&["metadata", "namespace"]);
    if let Some(at) = about.filter(|at| at.word() != Some("") && at.word() != Some(event_namespace))
        && !event_namespace.is_empty()
    {
        let server = "does not match event.namespace";
        refusals.add(&at, "is another namespace than the Event's", server);
    }
}

/// An APIService.
pub(super) fn service(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return };
    let text = |key| spec.text(key).unwrap_or_default();
    let wanted = format!("{}.{}", text("version"), text("group"));
    if let Some(name) = object.at(&["metadata", "name"])
        && name.word().is_some_and(|name| name != wanted)
    {
        let server = "must be `spec.version+\".\"+spec.group`";
        refusals.add(&name, format!("has to be `{wanted}`"), server);
    }
    syntax::label(spec.get("version"), refusals);
    let insecure = spec.get("insecureSkipTLSVerify").filter(|_| spec.is("insecureSkipTLSVerify"));
    if let Some(at) = insecure {
        if !spec.has("service") {
            let server = "local APIServices may not have insecureSkipTLSVerify";
            refusals.add(&at, "needs a `service`", server);
        } else if spec.text("caBundle").is_some() {
            let server = "may not be true if caBundle is present";
            refusals.add(&at, "may not be beside `caBundle`", server);
        }
    }
}

/// The bits of a request's hash that choose its queues.
const MAX_HASH_BITS: f64 = 60.0;

/// The ranges of a ServiceCIDR, at most one of each family.
pub(super) fn service_ranges(object: &At<'_>, refusals: &mut Refusals) {
    let ranges = object.get("spec").map(|spec| spec.list("cidrs")).unwrap_or_default();
    for is_of_family in [|text: &str| text.contains(':'), |text: &str| !text.contains(':')] {
        let mut of_family = ranges.iter().filter(|range| range.word().is_some_and(is_of_family));
        if let Some(second) = of_family.nth(1) {
            let server = "may specify no more than one IP for each IP family";
            refusals.add(second, "is the second range of its IP family", server);
        }
    }
}

/// A grant without a specification: before 1.5 of Gateway API, the server took one.
pub(super) fn grant(object: &At<'_>, refusals: &mut Refusals) {
    if !object.has("spec") {
        refusals.about(Subject::Cluster, object, "needs `spec`", "spec: Required value");
    }
}

/// A PriorityLevelConfiguration.
pub(super) fn priority_level(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return };
    let kind = spec.text("type").unwrap_or_default();
    let limited = spec.get("limited");
    match (kind, &limited) {
        ("Limited", None) => refusals.missing(&spec, "limited"),
        ("Exempt", Some(at)) => refusals.add(at, "is for `Limited` only", "Forbidden"),
        _ => {}
    }
    let Some(response) = limited.and_then(|limited| limited.get("limitResponse")) else { return };
    let queuing = response.get("queuing");
    match (response.text("type"), &queuing) {
        (Some("Queue"), None) => refusals.missing(&response, "queuing"),
        (Some("Reject"), Some(at)) => refusals.add(at, "is for `Queue` only", "Forbidden"),
        _ => {}
    }
    let Some(queuing) = queuing else { return };
    // 0 stands for the default.
    let count = |key, default| queuing.int(key).filter(|count| *count != 0).unwrap_or(default);
    let (queues, hand) = (count("queues", 64), count("handSize", 8));
    if let (true, Some(at)) = (hand > queues, queuing.get("handSize").or(queuing.get("queues"))) {
        let server = "should not be greater than queues";
        refusals.add(&at, "lets `handSize` be more than `queues`", server);
    } else if let (true, Some(at)) =
        ((queues as f64).log2() * hand as f64 > MAX_HASH_BITS, queuing.get("queues"))
    {
        let why = "and `handSize` need more than 60 bits of a request's hash";
        refusals.add(&at, why, "should not be greater than 60");
    }
}

/// The rules of a FlowSchema.
pub(super) fn flow(object: &At<'_>, refusals: &mut Refusals) {
    for rule in object.get("spec").iter().flat_map(|spec| spec.list("rules")) {
        for subject in rule.list("subjects") {
            let kind = subject.text("kind").unwrap_or_default();
            for (other, field) in
                [("ServiceAccount", "serviceAccount"), ("User", "user"), ("Group", "group")]
            {
                match subject.get(field) {
                    None if kind == other => refusals.missing(&subject, field),
                    Some(at) if kind != other => {
                        let why = format!("is for the kind `{other}` only");
                        refusals.add(&at, why, "is forbidden when subject kind is not");
                    }
                    _ => {}
                }
            }
        }
        for one in rule.list("resourceRules") {
            let everywhere = one.is("clusterScope");
            let namespaces = one.list("namespaces");
            if namespaces.is_empty() && !everywhere {
                let server =
                    "resource rules that are not cluster scoped must supply at least one namespace";
                refusals.add(&one, "needs `namespaces` or `clusterScope`", server);
            }
            for namespace in namespaces.iter().filter(|one| one.word() != Some("*")) {
                if namespace.word() == Some("") {
                    refusals.add(namespace, "may not be empty", "nor be a valid namespace name");
                }
                syntax::label(Some(namespace.clone()), refusals);
            }
        }
        for url in rule.list("nonResourceRules").iter().flat_map(|one| one.list("nonResourceURLs"))
        {
            if url.word().is_some_and(|text| text != "*" && !text.starts_with('/')) {
                refusals.add(&url, "has to begin with `/`", "must start with slash");
            }
        }
    }
}

/// Endpoints, one object for all of them.
pub(super) fn endpoints(object: &At<'_>, refusals: &mut Refusals) {
    for subset in object.list("subsets") {
        if subset.list("addresses").is_empty() && subset.list("notReadyAddresses").is_empty() {
            let server = "must specify `addresses` or `notReadyAddresses`";
            refusals.add(&subset, "needs `addresses` or `notReadyAddresses`", server);
        }
        let ports = subset.list("ports");
        for port in ports.iter().filter(|port| ports.len() > 1 && port.text("name").is_none()) {
            refusals.missing(port, "name");
        }
        for port in &ports {
            if let Some(protocol) = port.get("appProtocol")
                && protocol.word().is_some_and(|text| !syntax::is_qualified(text))
            {
                refusals.add(
                    &protocol,
                    "is not a valid name of a protocol",
                    "name part must consist of",
                );
            }
        }
    }
}

/// An EndpointSlice.
pub(super) fn slice(object: &At<'_>, refusals: &mut Refusals) {
    let server = "must be a valid IP address";
    let (fits, server): (fn(&str) -> bool, _) = match object.text("addressType") {
        Some("IPv4") => (|text| text.parse::<std::net::Ipv4Addr>().is_ok(), server),
        Some("IPv6") => (|text| text.parse::<std::net::Ipv6Addr>().is_ok(), server),
        Some("FQDN") => {
            let is_name = |text: &str| {
                let name = text.strip_suffix('.').unwrap_or(text);
                syntax::is_subdomain(name) && name.contains('.')
            };
            (
                is_name,
                "a lowercase RFC 1123 subdomain must, or: should be a domain with at least two segments",
            )
        }
        _ => return,
    };
    for address in object.list("endpoints").iter().flat_map(|one| one.list("addresses")) {
        if address.word().is_some_and(|text| !fits(text)) {
            let why = "is not an address of the type `addressType`";
            refusals.add(&address, why, server);
        }
    }
}

/// The place of a volume that is attached.
pub(super) fn attachment(object: &At<'_>, refusals: &mut Refusals) {
    let Some(source) = object.at(&["spec", "source"]) else { return };
    let fields = ["inlineVolumeSpec", "persistentVolumeName"];
    if fields.iter().filter(|field| source.has(field)).count() != 1 {
        let server = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
        refusals.add(&source, "needs `persistentVolumeName`", server);
    }
}

/// The scope of an IngressClass's parameters.
pub(super) fn ingress_class(object: &At<'_>, refusals: &mut Refusals) {
    let Some(parameters) = object.at(&["spec", "parameters"]) else { return };
    let within = parameters.text("scope") == Some("Namespace");
    match parameters.get("namespace") {
        None if within => refusals.missing(&parameters, "namespace"),
        Some(at) if !within => {
            let server = "`parameters.scope` is set to 'Cluster'";
            refusals.add(&at, "needs the scope `Namespace`", server);
        }
        _ => {}
    }
}
