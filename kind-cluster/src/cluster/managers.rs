//! Field managers: whom the API server keeps as the owner of what is applied here.

/// The field manager of the objects that are applied here.
pub(crate) const MANAGER: &str = "kind-cluster";

/// The field manager of claims that come from an archive. To the API server, a deployment is another
/// manager: fields of the claim that its overlay leaves out stay as they are, and are not removed.
pub(crate) const RESTORER: &str = "kind-cluster-restore";
