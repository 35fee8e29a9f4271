//! The rights that an AppProject gives its Applications, as Argo CD decides them.

use globset::GlobBuilder;

use super::application::{Application, IN_CLUSTER, normalized};
use crate::object::Object;
use crate::schema;
use crate::tree::{Node, Place};

#[derive(Clone, Copy)]
pub(crate) struct Project<'a> {
    pub(crate) object: &'a Object,
}

/// An answer of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Yes.
    Granted,
    /// No.
    Denied,
    /// Nobody can say here.
    Unknown,
}

impl Permission {
    fn of(granted: bool) -> Self {
        if granted { Permission::Granted } else { Permission::Denied }
    }
}

impl<'a> Project<'a> {
    /// A list of the spec.
    pub(crate) fn list(&self, field: &str) -> &'a [Node] {
        self.object.node.items_at(&["spec", field])
    }

    /// The place of a list, or of the project when it has none.
    pub(crate) fn place(&self, field: &str) -> Place {
        let entry = self.object.node.get("spec").and_then(|spec| spec.entry(field));
        entry.map_or_else(|| self.object.name_place(), |entry| entry.place())
    }

    /// Whether a repository is allowed. A pattern with `!` that matches forbids it; one that
    /// does not match allows it.
    pub(crate) fn source(&self, url: &str) -> Permission {
        let url = normalized(url);
        let mut granted = false;
        for pattern in self.list("sourceRepos").iter().filter_map(Node::as_str) {
            let (denies, pattern) = match pattern.strip_prefix('!') {
                Some(pattern) => (true, pattern),
                None => (false, pattern),
            };
            let Some(matches) = matches(&normalized(pattern), &url, true) else {
                return Permission::Unknown;
            };
            if denies && matches {
                return Permission::Denied;
            }
            granted |= denies || matches;
        }
        Permission::of(granted)
    }

    /// Whether an Application may deploy to a namespace of its cluster.
    pub(crate) fn destination(&self, application: Application<'_>, namespace: &str) -> Permission {
        let (server, name) = (application.cluster(), application.destination("name"));
        // Only Argo CD's Secrets say which names and addresses are the same cluster.
        let mut unsure = false;
        for item in self.list("destinations") {
            let word = |field: &str| item.word_at(&[field]).unwrap_or_default();
            let fields = [word("server"), word("name"), word("namespace")];
            if fields.iter().any(|field| field.starts_with('!')) {
                return Permission::Unknown;
            }
            let [own_server, own_name, own_namespace] = fields;
            let answers = [
                matches(own_namespace, namespace, false),
                matches(own_server, server, false),
                matches(own_name, name, false),
            ];
            let [Some(in_namespace), Some(by_server), Some(by_name)] = answers else {
                return Permission::Unknown;
            };
            let by_name = by_name && !name.is_empty() || in_cluster(own_name, server);
            if in_namespace && (by_server && !server.is_empty() || by_name) {
                return Permission::Granted;
            }
            let comparable = match (own_server, name) {
                ("", _) => server == IN_CLUSTER || !name.is_empty(),
                (_, "") => true,
                _ => server.contains("://"),
            };
            unsure |= in_namespace && !comparable;
        }
        if unsure { Permission::Unknown } else { Permission::Denied }
    }

    /// The list that forbids objects of this kind; `None` when they are allowed, or nobody can
    /// say.
    pub(crate) fn forbids(&self, object: &Object) -> Option<&'static str> {
        let id = object.id();
        let listed = |field: &str| {
            let mut any = false;
            for item in self.list(field) {
                let word = |field: &str| item.word_at(&[field]).unwrap_or_default();
                let kind = matches(word("kind"), &id.kind, false)?;
                any |= kind && matches(word("group"), &id.group, false)?;
            }
            Some(any)
        };
        let forbids = |allowed: &'static str, denied: &'static str, open: bool| {
            if listed(denied)? {
                Some(Some(denied))
            } else {
                Some((!open && !listed(allowed)?).then_some(allowed))
            }
        };
        let open = self.list("namespaceResourceWhitelist").is_empty();
        let in_namespace =
            forbids("namespaceResourceWhitelist", "namespaceResourceBlacklist", open)?;
        let in_cluster = forbids("clusterResourceWhitelist", "clusterResourceBlacklist", false)?;
        if id.is_cluster_wide() {
            in_cluster
        } else if schema::is_builtin(&id.group) {
            in_namespace
        } else {
            // A custom resource may be of the whole cluster.
            in_cluster.and(in_namespace)
        }
    }
}

fn in_cluster(pattern: &str, server: &str) -> bool {
    server == IN_CLUSTER && matches(pattern, "in-cluster", false) == Some(true)
}

/// Argo CD's patterns: a star matches everything, or in paths what has no slash. `None` for one
/// that is none.
fn matches(pattern: &str, text: &str, path: bool) -> Option<bool> {
    if pattern == "*" || pattern == text {
        return Some(true);
    }
    if !pattern.contains(['*', '?', '[', '{']) {
        return Some(false);
    }
    let glob = GlobBuilder::new(pattern).literal_separator(path).build().ok()?;
    Some(glob.compile_matcher().is_match(text))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stays_within_a_folder_of_a_path() {
        assert_eq!(matches("github.com/a/*", "github.com/a/b", true), Some(true));
        assert_eq!(matches("github.com/*", "github.com/a/b", true), Some(false));
        assert_eq!(matches("github.com/**", "github.com/a/b", true), Some(true));
        assert_eq!(matches("https://*.svc", "https://a.b/c.svc", false), Some(true));
        assert_eq!(matches("[", "[x", false), None);
    }
}
