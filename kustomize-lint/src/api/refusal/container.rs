//! The containers of pods. Source: `validateContainers` of Kubernetes' API server.

use super::at::{At, Refusals};
use super::downward;
use super::probe;
use super::quantity;
use super::syntax;
use super::table;
use super::volume::Volumes;

/// The containers, and what they take from the pod.
pub(super) fn check(spec: &At<'_>, volumes: &Volumes, refusals: &mut Refusals) {
    let containers = spec.list("containers");
    if containers.is_empty() {
        refusals.missing(spec, "containers");
    }
    let inits = spec.list("initContainers");
    let all: Vec<At<'_>> = inits.iter().chain(&containers).cloned().collect();
    refusals.distinct(&all, |one| one.text("name"), "name");
    for container in &inits {
        one(container, spec, volumes, refusals);
        let restarts = container.text("restartPolicy") == Some("Always");
        for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
            if let (false, Some(at)) = (restarts, container.get(key)) {
                let server = "may not be set for init containers without restartPolicy=Always";
                let why = "is for init containers with `restartPolicy: Always` only";
                refusals.add(&at, why, server);
            }
        }
    }
    for container in &containers {
        one(container, spec, volumes, refusals);
    }
    // Init containers run one after the other.
    host_ports(&containers, refusals);
    for container in &inits {
        host_ports(std::slice::from_ref(container), refusals);
    }
}

fn one(container: &At<'_>, spec: &At<'_>, volumes: &Volumes, refusals: &mut Refusals) {
    table::check(container, table::CONTAINER.0, table::CONTAINER.1, refusals);
    if refusals.required(container, "name").is_some() {
        syntax::label(container.get("name"), refusals);
    }
    refusals.required(container, "image");
    if let Some(policy) = container.get("restartPolicy") {
        let known = ["Always", "Never", "OnFailure"];
        if policy.word().is_some_and(|text| !known.contains(&text)) {
            let server =
                "Unsupported value: supported values: \"Always\", \"Never\", \"OnFailure\"";
            refusals.add(&policy, "has to be `Always`, `Never` or `OnFailure`", server);
        }
    }
    if let Some(image) = container.get("image") {
        let is_pod = image.path.starts_with("spec.containers")
            || image.path.starts_with("spec.initContainers");
        if is_pod && image.word().is_some_and(|text| text.trim() != text) {
            let server = "must not have leading or trailing whitespace";
            refusals.add(&image, "begins or ends with a blank", server);
        }
    }
    ports(container, spec.is("hostNetwork"), refusals);
    environment(container, refusals);
    mounts(container, volumes, refusals);
    quantity::resources(container.get("resources"), refusals);
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(at) = container.get(key) {
            probe::check(&at, key, refusals);
        }
    }
    if let Some(lifecycle) = container.get("lifecycle") {
        for key in ["postStart", "preStop"] {
            if let Some(at) = lifecycle.get(key) {
                probe::handler(&at, &["exec", "httpGet", "tcpSocket", "sleep"], refusals);
                let grace = spec.int("terminationGracePeriodSeconds").unwrap_or(30);
                if let Some(seconds) = at.at(&["sleep", "seconds"])
                    && seconds.node.as_int().is_some_and(|seconds| seconds > grace)
                {
                    let why = "is longer than `terminationGracePeriodSeconds`";
                    let server = "must be non-negative and less than terminationGracePeriodSeconds";
                    refusals.add(&seconds, why, server);
                }
            }
        }
    }
    security(container, refusals);
    for policy in container.list("resizePolicy") {
        refusals.required(&policy, "resourceName");
        refusals.required(&policy, "restartPolicy");
    }
}

fn ports(container: &At<'_>, host_network: bool, refusals: &mut Refusals) {
    let ports = container.list("ports");
    refusals.distinct(&ports, |one| one.text("name"), "name");
    let number = |one: &At<'_>| {
        let protocol = one.text("protocol").unwrap_or("TCP").to_owned();
        Some((one.int("containerPort")?, protocol))
    };
    refusals.distinct(&ports, number, "number and protocol");
    for one in &ports {
        let expected = "the name of a port: at most 15 lower-case letters, digits and `-`";
        let server = "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
        syntax::form(one.get("name"), syntax::is_port_name, expected, server, refusals);
        let Some(host) = one.get("hostPort") else { continue };
        let value = host.node.as_int().unwrap_or_default();
        if !(0..=65535).contains(&value) {
            let server = "must be between 1 and 65535, inclusive";
            refusals.add(&host, "has to be from 1 to 65535", server);
        } else if host_network && value != 0 && one.int("containerPort") != Some(value) {
            let server = "must match `containerPort` when `hostNetwork` is true";
            refusals.add(&host, "has to be the `containerPort` in the host's network", server);
        }
    }
}

/// Ports of the node that more than one container wants.
fn host_ports(containers: &[At<'_>], refusals: &mut Refusals) {
    let ports: Vec<At<'_>> = containers.iter().flat_map(|one| one.list("ports")).collect();
    let host = |one: &At<'_>| {
        let port = one.int("hostPort").filter(|port| *port != 0)?;
        let text = |key, default: &str| one.text(key).unwrap_or(default).to_owned();
        Some((port, text("protocol", "TCP"), text("hostIP", "")))
    };
    refusals.distinct(&ports, host, "port of the node");
}

/// The sources of a variable.
const SOURCES: [&str; 5] =
    ["configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef"];

const PRINTABLE: &str = "a valid environment variable name must consist only of printable ASCII characters other than '='";

/// Whether a variable's name may have the letter.
fn is_printable(letter: char) -> bool {
    (' '..='~').contains(&letter) && letter != '='
}

fn environment(container: &At<'_>, refusals: &mut Refusals) {
    let variables = container.list("env");
    refusals.distinct(&variables, |one| one.text("name"), "name");
    for variable in &variables {
        if let Some(name) = refusals.required(variable, "name")
            && name.word().is_some_and(|text| !text.chars().all(is_printable))
        {
            refusals.add(&name, "is not a valid name of a variable", PRINTABLE);
        }
        let Some(from) = variable.get("valueFrom") else { continue };
        if variable.text("value").is_some() {
            let server = "may not be specified when `value` is not empty";
            refusals.add(&from, "may not be beside `value`", server);
        }
        refusals.one_of(&from, &SOURCES, "one of the sources of a value");
        source(&from, refusals);
    }
    for from in container.list("envFrom") {
        if let Some(prefix) = from.get("prefix")
            && prefix.word().is_some_and(|text| !text.chars().all(is_printable))
        {
            refusals.add(&prefix, "is not the beginning of a variable's name", PRINTABLE);
        }
        refusals.one_of(&from, &["configMapRef", "secretRef"], "`configMapRef` or `secretRef`");
        for key in ["configMapRef", "secretRef"] {
            if let Some(reference) = from.get(key) {
                refusals.required(&reference, "name");
                syntax::subdomain(reference.get("name"), refusals);
            }
        }
    }
}

fn source(from: &At<'_>, refusals: &mut Refusals) {
    for key in ["configMapKeyRef", "secretKeyRef"] {
        let Some(reference) = from.get(key) else { continue };
        refusals.required(&reference, "name");
        syntax::subdomain(reference.get("name"), refusals);
        if let Some(key) = refusals.required(&reference, "key") {
            let server =
                "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
            let expected = "a key: letters, digits, `-`, `_` and `.`";
            syntax::form(Some(key), syntax::is_data_key, expected, server, refusals);
        }
    }
    if let Some(field) = from.get("fieldRef")
        && let Some(path) = refusals.required(&field, "fieldPath")
        && path.word().is_some_and(|text| !downward::is_field(text))
    {
        refusals.add(&path, "is not a field that a variable can have", "Unsupported value");
    }
    if let Some(resource) = from.get("resourceFieldRef")
        && let Some(name) = refusals.required(&resource, "resource")
        && name.word().is_some_and(|text| !downward::is_resource_field(text))
    {
        refusals.add(&name, "is not a resource that a variable can have", "Unsupported value");
    }
    if let Some(resource) = from.get("resourceFieldRef") {
        downward::divisor(&resource, refusals);
    }
}

fn mounts(container: &At<'_>, volumes: &Volumes, refusals: &mut Refusals) {
    let mounts = container.list("volumeMounts");
    refusals.distinct(&mounts, |one| one.text("mountPath"), "`mountPath`");
    for mount in &mounts {
        if let Some(name) = refusals.required(mount, "name")
            && name.word().is_some_and(|text| !volumes.has(text))
        {
            refusals.add(&name, "is not a volume of the pod", "Not found");
        }
        refusals.required(mount, "mountPath");
        for key in ["subPath", "subPathExpr"] {
            let Some(path) = mount.get(key) else { continue };
            if path.word().is_some_and(|text| text.starts_with('/')) {
                refusals.add(&path, "has to be relative", "must be a relative path");
            }
            if path.word().is_some_and(|text| text.split('/').any(|part| part == "..")) {
                refusals.add(&path, "may not have `..`", "must not contain '..'");
            }
        }
        if mount.text("subPath").is_some() && mount.text("subPathExpr").is_some() {
            let server = "subPathExpr and subPath are mutually exclusive";
            refusals.add(mount, "has both `subPath` and `subPathExpr`", server);
        }
        if let Some(at) = mount.get("recursiveReadOnly").filter(|at| at.word() != Some("Disabled"))
        {
            if !mount.is("readOnly") {
                let server = "may only be specified when readOnly is true";
                refusals.add(&at, "needs `readOnly: true`", server);
            } else if mount.text("mountPropagation").is_some_and(|text| text != "None") {
                let server = "may only be specified when mountPropagation is None or not specified";
                refusals.add(&at, "may not be beside `mountPropagation`", server);
            }
        }
        if mount.text("mountPropagation") == Some("Bidirectional")
            && !container.at(&["securityContext"]).is_some_and(|context| context.is("privileged"))
        {
            let server =
                "Bidirectional mount propagation is available only to privileged containers";
            refusals.add(mount, "needs a privileged container for `Bidirectional`", server);
        }
    }
    let devices = container.list("volumeDevices");
    refusals.distinct(&devices, |one| one.text("devicePath"), "`devicePath`");
    for device in &devices {
        if let Some(name) = refusals.required(device, "name")
            && let Some(text) = name.word()
        {
            if !volumes.has(text) {
                refusals.add(&name, "is not a volume of the pod", "Not found");
            } else if mounts.iter().any(|mount| mount.text("name") == Some(text)) {
                let server = "must not already exist in volumeMounts";
                refusals.add(&name, "is mounted, too", server);
            } else if !volumes.is_claim(text) {
                let server = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                refusals.add(&name, "is not a claim, which a device needs", server);
            }
        }
        refusals.required(device, "devicePath");
    }
}

fn security(container: &At<'_>, refusals: &mut Refusals) {
    let Some(context) = container.get("securityContext") else { return };
    for key in ["runAsUser", "runAsGroup"] {
        refusals.identity(&context, key);
    }
    seccomp(&context, refusals);
    let forbidden =
        context.node.get("allowPrivilegeEscalation").and_then(|n| n.as_bool()) == Some(false);
    if forbidden && context.is("privileged") {
        let server = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
        refusals.add(&context, "is `privileged` and forbids privilege escalation", server);
    }
    let added = context.get("capabilities").map(|at| at.list("add")).unwrap_or_default();
    if forbidden && added.iter().any(|one| one.word() == Some("CAP_SYS_ADMIN")) {
        let server =
            "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
        refusals.add(&context, "adds `CAP_SYS_ADMIN` and forbids privilege escalation", server);
    }
}

pub(super) fn seccomp(context: &At<'_>, refusals: &mut Refusals) {
    for key in ["seccompProfile", "appArmorProfile"] {
        let Some(profile) = context.get(key) else { continue };
        let Some(kind) = profile.text("type") else {
            refusals.missing(&profile, "type");
            continue;
        };
        let named = profile.has("localhostProfile");
        if kind == "Localhost" && !named {
            let server = "must be set when seccomp type is Localhost";
            refusals.add(&profile, "needs `localhostProfile` for `Localhost`", server);
        } else if kind != "Localhost" && named {
            let server = "can only be set when seccomp type is Localhost";
            refusals.add(&profile, "may have `localhostProfile` for `Localhost` only", server);
        }
    }
}
