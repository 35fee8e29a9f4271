//! Services, Ingresses and NetworkPolicies.

use super::super::violation::Subject;
use super::address;
use super::at::{At, Refusals};
use super::syntax;

pub(super) fn service(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return refusals.missing(object, "spec") };
    let kind = spec.text("type").unwrap_or("ClusterIP");
    let headless = spec.text("clusterIP") == Some("None");
    let ports = spec.list("ports");
    if ports.is_empty() && !headless && kind != "ExternalName" {
        refusals.missing(&spec, "ports");
    }
    if kind == "ExternalName" {
        match spec.get("externalName").filter(|_| spec.text("externalName").is_some()) {
            None => refusals.missing(&spec, "externalName"),
            Some(name) => {
                let host =
                    |text: &str| syntax::is_subdomain(text.strip_suffix('.').unwrap_or(text));
                let server = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'";
                syntax::form(Some(name), host, "a host name", server, refusals);
            }
        }
        if let Some(at) = spec.get("clusterIP").filter(|_| spec.text("clusterIP").is_some()) {
            refusals.add(
                &at,
                "is not for `ExternalName`",
                "may not be set for ExternalName services",
            );
        }
    }
    if headless
        && matches!(kind, "NodePort" | "LoadBalancer")
        && let Some(at) = spec.get("clusterIP")
    {
        let server = "may not be set to 'None' for LoadBalancer services";
        refusals.add(&at, format!("may not be `None` for `{kind}`"), server);
    }
    let is_address = |text: &str| text == "None" || syntax::is_ip(text);
    syntax::form(
        spec.get("clusterIP"),
        is_address,
        "an IP address or `None`",
        "must be a valid IP address",
        refusals,
    );
    for key in ["externalIPs", "clusterIPs"] {
        for ip in spec.list(key) {
            syntax::form(
                Some(ip),
                is_address,
                "an IP address",
                "must be a valid IP address",
                refusals,
            );
        }
    }
    for ip in spec.list("externalIPs") {
        if let Some(why) = ip.word().and_then(address::special) {
            refusals.add(&ip, "is an address that no other machine reaches", why);
        }
    }
    let (address, addresses) = (spec.text("clusterIP"), spec.list("clusterIPs"));
    if let Some(first) = addresses.first() {
        match address {
            None => {
                let server = "must be empty when `clusterIP` is not specified";
                refusals.add(first, "needs `clusterIP` beside it", server);
            }
            Some(address) if first.word() != Some(address) => {
                refusals.add(first, "has to be `clusterIP`", "first value must match `clusterIP`");
            }
            Some(_) => {}
        }
    }
    for key in ["loadBalancerClass", "allocateLoadBalancerNodePorts"] {
        if let Some(at) = spec.get(key).filter(|_| kind != "LoadBalancer") {
            let server = "may only be used when `type` is 'LoadBalancer'";
            refusals.add(&at, "is for `LoadBalancer` only", server);
        }
    }
    let ranges = spec.list("loadBalancerSourceRanges");
    for range in &ranges {
        let server = "must be a valid CIDR value";
        syntax::form(
            Some(range.clone()),
            syntax::is_cidr,
            "a range of addresses",
            server,
            refusals,
        );
    }
    if let (false, Some(at)) =
        (ranges.is_empty() || kind == "LoadBalancer", spec.get("loadBalancerSourceRanges"))
    {
        let server = "may only be used when `type` is 'LoadBalancer'";
        refusals.add(&at, "is for `LoadBalancer` only", server);
    }
    let open = matches!(kind, "NodePort" | "LoadBalancer") || !spec.list("externalIPs").is_empty();
    if let (false, Some(at)) = (
        open,
        spec.get("externalTrafficPolicy").filter(|_| spec.text("externalTrafficPolicy").is_some()),
    ) {
        let server = "may only be set for externally-accessible services";
        refusals.add(&at, "is for `NodePort` and `LoadBalancer` only", server);
    }
    if let Some(at) = spec.get("healthCheckNodePort").filter(|at| at.node.as_int() != Some(0))
        && (kind != "LoadBalancer" || spec.text("externalTrafficPolicy") != Some("Local"))
    {
        let server =
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        refusals.add(&at, "needs `LoadBalancer` and the policy `Local`", server);
    }
    syntax::labels(&spec, "selector", refusals);
    refusals.filled(&spec, "internalTrafficPolicy");
    refusals.filled(&spec, "ipFamilyPolicy");
    service_ports(&ports, kind, refusals);
    if let Some(config) = spec.get("sessionAffinityConfig") {
        if spec.text("sessionAffinity") == Some("None") {
            let server = "must not be set when session affinity is None";
            refusals.add(&config, "needs the affinity `ClientIP`", server);
        }
        if let Some(seconds) = config.at(&["clientIP", "timeoutSeconds"])
            && seconds.node.as_int().is_some_and(|n| !(1..=86400).contains(&n))
        {
            let server = "must be greater than 0 and less than 86400";
            refusals.add(&seconds, "has to be from 1 to 86400", server);
        }
    }
}

fn service_ports(ports: &[At<'_>], kind: &str, refusals: &mut Refusals) {
    refusals.distinct(ports, |one| one.text("name"), "name");
    let number =
        |one: &At<'_>| Some((one.int("port")?, one.text("protocol").unwrap_or("TCP").to_owned()));
    refusals.distinct(ports, number, "number and protocol");
    let node = |one: &At<'_>| {
        let port = one.int("nodePort").filter(|port| *port != 0)?;
        Some((port, one.text("protocol").unwrap_or("TCP").to_owned()))
    };
    refusals.distinct(ports, node, "port of the nodes");
    for port in ports {
        if port.text("name").is_none() && ports.len() > 1 {
            refusals.missing(port, "name");
        }
        syntax::label(port.get("name"), refusals);
        if !port.has("port") {
            refusals.missing(port, "port");
        }
        // Without a value it is the port itself.
        let target = port.get("targetPort");
        syntax::port(target.filter(|at| !matches!(at.node.word(), Some("" | "0"))), refusals);
        if let Some(protocol) = port.get("appProtocol") {
            let server = "name part must consist of alphanumeric characters, '-', '_' or '.'";
            if protocol.word().is_some_and(|text| !syntax::is_qualified(text)) {
                refusals.add(&protocol, "is not a valid name of a protocol", server);
            }
        }
        if let Some(at) = port.get("nodePort").filter(|at| at.node.as_int() != Some(0)) {
            if !matches!(kind, "NodePort" | "LoadBalancer") {
                let server = "may not be used when `type` is 'ClusterIP'";
                refusals.add(&at, "is for `NodePort` and `LoadBalancer` only", server);
            } else if at.node.as_int().is_none_or(|port| !(30_000..=32_767).contains(&port)) {
                let server = "provided port is not in the valid range. The range of valid ports is 30000-32767";
                refusals.add(
                    &at,
                    "has to be from 30000 to 32767, unless the cluster has another range",
                    server,
                );
            }
        }
    }
}

pub(super) fn ingress(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return refusals.missing(object, "spec") };
    let rules = spec.list("rules");
    if rules.is_empty() && !spec.has("defaultBackend") {
        let server = "either `defaultBackend` or `rules` must be specified";
        refusals.add(&spec, "needs `rules` or `defaultBackend`", server);
    }
    if let Some(backend) = spec.get("defaultBackend") {
        self::backend(&backend, refusals);
    }
    let class = object.at(&["metadata", "annotations", "kubernetes.io/ingress.class"]);
    if let (Some(class), Some(name)) = (class, spec.text("ingressClassName"))
        && class.word() != Some(name)
    {
        let server = "must match `ingressClassName` when both are specified, or: can not be set when the class field is also set";
        refusals.add(&class, "is another class than `ingressClassName`", server);
    }
    refusals.filled(&spec, "ingressClassName");
    syntax::subdomain(spec.get("ingressClassName"), refusals);
    for tls in spec.list("tls") {
        for host in tls.list("hosts") {
            if host.word() == Some("") {
                refusals.add(
                    &host,
                    "may not be empty",
                    "a lowercase RFC 1123 subdomain must consist of",
                );
            }
            self::host(Some(host), refusals);
        }
        syntax::subdomain(tls.get("secretName"), refusals);
    }
    for rule in &rules {
        self::host(rule.get("host"), refusals);
        let Some(http) = rule.get("http") else { continue };
        let paths = http.list("paths");
        if paths.is_empty() {
            refusals.missing(&http, "paths");
        }
        for path in &paths {
            let kind = path.text("pathType");
            if kind.is_none() {
                refusals.add(path, "needs `pathType`", "pathType must be specified");
            }
            self::path(path, kind, refusals);
            match path.get("backend") {
                Some(backend) => self::backend(&backend, refusals),
                None => refusals.missing(path, "backend"),
            }
        }
    }
}

fn path(at: &At<'_>, kind: Option<&str>, refusals: &mut Refusals) {
    let text = at.text("path").unwrap_or_default();
    let value = at.get("path").unwrap_or_else(|| at.clone());
    if matches!(kind, Some("Exact" | "Prefix")) {
        if !text.starts_with('/') {
            refusals.add(&value, "has to begin with `/`", "must be an absolute path");
        }
        for part in ["//", "/./", "/../", "%2f", "%2F"] {
            if text.contains(part) {
                refusals.add(&value, format!("may not have `{part}`"), "must not contain");
            }
        }
        if text.ends_with("/..") || text.ends_with("/.") {
            refusals.add(&value, "may not end like this", "cannot end with");
        }
    } else if !text.is_empty() && !text.starts_with('/') {
        refusals.add(&value, "has to begin with `/`", "must be an absolute path");
    }
}

fn host(at: Option<At<'_>>, refusals: &mut Refusals) {
    let fits = |text: &str| {
        syntax::is_subdomain(text.strip_prefix("*.").unwrap_or(text)) && !syntax::is_ip(text)
    };
    let server =
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain";
    syntax::form(at, fits, "a host name", server, refusals);
}

fn backend(at: &At<'_>, refusals: &mut Refusals) {
    match (at.get("service"), at.get("resource")) {
        (None, None) => {
            let server = "port name or number is required";
            refusals.add(at, "needs `service` or `resource`", server);
        }
        (Some(_), Some(_)) => {
            let server = "cannot set both resource and service backends";
            refusals.add(at, "has both `service` and `resource`", server);
        }
        (Some(service), None) => {
            if let Some(name) = refusals.required(&service, "name")
                && name.word().is_some_and(|text| !syntax::is_service_name(text))
            {
                let server =
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-'";
                refusals.add(&name, "is not a valid name of a Service", server);
            }
            let port = service.get("port");
            let said = |key: &str| {
                port.as_ref().is_some_and(|port| match key {
                    "name" => port.text("name").is_some(),
                    _ => port.int(key).is_some_and(|number| number != 0),
                })
            };
            match (said("name"), said("number")) {
                (false, false) => {
                    refusals.add(&service, "needs a port", "port name or number is required");
                }
                (true, true) => {
                    let server = "cannot set both port name & port number";
                    refusals.add(&service, "has both name and number of the port", server);
                }
                _ => {
                    for key in ["name", "number"] {
                        syntax::port(port.as_ref().and_then(|port| port.get(key)), refusals);
                    }
                }
            }
        }
        (None, Some(resource)) => {
            refusals.required(&resource, "kind");
            refusals.required(&resource, "name");
        }
    }
}

pub(super) fn policy(object: &At<'_>, refusals: &mut Refusals) {
    let Some(spec) = object.get("spec") else { return };
    syntax::selector(spec.get("podSelector"), refusals);
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.list(rules) {
            for port in rule.list("ports") {
                policy_port(&port, refusals);
            }
            for peer in rule.list(peers) {
                policy_peer(&peer, refusals);
            }
        }
    }
    if let (true, Some(at)) = (spec.list("policyTypes").len() > 2, spec.get("policyTypes")) {
        let server = "may not specify more than two policyTypes";
        refusals.add(&at, "has more than two types", server);
    }
}

fn policy_port(port: &At<'_>, refusals: &mut Refusals) {
    syntax::port(port.get("port"), refusals);
    let Some(end) = port.get("endPort") else { return };
    match port.get("port") {
        None => {
            let server = "may not be specified when `port` is not specified";
            refusals.add(&end, "needs `port`", server);
        }
        Some(first) if !first.is_int() => {
            let server = "may not be specified when `port` is non-numeric";
            refusals.add(&end, "needs a `port` that is a number", server);
        }
        Some(first) => {
            if end.node.as_int() < first.node.as_int() {
                let server = "must be greater than or equal to `port`";
                refusals.add(&end, "has to be `port` or more", server);
            }
        }
    }
}

fn policy_peer(peer: &At<'_>, refusals: &mut Refusals) {
    let keys = ["podSelector", "namespaceSelector", "ipBlock"];
    if keys.iter().all(|key| !peer.has(key)) {
        refusals.add(peer, "says nobody", "must specify a peer");
    }
    syntax::selector(peer.get("podSelector"), refusals);
    syntax::selector(peer.get("namespaceSelector"), refusals);
    let Some(block) = peer.get("ipBlock") else { return };
    if peer.has("podSelector") || peer.has("namespaceSelector") {
        let server = "may not specify both ipBlock and another peer";
        refusals.add(&block, "may not be beside another peer", server);
    }
    let server = "must be a valid CIDR value";
    if refusals.required(&block, "cidr").is_some() {
        syntax::form(block.get("cidr"), syntax::is_cidr, "a range of addresses", server, refusals);
    }
    let outer = block.text("cidr").filter(|text| syntax::is_cidr(text));
    for except in block.list("except") {
        let inner = except.word().filter(|text| syntax::is_cidr(text));
        if let (Some(inner), Some(outer)) = (inner, outer)
            && !address::is_strictly_within(inner, outer)
        {
            let server = "must be a strict subset of `cidr`";
            refusals.add(&except, "is not a part of `cidr`", server);
        }
        syntax::form(Some(except), syntax::is_cidr, "a range of addresses", server, refusals);
    }
    if let Some(at) = block.get("cidr").filter(|_| outer.is_some_and(address::has_machine)) {
        let server = "must not have bits set beyond the prefix length";
        let why = "has bits behind its prefix, which newer versions of Kubernetes refuse";
        refusals.about(Subject::Cluster, &at, why, server);
    }
}
