//! Which lists of the built-in kinds are merged by keys; all others are replaced.

/// How a list is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// As a whole.
    Atomic,
    /// Scalars: those of the patch first, then the others.
    Set,
    /// Mappings, by the values of these keys.
    Keyed(&'static [&'static str]),
}

const NAME: List = List::Keyed(&["name"]);

/// Fields of a pod's specification.
const POD: &[(&str, List)] = &[
    ("containers", NAME),
    ("initContainers", NAME),
    ("ephemeralContainers", NAME),
    ("imagePullSecrets", NAME),
    ("volumes", NAME),
    ("hostAliases", List::Keyed(&["ip"])),
    ("topologySpreadConstraints", List::Keyed(&["topologyKey", "whenUnsatisfiable"])),
    ("containers/env", NAME),
    ("containers/ports", List::Keyed(&["containerPort", "protocol"])),
    ("containers/volumeMounts", List::Keyed(&["mountPath"])),
    ("containers/volumeDevices", List::Keyed(&["devicePath"])),
    ("securityContext/sysctls", List::Atomic),
];

/// Where pods are specified.
pub(super) const TEMPLATES: &[(&str, &str)] = &[
    ("Pod", "spec"),
    ("PodTemplate", "template/spec"),
    ("Deployment", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
];

/// The list at `path` (keys only, joined by `/`) of an object of a built-in kind.
pub(crate) fn list(kind: &str, path: &str) -> List {
    if path.ends_with("metadata/finalizers") {
        return List::Set;
    }
    if path.ends_with("metadata/ownerReferences") {
        return List::Keyed(&["uid"]);
    }
    if let Some((_, root)) = TEMPLATES.iter().find(|(known, _)| *known == kind)
        && let Some(field) = path.strip_prefix(root).and_then(|rest| rest.strip_prefix('/'))
    {
        let field = field
            .strip_prefix("initContainers/")
            .or_else(|| field.strip_prefix("ephemeralContainers/"))
            .map_or_else(|| field.to_owned(), |rest| format!("containers/{rest}"));
        if let Some((_, list)) = POD.iter().find(|(known, _)| *known == field) {
            return *list;
        }
    }
    match (kind, path) {
        ("Service", "spec/ports") => List::Keyed(&["port", "protocol"]),
        ("ServiceAccount", "secrets") => NAME,
        ("ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration", "webhooks") => NAME,
        ("CSINode", "spec/drivers") => NAME,
        ("Node", "spec/podCIDRs") => List::Set,
        ("Node", "spec/taints") => List::Atomic,
        _ if path.ends_with("status/conditions") => List::Keyed(&["type"]),
        _ => List::Atomic,
    }
}
