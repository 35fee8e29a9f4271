//! API versions that are gone, or will be.
//!
//! Sources: Kubernetes' «Deprecated API Migration Guide» up to 1.33 and, for when a version was
//! deprecated, the life-cycle comments of Kubernetes' API types; the release notes of Gateway API
//! 0.6–1.5 and of External Secrets Operator 0.5–0.17.

use std::fmt;
use std::sync::LazyLock;

use super::bundle::group_of;
use super::version::Version;

/// A release from which something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// A minor version of Kubernetes 1.
    Kubernetes(u8),
    /// A release of the project that brings a custom resource: its name and the release. A cluster's release
    /// is not known here.
    Other(&'static str, &'static str),
}

/// The fate of an API version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Since when it is deprecated.
    pub deprecated_in: Release,
    /// Since when it is not served.
    pub removed_in: Option<Release>,
    /// The API version that replaces it.
    pub instead: Option<&'static str>,
}

impl Removed {
    /// Whether a cluster of this version certainly does not serve it. Never so for a custom
    /// resource: which release of it the cluster has is not known.
    pub fn is_removed(&self, version: Version) -> bool {
        matches!(self.removed_in, Some(Release::Kubernetes(minor)) if minor <= version.minor())
    }

    /// Whether it is deprecated, or removed, in a cluster of this version.
    pub fn is_deprecated(&self, version: Version) -> bool {
        match self.deprecated_in {
            Release::Kubernetes(minor) => minor <= version.minor(),
            Release::Other(..) => true,
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Release::Kubernetes(minor) => write!(f, "Kubernetes 1.{minor}"),
            Release::Other(product, release) => write!(f, "{product} {release}"),
        }
    }
}

/// The fate of this kind in this API version; `None` when it is neither deprecated nor removed.
pub fn removed(api_version: &str, kind: &str) -> Option<Removed> {
    // A list of objects goes where its objects go.
    let kind = kind.strip_suffix("List").unwrap_or(kind);
    let fits = |row: &&Row| row.api_version == api_version && row.kinds.contains(&kind);
    TABLE.iter().find(fits).map(|row| row.removed)
}

/// A line of the table.
struct Row {
    api_version: &'static str,
    kinds: Vec<&'static str>,
    removed: Removed,
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let lines = include_str!("removed.txt").lines();
    let rows = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|line| Row::read(line).expect("the table in the binary is whole")).collect()
});

impl Row {
    fn read(line: &'static str) -> Option<Self> {
        let words: Vec<&str> = line.split(' ').collect();
        let [api_version, kinds, deprecated, removed, instead] = words[..] else { return None };
        let release = |text: &'static str| match group_of(api_version) {
            "gateway.networking.k8s.io" => Some(Release::Other("Gateway API", text)),
            "external-secrets.io" => Some(Release::Other("External Secrets", text)),
            _ => Some(Release::Kubernetes(text.strip_prefix("1.")?.parse().ok()?)),
        };
        let removed = Removed {
            deprecated_in: release(deprecated)?,
            removed_in: if removed == "-" { None } else { Some(release(removed)?) },
            instead: Some(instead).filter(|instead| *instead != "-"),
        };
        Some(Row { api_version, kinds: kinds.split(',').collect(), removed })
    }
}

#[cfg(test)]
mod tests {
    use super::super::bundle::Schemas;
    use super::*;

    #[test]
    fn each_kind_is_listed_once_and_in_the_order_of_time() {
        let mut seen = std::collections::HashSet::new();
        for Row { api_version, kinds, removed } in TABLE.iter() {
            for kind in kinds {
                assert!(seen.insert((api_version, kind)), "{api_version} {kind}");
            }
            if let (Release::Kubernetes(deprecated), Some(Release::Kubernetes(removed))) =
                (removed.deprecated_in, removed.removed_in)
            {
                assert!(deprecated < removed, "{api_version} {kinds:?}");
            }
        }
    }

    /// A kind that a version of Kubernetes serves has a schema there, and a removed one has none. Its
    /// replacement always has one.
    #[test]
    fn the_table_agrees_with_the_schemas() {
        let mut compared = 0;
        for version in Version::KNOWN {
            let schemas = Schemas::of(version);
            let has = |api_version: &str, kind: &str| {
                let mut kinds = schemas.kinds(api_version).iter();
                kinds.any(|known| known.kind == kind && known.is_in(version))
            };
            for Row { api_version, kinds, removed: row } in TABLE.iter() {
                for kind in kinds {
                    let found = removed(api_version, kind).unwrap();
                    if let Release::Kubernetes(_) = row.deprecated_in {
                        let served = !found.is_removed(version);
                        assert_eq!(
                            has(api_version, kind),
                            served,
                            "{version}: {api_version} {kind}"
                        );
                    }
                    // Kinds that have got another name.
                    let renamed = ["Endpoints", "ReferencePolicy"].contains(kind);
                    if let Some(instead) = row.instead.filter(|_| !renamed) {
                        assert!(
                            has(instead, kind) || !found.is_deprecated(version),
                            "{instead} {kind}"
                        );
                    }
                    compared += 1;
                }
            }
        }
        assert!(compared > 250, "{compared}");
    }

    #[test]
    fn the_answer_depends_on_the_version() {
        let flow = removed("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema").unwrap();
        let [old, .., new] = Version::KNOWN;
        assert!(!flow.is_removed(old) && flow.is_deprecated(old));
        assert!(flow.is_removed(new));
        assert!(flow.is_removed(Version::default()));
        assert_eq!(flow.removed_in.unwrap().to_string(), "Kubernetes 1.32");
        let endpoints = removed("v1", "Endpoints").unwrap();
        assert!(!endpoints.is_deprecated(old) && endpoints.is_deprecated(new));
        let store = removed("external-secrets.io/v1beta1", "SecretStoreList").unwrap();
        assert_eq!(store.instead, Some("external-secrets.io/v1"));
        assert!(store.is_deprecated(old) && !store.is_removed(new));
        assert_eq!(store.removed_in.unwrap().to_string(), "External Secrets 0.17");
        let route = removed("gateway.networking.k8s.io/v1beta1", "HTTPRoute").unwrap();
        assert!(route.is_deprecated(old) && !route.is_removed(new));
        assert_eq!(removed("external-secrets.io/v1alpha1", "PushSecret"), None);
        assert_eq!(removed("gateway.networking.k8s.io/v1beta1", "ReferenceGrant"), None);
        assert_eq!(removed("apps/v1", "Deployment"), None);
    }
}
