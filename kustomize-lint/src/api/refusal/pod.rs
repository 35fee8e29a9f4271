//! The specification of pods. Source: `ValidatePodSpec` of Kubernetes' API server.

use super::at::{At, Refusals};
use super::claims::check as check_claims;
use super::container;
use super::node;
use super::syntax;
use super::system;
use super::table;
use super::volume;

/// The maker of the pods.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Maker {
    /// Nobody: it is a Pod.
    Pod,
    /// A controller that starts them again forever.
    Forever,
    /// A Job.
    Job,
}

/// A template of pods: its metadata and specification.
pub(super) fn template(at: &At<'_>, maker: Maker, claims: &[&str], refusals: &mut Refusals) {
    if let Some(metadata) = at.get("metadata") {
        super::metadata::pairs(&metadata, refusals);
        profiles(&metadata, refusals);
    }
    match at.get("spec") {
        Some(spec) => check(&spec, maker, claims, refusals),
        None => refusals.missing(at, "spec"),
    }
}

/// Profiles in annotations, as pods had them before there were fields.
pub(super) fn profiles(metadata: &At<'_>, refusals: &mut Refusals) {
    for (entry, value) in metadata.pairs("annotations") {
        let text = value.word().unwrap_or_default();
        let (fits, server) =
            if entry.key.starts_with("container.apparmor.security.beta.kubernetes.io/") {
                let words = ["", "runtime/default", "unconfined"];
                (
                    words.contains(&text) || text.starts_with("localhost/"),
                    "invalid AppArmor profile name",
                )
            } else if entry.key == "seccomp.security.alpha.kubernetes.io/pod"
                || entry.key.starts_with("container.seccomp.security.alpha.kubernetes.io/")
            {
                let words = ["runtime/default", "docker/default", "unconfined"];
                (
                    words.contains(&text) || text.starts_with("localhost/"),
                    "must be a valid seccomp profile",
                )
            } else {
                continue;
            };
        if !fits {
            refusals.add(&value, "is not the name of a profile", server);
        }
    }
}

/// A specification; `claims` are volumes that a StatefulSet adds to it.
pub(super) fn check(spec: &At<'_>, maker: Maker, claims: &[&str], refusals: &mut Refusals) {
    let mut volumes = volume::check(spec, refusals);
    volumes.add_claims(claims);
    container::check(spec, &volumes, refusals);
    restart(spec, maker, refusals);
    if let (Some(deadline), Maker::Forever) = (spec.get("activeDeadlineSeconds"), maker) {
        let server = "activeDeadlineSeconds in ReplicaSet is not Supported";
        refusals.add(&deadline, "is for Pods and Jobs only", server);
    }
    system::check(spec, refusals);
    check_claims(spec, maker == Maker::Pod, refusals);
    if let Some(at) = spec.get("ephemeralContainers").filter(|at| !at.node.items().is_empty()) {
        let server =
            "cannot be set on create, or: ephemeral containers not allowed in pod template";
        refusals.add(&at, "is for running Pods only", server);
    }
    for key in [
        "serviceAccountName",
        "serviceAccount",
        "nodeName",
        "priorityClassName",
        "runtimeClassName",
    ] {
        syntax::subdomain(spec.get(key), refusals);
    }
    for key in ["hostname", "subdomain"] {
        syntax::label(spec.get(key), refusals);
    }
    syntax::labels(spec, "nodeSelector", refusals);
    table::check(spec, table::POD.0, table::POD.1, refusals);
    security(spec, refusals);
    names(spec, refusals);
    spec.list("tolerations").iter().for_each(|one| toleration(one, refusals));
    affinity(spec, refusals);
    spread(spec, refusals);
}

fn restart(spec: &At<'_>, maker: Maker, refusals: &mut Refusals) {
    let said = spec.text("restartPolicy");
    match (maker, said) {
        (Maker::Forever, Some("Never" | "OnFailure")) => {
            if let Some(at) = spec.get("restartPolicy") {
                let server = "Unsupported value: supported values: \"Always\"";
                refusals.add(&at, "has to be `Always` here", server);
            }
        }
        (Maker::Job, None) => {
            let server = "Required value: valid values: \"OnFailure\", \"Never\"";
            let why = "needs `restartPolicy`: `Never` or `OnFailure`; `Always` is the default";
            refusals.add(spec, why, server);
        }
        (Maker::Job, Some("Always")) => {
            if let Some(at) = spec.get("restartPolicy") {
                let server = "Unsupported value: supported values: \"OnFailure\", \"Never\"";
                refusals.add(&at, "has to be `Never` or `OnFailure` for a Job", server);
            }
        }
        _ => {}
    }
}

fn security(spec: &At<'_>, refusals: &mut Refusals) {
    let Some(context) = spec.get("securityContext") else { return };
    for key in ["runAsUser", "runAsGroup", "fsGroup"] {
        refusals.identity(&context, key);
    }
    container::seccomp(&context, refusals);
    let sysctls = context.list("sysctls");
    refusals.distinct(&sysctls, |one| one.text("name"), "name");
    for one in &sysctls {
        refusals.required(one, "name");
    }
}

/// Names and addresses that the pod knows beside DNS, and its DNS.
fn names(spec: &At<'_>, refusals: &mut Refusals) {
    let aliases = spec.list("hostAliases");
    refusals.distinct(&aliases, |one| one.text("ip"), "`ip`");
    for alias in &aliases {
        match alias.get("ip") {
            None => refusals.missing(alias, "ip"),
            Some(ip) if ip.word().is_some_and(|text| !syntax::is_ip(text)) => {
                refusals.add(&ip, "is not an IP address", "must be a valid IP address");
            }
            Some(_) => {}
        }
        for name in alias.list("hostnames") {
            if name.word() == Some("") {
                refusals.add(
                    &name,
                    "may not be empty",
                    "a lowercase RFC 1123 subdomain must consist of",
                );
            }
            syntax::subdomain(Some(name), refusals);
        }
    }
    let secrets = spec.list("imagePullSecrets");
    refusals.distinct(&secrets, |one| one.text("name"), "name");
    let config = spec.get("dnsConfig");
    let servers = config.as_ref().map(|config| config.list("nameservers")).unwrap_or_default();
    if spec.text("dnsPolicy") == Some("None") && servers.is_empty() {
        let server = "must provide at least one DNS nameserver when `dnsPolicy` is None";
        refusals.add(spec, "needs `dnsConfig.nameservers` for the policy `None`", server);
    }
    if let (true, Some(at)) =
        (servers.len() > 3, config.as_ref().and_then(|config| config.get("nameservers")))
    {
        refusals.add(&at, "has more than 3 servers", "must not have more than 3 nameservers");
    }
    for server in servers.iter().filter(|one| one.word().is_some_and(|ip| !syntax::is_ip(ip))) {
        refusals.add(server, "is not an IP address", "must be a valid IP address");
    }
    for option in config.iter().flat_map(|config| config.list("options")) {
        refusals.required(&option, "name");
    }
}

pub(super) fn toleration(at: &At<'_>, refusals: &mut Refusals) {
    let operator = at.text("operator").unwrap_or("Equal");
    match at.text("key") {
        None if operator != "Exists" => {
            let server = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            refusals.add(at, "needs a `key`, or the operator `Exists`", server);
        }
        None => {}
        Some(_) => {
            let server = "name part must consist of alphanumeric characters, '-', '_' or '.'";
            syntax::form(
                at.get("key"),
                syntax::is_qualified,
                "the key of a taint",
                server,
                refusals,
            );
        }
    }
    if let (Some(value), "Exists") =
        (at.get("value").filter(|_| at.text("value").is_some()), operator)
    {
        let server = "value must be empty when `operator` is 'Exists'";
        refusals.add(&value, "may not be there for the operator `Exists`", server);
    }
    if operator == "Equal" {
        let server = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'";
        syntax::form(
            at.get("value"),
            syntax::is_label_value,
            "the value of a taint",
            server,
            refusals,
        );
    }
    if at.has("tolerationSeconds") && at.text("effect") != Some("NoExecute") {
        let server = "effect must be 'NoExecute' when `tolerationSeconds` is set";
        refusals.add(at, "needs the effect `NoExecute` for `tolerationSeconds`", server);
    }
}

fn affinity(spec: &At<'_>, refusals: &mut Refusals) {
    let Some(affinity) = spec.get("affinity") else { return };
    if let Some(node) = affinity.get("nodeAffinity") {
        if let Some(required) = node.get("requiredDuringSchedulingIgnoredDuringExecution")
            && let Some(terms) = refusals.required(&required, "nodeSelectorTerms")
        {
            terms.items().iter().for_each(|term| node::term(term, refusals));
        }
        for preferred in node.list("preferredDuringSchedulingIgnoredDuringExecution") {
            weight(&preferred, refusals);
            if let Some(term) = preferred.get("preference") {
                node::term(&term, refusals);
            }
        }
    }
    for key in ["podAffinity", "podAntiAffinity"] {
        let Some(pods) = affinity.get(key) else { continue };
        for term in pods.list("requiredDuringSchedulingIgnoredDuringExecution") {
            pod_term(&term, refusals);
        }
        for preferred in pods.list("preferredDuringSchedulingIgnoredDuringExecution") {
            weight(&preferred, refusals);
            match preferred.get("podAffinityTerm") {
                Some(term) => pod_term(&term, refusals),
                None => refusals.missing(&preferred, "podAffinityTerm"),
            }
        }
    }
}

fn weight(at: &At<'_>, refusals: &mut Refusals) {
    if at.int("weight").is_none_or(|weight| !(1..=100).contains(&weight)) {
        refusals.add(at, "needs a `weight` from 1 to 100", "must be in the range 1-100");
    }
}

fn pod_term(term: &At<'_>, refusals: &mut Refusals) {
    if let Some(key) = refusals.required(term, "topologyKey") {
        let server = "name part must consist of alphanumeric characters, '-', '_' or '.'";
        syntax::form(Some(key), syntax::is_qualified, "the key of a label", server, refusals);
    }
    syntax::selector(term.get("labelSelector"), refusals);
    syntax::selector(term.get("namespaceSelector"), refusals);
    let others = term.list("mismatchLabelKeys");
    for key in term.list("matchLabelKeys") {
        if others.iter().any(|other| other.word() == key.word()) {
            let server = "exists in both matchLabelKeys and mismatchLabelKeys";
            refusals.add(&key, "stands in `mismatchLabelKeys`, too", server);
        }
    }
    for namespace in term.list("namespaces") {
        syntax::label(Some(namespace), refusals);
    }
}

fn spread(spec: &At<'_>, refusals: &mut Refusals) {
    let constraints = spec.list("topologySpreadConstraints");
    let pair = |one: &At<'_>| {
        let text = |key| one.text(key).unwrap_or_default().to_owned();
        Some((text("topologyKey"), text("whenUnsatisfiable")))
    };
    refusals.distinct(&constraints, pair, "`topologyKey` and `whenUnsatisfiable`");
    for one in &constraints {
        if one.int("maxSkew").is_none_or(|skew| skew < 1) {
            refusals.add(one, "needs a `maxSkew` of 1 or more", "must be greater than zero");
        } else {
            refusals.at_least(one, "maxSkew", 1);
        }
        refusals.required(one, "topologyKey");
        if one.text("whenUnsatisfiable").is_none() {
            refusals.missing(one, "whenUnsatisfiable");
        }
        if let Some(least) = one.get("minDomains") {
            if one.text("whenUnsatisfiable") == Some("ScheduleAnyway") {
                let server = "can only use minDomains if whenUnsatisfiable=DoNotSchedule";
                refusals.add(&least, "is for `DoNotSchedule` only", server);
            }
            refusals.at_least(one, "minDomains", 1);
        }
        syntax::selector(one.get("labelSelector"), refusals);
        if let (Some(keys), false) = (one.get("matchLabelKeys"), one.has("labelSelector")) {
            let server = "must not be specified when labelSelector is not set";
            refusals.add(&keys, "needs `labelSelector` beside it", server);
        }
    }
}
