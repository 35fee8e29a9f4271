//! Addresses that kustomize would fetch.

/// Whether a path of `resources` is an address that kustomize would fetch.
pub(crate) fn is_remote(path: &str) -> bool {
    let address = path.split('?').next().unwrap_or(path);
    path.contains("://")
        || path.starts_with("git@")
        || path.starts_with("git::")
        || path.starts_with("github.com/")
        || path.contains("?ref=")
        || address.ends_with(".git")
        || address.contains(".git/")
        || address.contains("//") && !address.starts_with('/') && !address.starts_with('.')
}
