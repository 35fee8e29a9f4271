//! Fields and resources of a pod that its variables and files can have.

use common::quantity::Quantity;

use super::at::{At, Refusals};
use super::quantity;
use super::syntax;

/// The unit of a resource in a variable or a file.
pub(super) fn divisor(at: &At<'_>, refusals: &mut Refusals) {
    const BYTES: [&str; 13] =
        ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
    let Some(divisor) = at.get("divisor") else { return };
    let Some(name) = at.text("resource") else { return };
    let allowed: &[&str] = if name.ends_with(".cpu") { &["1m", "1"] } else { &BYTES };
    let text = divisor.node.word().unwrap_or_default();
    if quantity::value(&divisor).is_some_and(|value| value != Quantity::ZERO)
        && !allowed.contains(&text)
    {
        let server = "only divisor's values 1m and 1 are supported with the cpu resource";
        refusals.add(&divisor, "is not a unit of this resource", server);
    }
}

/// Whether a variable can have the field.
pub(super) fn is_field(path: &str) -> bool {
    const FIELDS: [&str; 9] = [
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    ];
    let subscript = |name: &str| {
        path.strip_prefix(name)
            .and_then(|rest| rest.strip_prefix("['"))
            .and_then(|rest| rest.strip_suffix("']"))
            .is_some_and(|key| syntax::is_qualified(&key.to_ascii_lowercase()))
    };
    FIELDS.contains(&path) || subscript("metadata.labels") || subscript("metadata.annotations")
}

/// Whether a file of the downward API can have the field.
pub(super) fn is_file_field(path: &str) -> bool {
    matches!(path, "metadata.annotations" | "metadata.labels")
        || path.starts_with("metadata.") && is_field(path)
}

/// Whether it is a resource of a container.
pub(super) fn is_resource_field(name: &str) -> bool {
    let known = ["cpu", "memory", "ephemeral-storage"];
    name.split_once('.').is_some_and(|(kind, name)| {
        matches!(kind, "limits" | "requests")
            && (known.contains(&name) || name.starts_with("hugepages-"))
    })
}
