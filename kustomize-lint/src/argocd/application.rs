//! Applications and their sources.

use crate::object::Object;
use crate::tree::Node;

/// Whether the object is an Application of Argo CD.
pub(crate) fn is_application(object: &Object) -> bool {
    object.kind() == "Application"
        && object.node.str_at(&["apiVersion"]).is_some_and(|api| api.starts_with("argoproj.io/"))
}

#[derive(Clone, Copy)]
pub(crate) struct Application<'a> {
    pub(crate) object: &'a Object,
}

#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    /// The node of the field.
    pub(crate) node: &'a Node,
    pub(crate) repository: &'a Node,
    pub(crate) path: Option<&'a Node>,
}

impl<'a> Application<'a> {
    /// `spec.sources`, which wins where it is said, or `spec.source`.
    pub(crate) fn sources(&self) -> Vec<Source<'a>> {
        let spec = |field: &str| self.object.node.at(&["spec", field]);
        let several = self.object.node.items_at(&["spec", "sources"]);
        let one = spec("source").filter(|_| several.is_empty());
        several.iter().chain(one).filter_map(Source::of).collect()
    }

    /// The project's name.
    pub(crate) fn project(&self) -> &'a str {
        let name = self.object.node.word_at(&["spec", "project"]);
        name.filter(|name| !name.is_empty()).unwrap_or("default")
    }

    /// A field of the destination; empty when it is not said.
    pub(crate) fn destination(&self, field: &str) -> &'a str {
        self.object.node.word_at(&["spec", "destination", field]).unwrap_or_default()
    }

    /// The cluster, by its address where that is known.
    pub(crate) fn cluster(&self) -> &'a str {
        match (self.destination("server"), self.destination("name")) {
            ("", "in-cluster") => IN_CLUSTER,
            ("", name) => name,
            (server, _) => server,
        }
    }

    /// Whether a sync option is set.
    pub(crate) fn has_option(&self, option: &str) -> bool {
        let options = self.object.node.items_at(&["spec", "syncPolicy", "syncOptions"]);
        options.iter().any(|item| item.as_str() == Some(option))
    }
}

/// The cluster that Argo CD itself runs in.
pub(crate) const IN_CLUSTER: &str = "https://kubernetes.default.svc";

impl<'a> Source<'a> {
    fn of(node: &'a Node) -> Option<Self> {
        let repository = node.get("repoURL").filter(|url| url.scalar().is_some())?;
        // A chart comes from a registry of charts, whatever else is said.
        let chart = node.word_at(&["chart"]).is_some_and(|chart| !chart.is_empty());
        let is_path = |path: &&Node| path.scalar().is_some_and(|s| !s.text.is_empty() && !chart);
        Some(Source { node, repository, path: node.get("path").filter(is_path) })
    }

    /// Whether it stays at a commit or a release, which may have other files than this checkout.
    pub(crate) fn is_pinned(&self) -> bool {
        let revision = self.node.word_at(&["targetRevision"]).unwrap_or_default();
        let revision = revision.strip_prefix("refs/tags/").map_or(revision, |_| "1.0");
        let is_commit = revision.len() >= 7 && revision.bytes().all(|b| b.is_ascii_hexdigit());
        let number = revision.trim_start_matches('v');
        let is_version = number.contains('.')
            && number.starts_with(|c: char| c.is_ascii_digit())
            && number.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+*".contains(&b));
        is_commit || is_version
    }

    /// Whether the Application adds to what the path renders.
    pub(crate) fn changes(&self) -> bool {
        self.node.get("kustomize").is_some_and(|options| {
            options.entries().iter().any(|e| !matches!(e.key.as_str(), "images" | "version"))
        })
    }

    /// Whether something else than kustomize makes the manifests.
    pub(crate) fn has_other_tool(&self) -> bool {
        ["plugin", "helm", "directory"].iter().any(|tool| self.node.get(tool).is_some())
    }
}

/// A repository's URL for comparisons, without the protocol and the ending.
pub(crate) fn normalized(url: &str) -> String {
    let url = url.trim().to_lowercase();
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    let rest = rest.trim_end_matches('/');
    let rest = rest.strip_suffix(".git").unwrap_or(rest);
    // `git@host:owner/name` is a path, too; `host:22/` a port.
    match rest.split_once(':') {
        Some((host, path)) if !path.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{host}/{}", path.trim_start_matches('/'))
        }
        _ => rest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn one_repository_has_many_names() {
        for url in [
            "https://github.com/a/b",
            "https://GitHub.com/a/b.git",
            "git@github.com:a/b.git",
            "ssh://git@github.com/a/b/",
        ] {
            assert_eq!(normalized(url), "github.com/a/b");
        }
        assert_eq!(normalized("https://h:8443/a"), "h:8443/a");
    }
}
