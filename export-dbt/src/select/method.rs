//! The methods of dbt's selection syntax: which nodes of the manifest a term names.
//!
//! Source: dbt-core's `graph/selector_methods.py`, whose patterns are Python's.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::Path;

use common::diagnostic::nearest;
use serde_json::Value;

use super::glob::{self, fnmatch};
use crate::manifest::{Kind, Manifest, Node};

/// How a term names nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Method {
    /// A name, or parts of the fully qualified name, joined with dots.
    Name(String),
    Tag(String),
    Path(String),
    File(String),
    /// Patterns of package, source and table.
    Source([String; 3]),
    Package(String),
    Group(String),
    Access(String),
    /// `exposure:PACKAGE.NAME` and its like.
    Special {
        kind: Kind,
        package: String,
        name: String,
    },
    ResourceType(Kind),
    Version(Version),
    TestName(String),
    TestType(TestType),
    /// `config.materialized:table`
    Config {
        keys: Vec<String>,
        value: String,
    },
}

/// A version of a model, beside its latest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Latest,
    Newer,
    Older,
    /// The model has no versions.
    Without,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TestType {
    Generic,
    Singular,
    Data,
    Unit,
}

const METHODS: &str = "fqn, tag, path, file, package, config.KEY, resource_type, source, exposure, metric, semantic_model, \
    saved_query, unit_test, group, access, version, test_name and test_type";

/// Methods that compare with another run of dbt.
const OTHER_ARTIFACTS: [(&str, &str); 3] = [
    ("state", "an earlier manifest"),
    ("result", "the results of an earlier run"),
    ("source_status", "two results of dbt source freshness"),
];

impl Method {
    /// The method of a term without its operators.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let is_word = |name: &str| name.chars().all(|c| c.is_alphanumeric() || "._".contains(c));
        let with_method =
            text.split_once(':').filter(|(name, _)| !name.is_empty() && is_word(name));
        let Some((method, value)) = with_method else {
            let ends = [".sql", ".py", ".csv"];
            let is_file = ends.iter().any(|end| text.to_lowercase().ends_with(end));
            return Ok(match text {
                _ if text.contains('/') => Self::Path(text.to_owned()),
                _ if is_file => Self::File(text.to_owned()),
                _ => Self::Name(text.to_owned()),
            });
        };
        if value.is_empty() {
            return Err(format!("{text:?} has nothing after the colon"));
        }
        if let Some((name, needs)) = OTHER_ARTIFACTS.iter().find(|(name, _)| *name == method) {
            return Err(format!("the selector method {name:?} needs {needs}, beside the manifest"));
        }
        let parts: Vec<&str> = value.split('.').collect();
        let any = || "*".to_owned();
        let special = |kind| match parts[..] {
            [name] => Ok(Self::Special { kind, package: any(), name: name.to_owned() }),
            [package, name] => {
                Ok(Self::Special { kind, package: package.to_owned(), name: name.to_owned() })
            }
            _ => Err(format!("{text:?} is neither {method}:NAME nor {method}:PACKAGE.NAME")),
        };
        let one_of = |known: &str| Err(format!("{method} is one of {known}, not {value:?}"));
        let owned = value.to_owned();
        match method {
            "fqn" => Ok(Self::Name(owned)),
            "tag" => Ok(Self::Tag(owned)),
            "path" => Ok(Self::Path(owned)),
            "file" => Ok(Self::File(owned)),
            "package" => Ok(Self::Package(owned)),
            "group" => Ok(Self::Group(owned)),
            "access" => Ok(Self::Access(owned)),
            "test_name" => Ok(Self::TestName(owned)),
            "source" => match parts[..] {
                [source] => Ok(Self::Source([any(), source.to_owned(), any()])),
                [source, table] => Ok(Self::Source([any(), source.to_owned(), table.to_owned()])),
                [package, source, table] => {
                    Ok(Self::Source([package, source, table].map(str::to_owned)))
                }
                _ => Err(format!(
                    "{text:?} is none of source:NAME, source:NAME.TABLE and source:PACKAGE.NAME.TABLE"
                )),
            },
            "exposure" => special(Kind::Exposure),
            "metric" => special(Kind::Metric),
            "semantic_model" => special(Kind::SemanticModel),
            "saved_query" => special(Kind::SavedQuery),
            "unit_test" => special(Kind::UnitTest),
            "resource_type" => match Kind::named(value) {
                Some(kind) => Ok(Self::ResourceType(kind)),
                None => one_of(&Kind::NAMES.map(|(_, name)| name).join(", ")),
            },
            "version" => match value {
                "latest" => Ok(Self::Version(Version::Latest)),
                "prerelease" => Ok(Self::Version(Version::Newer)),
                "old" => Ok(Self::Version(Version::Older)),
                "none" => Ok(Self::Version(Version::Without)),
                _ => one_of("latest, prerelease, old, none"),
            },
            "test_type" => match value {
                "generic" | "schema" => Ok(Self::TestType(TestType::Generic)),
                "singular" => Ok(Self::TestType(TestType::Singular)),
                "data" => Ok(Self::TestType(TestType::Data)),
                "unit" => Ok(Self::TestType(TestType::Unit)),
                _ => one_of("generic, singular, data, unit"),
            },
            _ => match method.split_once('.') {
                Some(("config", keys)) if keys.split('.').all(|key| !key.is_empty()) => {
                    let keys = keys.split('.').map(str::to_owned).collect();
                    Ok(Self::Config { keys, value: owned })
                }
                _ => Err(format!("unknown selector method {method:?}; available: {METHODS}")),
            },
        }
    }

    pub(super) fn matches(&self, node: &Node, manifest: &Manifest) -> bool {
        match self {
            Self::Name(name) => node.kind != Kind::Source && is_named(name, node),
            Self::Tag(tag) => node.tags().any(|known| fnmatch(tag, known)),
            Self::Path(path) => is_at(path, node, manifest),
            Self::File(name) => {
                let file = Path::new(&node.original_file_path);
                let parts = [file.file_name(), file.file_stem()];
                parts.iter().flatten().any(|part| fnmatch(name, &part.to_string_lossy()))
            }
            Self::Source([package, source, table]) => {
                node.kind == Kind::Source
                    && fnmatch(package, &node.package_name)
                    && fnmatch(source, node.source_name.as_deref().unwrap_or_default())
                    && fnmatch(table, &node.name)
            }
            Self::Package(name) => {
                let this = manifest.project.as_deref().filter(|_| name == "this");
                fnmatch(this.unwrap_or(name), &node.package_name)
            }
            Self::Group(name) => node.group().is_some_and(|group| fnmatch(name, group)),
            Self::Access(name) => node.kind == Kind::Model && node.access.as_ref() == Some(name),
            Self::Special { kind, package, name } => {
                node.kind == *kind
                    && fnmatch(package, &node.package_name)
                    && fnmatch(name, &node.name)
            }
            Self::ResourceType(kind) => node.kind == *kind,
            Self::Version(version) => node.kind == Kind::Model && is_version(*version, node),
            Self::TestName(name) => match node.kind {
                Kind::Test => node.generic_test().is_some_and(|test| fnmatch(name, test)),
                Kind::UnitTest => fnmatch(name, &node.name),
                _ => false,
            },
            Self::TestType(wanted) => match node.kind {
                Kind::UnitTest => *wanted == TestType::Unit,
                Kind::Test if node.generic_test().is_some() => {
                    matches!(wanted, TestType::Generic | TestType::Data)
                }
                Kind::Test => matches!(wanted, TestType::Singular | TestType::Data),
                _ => false,
            },
            Self::Config { keys, value } => has_config(keys, value, node),
        }
    }

    /// The known name that is nearest to a name that matches nothing.
    pub(super) fn nearest(&self, manifest: &Manifest) -> Option<String> {
        let nodes = || manifest.nodes.values().filter(|node| node.builds_relation());
        let of = |prefix: &str, name: &str, known: BTreeSet<String>| {
            let found = nearest(name, known.iter().map(String::as_str))?;
            Some(format!("{prefix}{found}"))
        };
        match self {
            Self::Name(name) => of("", name, nodes().map(|node| node.name.clone()).collect()),
            Self::Tag(tag) => {
                of("tag:", tag, nodes().flat_map(Node::tags).map(str::to_owned).collect())
            }
            Self::Path(path) => {
                let folders = |node: &Node| -> Vec<String> {
                    let file = Path::new(&node.original_file_path);
                    file.ancestors().map(|path| path.display().to_string()).collect()
                };
                of("path:", path.trim_end_matches('/'), nodes().flat_map(folders).collect())
            }
            Self::File(name) => {
                let file = |node: &Node| {
                    let name = Path::new(&node.original_file_path).file_name()?;
                    Some(name.to_string_lossy().into_owned())
                };
                of("file:", name, nodes().filter_map(file).collect())
            }
            Self::Source([package, source, table]) => {
                let parts = [package, source, table].into_iter().filter(|part| *part != "*");
                let wanted = parts.map(String::as_str).collect::<Vec<_>>().join(".");
                let full = |node: &Node| {
                    node.source_name.as_ref().map(|source| format!("{source}.{}", node.name))
                };
                of("source:", &wanted, nodes().filter_map(full).collect())
            }
            Self::Package(name) => {
                of("package:", name, nodes().map(|node| node.package_name.clone()).collect())
            }
            Self::Group(name) => {
                let known = nodes().filter_map(Node::group).map(str::to_owned);
                of("group:", name, known.collect())
            }
            Self::Special { kind, name, .. } => {
                let known = manifest.nodes.values().filter(|node| node.kind == *kind);
                let known = known.map(|node| node.name.clone()).collect();
                of(&format!("{}:", kind.name()), name, known)
            }
            Self::Access(_)
            | Self::ResourceType(_)
            | Self::Version(_)
            | Self::TestName(_)
            | Self::TestType(_)
            | Self::Config { .. } => None,
        }
    }
}

/// Whether a name is the node's, or that of a folder of its fully qualified name, with the package's name or without.
fn is_named(name: &str, node: &Node) -> bool {
    let is = |fqn: &[String]| is_selected(name, fqn, node.version.is_some());
    is(&node.fqn) || node.fqn.get(1..).is_some_and(is)
}

/// dbt's `is_selected_node`. The name of a model with versions is the last but one part.
fn is_selected(name: &str, fqn: &[String], is_versioned: bool) -> bool {
    let leaf = fqn.iter().rev().nth(usize::from(is_versioned));
    let last_two = |parts: &[&str]| parts[parts.len().saturating_sub(2)..].join("_");
    let wanted: Vec<&str> = name.split('.').collect();
    let parts: Vec<&str> = fqn.iter().map(String::as_str).collect();
    if leaf.is_some_and(|leaf| leaf == name)
        || (is_versioned && last_two(&parts) == last_two(&wanted))
    {
        return true;
    }
    // A dot in a model's name separates, too.
    let parts: Vec<&str> = parts.iter().flat_map(|part| part.split('.')).collect();
    if parts.len() < wanted.len() {
        return false;
    }
    let plain = wanted.iter().take_while(|part| !glob::is_pattern(part)).count();
    if wanted[..plain] != parts[..plain] {
        return false;
    }
    // The first pattern matches all the rest; one without a dot may be the name alone.
    plain == wanted.len()
        || fnmatch(&wanted[plain..].join("."), &parts[plain..].join("."))
        || (wanted.len() == 1 && leaf.is_some_and(|leaf| fnmatch(name, leaf)))
}

/// Whether the pattern finds the node's file, the YAML file that describes it, or a folder above its file. dbt looks in
/// the project's folder, in which another package's file counts only where the project has the same path.
fn is_at(path: &str, node: &Node, manifest: &Manifest) -> bool {
    let is_there = |found: &str| {
        manifest.project.as_ref().is_none_or(|project| *project == node.package_name)
            || manifest.paths.contains(found)
    };
    let file = node.original_file_path.as_str();
    let files = [Some(file), node.patch_file()].into_iter().flatten();
    let mut files = files.filter(|file| !file.is_empty());
    let folders = Path::new(file).ancestors().skip(1).filter_map(Path::to_str);
    files.any(|file| glob::finds(path, file, false) && is_there(file))
        || folders.into_iter().any(|folder| glob::finds(path, folder, true) && is_there(folder))
}

/// dbt compares numbers as numbers, and other versions as texts.
fn is_version(wanted: Version, node: &Node) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let Some(version) = node.version.as_ref().map(text) else { return wanted == Version::Without };
    let Some(latest) = node.latest_version.as_ref().map(text) else { return false };
    let numbers = version.parse::<f64>().ok().zip(latest.parse::<f64>().ok());
    let order = match numbers {
        Some((version, latest)) => version.partial_cmp(&latest),
        None => Some(version.cmp(&latest)),
    };
    match wanted {
        Version::Latest => version == latest,
        Version::Newer => order == Some(Ordering::Greater),
        Version::Older => order == Some(Ordering::Less),
        Version::Without => false,
    }
}

/// A value is equal to the text, or a list has it. Only models, seeds, snapshots, tests, analyses and sources have one.
fn has_config(keys: &[String], value: &str, node: &Node) -> bool {
    let others = [
        Kind::Exposure,
        Kind::Metric,
        Kind::SemanticModel,
        Kind::SavedQuery,
        Kind::UnitTest,
        Kind::Function,
    ];
    if others.contains(&node.kind) {
        return false;
    }
    let found = keys.iter().try_fold(&node.config, |at, key| at.get(key));
    let is_severity = keys.len() == 1 && keys[0] == "severity";
    let is = |one: &Value| match one {
        Value::String(text) => text == value || is_severity && text.eq_ignore_ascii_case(value),
        Value::Bool(one) => value.eq_ignore_ascii_case(&one.to_string()),
        _ => false,
    };
    match found {
        Some(Value::Array(many)) => many.iter().any(is),
        Some(one) => is(one),
        None => false,
    }
}
