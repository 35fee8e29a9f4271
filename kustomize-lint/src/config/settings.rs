//! The settings of a run, from every source.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use globset::GlobMatcher;

use super::environment::{self, Environment};
use super::ignore::{Ignore, selects};
use crate::api::Version;
use crate::compose::Project;
use crate::load::Options;
use crate::rule::{Rule, Severity};
use common::kubernetes::effective;

#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// The folder that patterns are relative to, without links.
    pub(crate) folder: PathBuf,
    /// The configuration file as a user would write it, and its text, if there is one.
    pub(crate) file: Option<(PathBuf, String)>,
    /// The Kubernetes version that objects are checked against.
    pub(crate) kubernetes: Version,
    /// The Compose files of the rules of parity; they merge as Compose's do.
    pub(crate) compose: Vec<PathBuf>,
    /// The contents of these files, once they are read.
    pub(crate) project: Option<Project>,
    /// The URL of the repository that is linted, for the rules about Argo CD.
    pub(crate) repository: Option<String>,
    /// The limits on the files that kustomizations read.
    pub(crate) rendering: Options,
    /// Objects that somebody else provides.
    pub(crate) externals: Vec<GlobMatcher>,
    /// Domains of documentation that are meant.
    pub(crate) example_domains: Vec<String>,
    /// Rules to ask; all when empty.
    pub(crate) select: Vec<String>,
    /// Rules not to ask.
    pub(crate) deselect: Vec<String>,
    /// Other weights of rules, by code.
    pub(crate) severity: HashMap<&'static str, Severity>,
    /// Environments by the path of the overlay.
    pub(crate) environments: Vec<environment::Rule>,
    /// Environments of the specification, by name.
    pub(crate) specified: Vec<Environment>,
    /// Findings to live with.
    pub(crate) ignores: Vec<Ignore>,
}

impl Settings {
    pub(crate) fn asks(&self, rule: &Rule) -> bool {
        (self.select.is_empty() || selects(&self.select, rule)) && !selects(&self.deselect, rule)
    }

    /// The severity of the rule's findings.
    pub(crate) fn severity(&self, rule: &Rule) -> Severity {
        self.severity.get(rule.code).copied().unwrap_or(rule.severity)
    }

    /// A path relative to the folder of the settings, with `/`, for patterns.
    pub(crate) fn relative(&self, canonical: &Path) -> Option<String> {
        Some(canonical.strip_prefix(&self.folder).ok()?.to_string_lossy().into_owned())
    }

    /// Where an overlay runs: the configuration's environment for its path, completed by the
    /// specification's environment that its folder, or one above it, is named after.
    pub(crate) fn environment(&self, canonical: &Path) -> Option<Environment> {
        let specified = canonical.ancestors().find_map(|folder| {
            let name = folder.file_name()?.to_str()?;
            self.specified.iter().find(|environment| environment.name == name)
        });
        let relative = self.relative(canonical);
        // The folder of the settings itself is written `.`.
        let relative = relative.map(|path| if path.is_empty() { ".".to_owned() } else { path });
        let configured = self
            .environments
            .iter()
            .find(|rule| relative.as_deref().is_some_and(|path| rule.path.is_match(path)))
            .map(|rule| &rule.environment);
        match (configured, specified) {
            (None, other) => other.cloned(),
            (Some(configured), None) => Some(configured.clone()),
            (Some(configured), Some(base)) => Some(Environment {
                name: base.name.clone(),
                budget: configured.budget.or(base.budget),
                reserved: if configured.budget.is_some() {
                    configured.reserved
                } else {
                    base.reserved
                },
                nodes: configured.nodes.or(base.nodes),
                node_memory: configured.node_memory.or(base.node_memory),
                names_only: configured.names_only || base.names_only,
                absent: [configured.absent.as_slice(), &base.absent].concat(),
                differs: [configured.differs.as_slice(), &base.differs].concat(),
            }),
        }
    }

    /// Whether a host of documentation is below a domain that the configuration lists.
    pub(crate) fn is_meant(&self, host: &str) -> bool {
        let below = |domain: &String| {
            host.strip_suffix(domain.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.example_domains.iter().any(below)
    }

    /// Whether somebody else provides the object: `externals = ["Secret/prod/tls"]`, or
    /// `"StorageClass/standard"` for every namespace.
    pub(crate) fn is_external(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let namespace = effective(namespace);
        let (long, short) = (format!("{kind}/{namespace}/{name}"), format!("{kind}/{name}"));
        self.externals.iter().any(|glob| glob.is_match(&long) || glob.is_match(&short))
    }
}
