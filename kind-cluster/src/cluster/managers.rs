//! Field managers: whom the API server keeps as the owner of what is applied here.

/// The field manager of the objects that are applied here.
pub(crate) const MANAGER: &str = "kind-cluster";

/// Who asks for a claim that comes from an archive. To the API server, a deployment is somebody
/// else: what its overlay leaves out of the claim stays as it is, and is not taken away.
pub(crate) const RESTORER: &str = "kind-cluster-restore";
