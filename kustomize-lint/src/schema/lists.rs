//! The lists of the built-in kinds that are merged by keys; all other lists are replaced.

/// How a list is merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// As a whole.
    Atomic,
    /// Scalars: those of the patch first, then the others.
    Set,
    /// Mappings, by the values of these keys.
    Keyed(Vec<String>),
}

/// How a row of the tables merges a list.
#[derive(Clone, Copy)]
enum Row {
    Atomic,
    Set,
    Keyed(&'static [&'static str]),
}

impl From<Row> for List {
    fn from(row: Row) -> Self {
        match row {
            Row::Atomic => List::Atomic,
            Row::Set => List::Set,
            Row::Keyed(keys) => List::Keyed(keys.iter().map(|key| (*key).to_owned()).collect()),
        }
    }
}

const NAME: Row = Row::Keyed(&["name"]);

/// Fields of a pod's specification.
const POD: &[(&str, Row)] = &[
    ("containers", NAME),
    ("initContainers", NAME),
    ("ephemeralContainers", NAME),
    ("imagePullSecrets", NAME),
    ("volumes", NAME),
    ("hostAliases", Row::Keyed(&["ip"])),
    ("topologySpreadConstraints", Row::Keyed(&["topologyKey", "whenUnsatisfiable"])),
    ("containers/env", NAME),
    ("containers/ports", Row::Keyed(&["containerPort", "protocol"])),
    ("containers/volumeMounts", Row::Keyed(&["mountPath"])),
    ("containers/volumeDevices", Row::Keyed(&["devicePath"])),
    ("securityContext/sysctls", Row::Atomic),
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
    row(kind, path).into()
}

fn row(kind: &str, path: &str) -> Row {
    if path.ends_with("metadata/finalizers") {
        return Row::Set;
    }
    if path.ends_with("metadata/ownerReferences") {
        return Row::Keyed(&["uid"]);
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
        ("Service", "spec/ports") => Row::Keyed(&["port", "protocol"]),
        ("ServiceAccount", "secrets") => NAME,
        ("ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration", "webhooks") => NAME,
        ("CSINode", "spec/drivers") => NAME,
        ("Node", "spec/podCIDRs") => Row::Set,
        ("Node", "spec/taints") => Row::Atomic,
        _ if path.ends_with("status/conditions") => Row::Keyed(&["type"]),
        _ => Row::Atomic,
    }
}
