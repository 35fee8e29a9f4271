//! Field managers: whom the API server keeps as the owner of what is applied here.

use serde_json::Value;

use crate::object::{meta, text};

/// The field manager of the objects that are applied here.
pub(crate) const MANAGER: &str = "kind-cluster";

/// The field manager of claims that come from an archive. To the API server, a deployment is another
/// manager: fields of the claim that its overlay leaves out stay as they are, and are not removed.
pub(crate) const RESTORER: &str = "kind-cluster-restore";

/// The field managers of namespaces of other overlays, with an overlay's identity behind it.
const BESIDE: &str = "kind-cluster-of-";

/// The annotation that names the record of an object, by the name that cli-utils gives it.
pub(crate) const OWNER: &str = "config.k8s.io/owning-inventory";

/// The field manager for an object of an overlay. A namespace of another overlay gets a manager beside that
/// overlay's, so that labels which only that one sets stay.
pub(super) fn manager(overlay: Option<&str>, object: &Value) -> String {
    match (overlay, meta(object, "annotations", OWNER)) {
        (Some(id), Some(owner)) if id != owner && text(object, "/kind") == "Namespace" => {
            format!("{BESIDE}{id}")
        }
        _ => MANAGER.to_owned(),
    }
}

/// Whether a field manager is one of this tool's.
pub(super) fn is_ours(manager: &str) -> bool {
    [MANAGER, RESTORER].contains(&manager) || manager.starts_with(BESIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manager_whose_name_only_begins_like_ours_is_somebody_elses() {
        for ours in ["kind-cluster", "kind-cluster-restore", "kind-cluster-of-small"] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in ["kind-clusters", "kind-cluster-operator", "my-kind-cluster", ""] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
