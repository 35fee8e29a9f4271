//! `--select`: dbt's selection syntax over the manifest.
//!
//! Source: dbt's "Node selection syntax". A space is a union, a comma an intersection; `+` adds
//! ancestors or descendants, with a number up to so many steps; `@` adds descendants and all that they need.

use std::collections::BTreeSet;
use std::str::FromStr;

use common::diagnostic::nearest;
use wildmatch::WildMatch;

use super::graph::{Graph, Nodes};
use crate::manifest::{Kind, Manifest, Node};

/// One `--select`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    text: String,
    /// Any of these; each is an intersection.
    any: Vec<Vec<Term>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    text: String,
    method: Method,
    /// Steps to ancestors and to descendants.
    ancestors: u32,
    descendants: u32,
    /// `@`
    closure: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Method {
    /// A name, or parts of the fully qualified name, joined with dots.
    Name(String),
    Tag(String),
    Path(String),
    File(String),
    Source(String),
    Package(String),
    Group(String),
    Access(String),
    /// A use of the data, which builds nothing itself.
    Exposure(String),
    ResourceType(String),
    /// `config.materialized:table`
    Config {
        key: String,
        value: String,
    },
}

const METHODS: &str =
    "tag, path, file, fqn, source, exposure, package, group, access, resource_type and config.KEY";

impl FromStr for Selector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let any: Vec<Vec<Term>> = text
            .split_whitespace()
            .map(|part| part.split(',').map(parse_term).collect())
            .collect::<Result<_, _>>()?;
        if any.is_empty() {
            return Err("an empty selector selects nothing".into());
        }
        Ok(Self { text: text.to_owned(), any })
    }
}

fn parse_term(text: &str) -> Result<Term, String> {
    let bad = || format!("{text:?} is not a selector of dbt; write it like tag:gold or +fct_trips");
    let (closure, rest) = match text.strip_prefix('@') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (ancestors, rest) = match rest.split_once('+') {
        Some((steps, rest)) if !rest.is_empty() && is_number(steps) => (steps_of(steps), rest),
        _ => (0, rest),
    };
    let (descendants, value) = match rest.rsplit_once('+') {
        Some((rest, steps)) if is_number(steps) => (steps_of(steps), rest),
        _ => (0, rest),
    };
    if value.is_empty() || value.contains(['+', '@']) || (closure && ancestors + descendants > 0) {
        return Err(bad());
    }
    let method = parse_method(value)?;
    Ok(Term { text: text.to_owned(), method, ancestors, descendants, closure })
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// No number: to the end.
fn steps_of(text: &str) -> u32 {
    if text.is_empty() { u32::MAX / 2 } else { text.parse().unwrap_or(u32::MAX / 2) }
}

fn parse_method(text: &str) -> Result<Method, String> {
    let folder = |path: &str| path.trim_start_matches("./").trim_end_matches('/').to_owned();
    let Some((method, value)) = text.split_once(':') else {
        return Ok(match text {
            _ if text.contains('/') => Method::Path(folder(text)),
            _ if [".sql", ".csv", ".py"].iter().any(|end| text.ends_with(end)) => {
                Method::File(text.to_owned())
            }
            _ => Method::Name(text.to_owned()),
        });
    };
    if value.is_empty() {
        return Err(format!("{text:?} has nothing after the colon"));
    }
    let value = value.to_owned();
    Ok(match method {
        "tag" => Method::Tag(value),
        "path" => Method::Path(folder(&value)),
        "file" => Method::File(value),
        "fqn" => Method::Name(value),
        "source" => Method::Source(value),
        "package" => Method::Package(value),
        "group" => Method::Group(value),
        "access" => Method::Access(value),
        "exposure" => Method::Exposure(value),
        "resource_type" => Method::ResourceType(value),
        _ => match method.split_once('.') {
            Some(("config", key)) if !key.is_empty() => {
                Method::Config { key: key.to_owned(), value }
            }
            _ => return Err(format!("unknown selector method {method:?}; available: {METHODS}")),
        },
    })
}

impl Selector {
    /// The ids that are selected.
    pub(crate) fn nodes<'a>(&self, manifest: &'a Manifest) -> BTreeSet<&'a str> {
        let graph = Graph::new(manifest);
        let mut selected = Nodes::new();
        for terms in &self.any {
            let mut sets = terms.iter().map(|term| term.nodes(manifest, &graph));
            let first = sets.next().unwrap_or_default();
            selected.extend(sets.fold(first, |all, set| &all & &set));
        }
        selected
    }

    /// Every term that names nothing, with the nearest known name.
    pub(crate) fn unknown<'a>(&'a self, manifest: &Manifest) -> Vec<(&'a str, Option<String>)> {
        let terms = self.any.iter().flatten();
        let empty =
            |term: &&Term| !manifest.nodes.values().any(|n| term.method.matches(n, manifest));
        terms.filter(empty).map(|term| (&*term.text, term.method.nearest(manifest))).collect()
    }

    /// Whether the selector asks for nodes of a kind by name.
    pub(crate) fn asks_for(&self, kind: Kind) -> bool {
        self.any.iter().flatten().any(|term| match &term.method {
            Method::Source(_) => kind == Kind::Source,
            Method::ResourceType(name) => kind_name(kind) == name,
            _ => false,
        })
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Term {
    fn nodes<'a>(&self, manifest: &'a Manifest, graph: &Graph<'a>) -> Nodes<'a> {
        let all = manifest.nodes.iter();
        let named = all.filter(|(_, node)| self.method.matches(node, manifest));
        let named: Nodes<'a> = named.map(|(id, _)| id.as_str()).collect();
        if self.closure {
            let below = graph.descendants(&named, u32::MAX / 2);
            return graph.ancestors(&below, u32::MAX / 2);
        }
        let mut found = graph.ancestors(&named, self.ancestors);
        found.extend(graph.descendants(&named, self.descendants));
        found
    }
}

impl Method {
    fn matches(&self, node: &Node, manifest: &Manifest) -> bool {
        let glob = |pattern: &str, text: &str| WildMatch::new(pattern).matches(text);
        if let Self::Exposure(name) = self {
            return node.kind == Kind::Exposure && glob(name, &node.name);
        }
        if !node.builds_relation() {
            return false;
        }
        match self {
            Self::Name(name) => node.kind != Kind::Source && is_named(name, node),
            Self::Tag(tag) => node.tags().any(|known| glob(tag, known)),
            Self::Path(path) => {
                let within = node.original_file_path.strip_prefix(path.as_str());
                within.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    || glob(path, &node.original_file_path)
            }
            Self::File(name) => {
                let file = node.original_file_path.rsplit('/').next().unwrap_or_default();
                glob(name, file) || file.rsplit_once('.').is_some_and(|(stem, _)| glob(name, stem))
            }
            Self::Source(name) => is_source(name, node),
            Self::Package(name) => {
                let this = name == "this" && manifest.project.as_ref() == Some(&node.package_name);
                this || glob(name, &node.package_name)
            }
            Self::Group(name) => node.group.as_ref().is_some_and(|group| glob(name, group)),
            Self::Access(name) => node.access.as_ref().is_some_and(|access| glob(name, access)),
            Self::Exposure(_) => false,
            Self::ResourceType(name) => kind_name(node.kind) == name,
            Self::Config { key, value } => {
                let found = key.split('.').try_fold(&node.config, |at, part| at.get(part));
                found.is_some_and(|found| {
                    let many = found.as_array().map_or(std::slice::from_ref(found), Vec::as_slice);
                    many.iter().any(|one| match one.as_str() {
                        Some(text) => glob(value, text),
                        None => glob(value, &one.to_string()),
                    })
                })
            }
        }
    }

    /// The known name that is nearest to a name that matches nothing.
    fn nearest(&self, manifest: &Manifest) -> Option<String> {
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
                    let file = std::path::Path::new(&node.original_file_path);
                    file.ancestors().map(|path| path.display().to_string()).collect()
                };
                of("path:", path, nodes().flat_map(folders).collect())
            }
            Self::Source(name) => {
                let full = |node: &Node| {
                    node.source_name.as_ref().map(|source| format!("{source}.{}", node.name))
                };
                of("source:", name, nodes().filter_map(full).collect())
            }
            Self::Package(name) => {
                of("package:", name, nodes().map(|node| node.package_name.clone()).collect())
            }
            Self::ResourceType(name) => {
                let kinds = nodes().map(|node| kind_name(node.kind).to_owned());
                of("resource_type:", name, kinds.collect())
            }
            Self::Exposure(name) => {
                let is_one = |node: &&Node| node.kind == Kind::Exposure;
                let known = manifest.nodes.values().filter(is_one).map(|node| node.name.clone());
                of("exposure:", name, known.collect())
            }
            Self::File(_) | Self::Group(_) | Self::Access(_) | Self::Config { .. } => None,
        }
    }
}

/// Whether a name, or dotted parts of it from the front, are those of the node.
fn is_named(name: &str, node: &Node) -> bool {
    let glob = |pattern: &str, text: &str| WildMatch::new(pattern).matches(text);
    if glob(name, &node.name) {
        return true;
    }
    let within = |parts: &[String]| {
        let wanted: Vec<&str> = name.split('.').collect();
        wanted.len() <= parts.len() && wanted.iter().zip(parts).all(|(want, part)| glob(want, part))
    };
    // With the package's name or without.
    within(&node.fqn) || node.fqn.get(1..).is_some_and(within)
}

/// `SOURCE`, `SOURCE.TABLE` or `PACKAGE.SOURCE.TABLE`.
fn is_source(name: &str, node: &Node) -> bool {
    let glob = |pattern: &str, text: &str| WildMatch::new(pattern).matches(text);
    let Some(source) = node.source_name.as_deref().filter(|_| node.kind == Kind::Source) else {
        return false;
    };
    match name.split('.').collect::<Vec<_>>()[..] {
        [one] => glob(one, source),
        [one, table] => glob(one, source) && glob(table, &node.name),
        [package, one, table] => {
            glob(package, &node.package_name) && glob(one, source) && glob(table, &node.name)
        }
        _ => false,
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Model => "model",
        Kind::Seed => "seed",
        Kind::Snapshot => "snapshot",
        Kind::Source => "source",
        Kind::Test => "test",
        Kind::UnitTest => "unit_test",
        Kind::Exposure => "exposure",
        Kind::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// raw.trips (source) → stg_trips → int_trips → fct_trips; zones (seed) → fct_trips.
    fn manifest() -> Manifest {
        let node = |kind: &str, name: &str, folder: &str, parents: &[&str]| {
            json!({"resource_type": kind, "name": name, "package_name": "p", "tags": [folder],
                "access": if folder == "gold" { "public" } else { "protected" },
                "fqn": ["p", folder, name], "original_file_path": format!("models/{folder}/{name}.sql"),
                "config": {"materialized": if folder == "gold" { "table" } else { "view" }, "meta": {"owner": "ops"}},
                "depends_on": {"nodes": parents}})
        };
        Manifest::for_test(json!({
            "metadata": {"project_name": "p"},
            "nodes": {
                "model.p.stg_trips": node("model", "stg_trips", "silver", &["source.p.raw.trips"]),
                "model.p.int_trips": node("model", "int_trips", "silver", &["model.p.stg_trips"]),
                "model.p.fct_trips": node("model", "fct_trips", "gold", &["model.p.int_trips", "seed.p.zones"]),
                "seed.p.zones": node("seed", "zones", "seeds", &[]),
                "test.p.t": {"resource_type": "test", "name": "t", "depends_on": {"nodes": ["model.p.fct_trips"]}},
            },
            "sources": {"source.p.raw.trips": {"resource_type": "source", "source_name": "raw", "name": "trips", "package_name": "p"}},
            "exposures": {"exposure.p.weekly": {"resource_type": "exposure", "name": "weekly", "depends_on": {"nodes": ["model.p.int_trips"]}}},
        }))
    }

    fn selected(selector: &str) -> Vec<String> {
        let manifest = manifest();
        let selector: Selector = selector.parse().unwrap();
        let nodes = selector.nodes(&manifest);
        let relations = nodes.iter().filter(|id| manifest.nodes[**id].builds_relation());
        relations.map(|id| id.rsplit('.').next().unwrap().to_owned()).collect()
    }

    /// One test for each selector.
    macro_rules! selectors {
        ($($test:ident: $selector:literal => [$($name:literal),*];)*) => {
            $(
                #[test]
                fn $test() {
                    let names: &[&str] = &[$($name),*];
                    assert_eq!(selected($selector), names);
                }
            )*
        };
    }

    selectors! {
        a_name: "fct_trips" => ["fct_trips"];
        a_glob: "*_trips" => ["fct_trips", "int_trips", "stg_trips"];
        a_folder_of_the_qualified_name: "silver" => ["int_trips", "stg_trips"];
        a_qualified_name: "p.silver.stg_trips" => ["stg_trips"];
        a_tag: "tag:gold" => ["fct_trips"];
        a_path: "path:models/silver" => ["int_trips", "stg_trips"];
        a_path_without_its_method: "./models/gold/" => ["fct_trips"];
        a_path_with_a_glob: "path:models/*/fct_*" => ["fct_trips"];
        half_of_a_folder: "path:models/go" => [];
        a_file: "stg_trips.sql" => ["stg_trips"];
        a_source: "source:raw" => ["trips"];
        a_table_of_a_source: "source:raw.trips" => ["trips"];
        a_package: "package:this,tag:gold" => ["fct_trips"];
        a_kind: "resource_type:seed" => ["zones"];
        a_configuration: "config.materialized:table" => ["fct_trips"];
        a_nested_configuration: "config.meta.owner:ops,tag:gold" => ["fct_trips"];
        ancestors: "+fct_trips" => ["fct_trips", "int_trips", "stg_trips", "zones", "trips"];
        ancestors_one_step_away: "1+fct_trips" => ["fct_trips", "int_trips", "zones"];
        descendants: "stg_trips+" => ["fct_trips", "int_trips", "stg_trips"];
        descendants_one_step_away: "stg_trips+1" => ["int_trips", "stg_trips"];
        both: "1+int_trips+1" => ["fct_trips", "int_trips", "stg_trips"];
        descendants_of_a_source: "source:raw+1" => ["stg_trips", "trips"];
        a_closure: "@int_trips" => ["fct_trips", "int_trips", "stg_trips", "zones", "trips"];
        an_access: "access:public" => ["fct_trips"];
        an_exposure_builds_nothing: "exposure:weekly" => [];
        models_of_an_exposure: "1+exposure:week*" => ["int_trips"];
        an_intersection: "+fct_trips,tag:silver" => ["int_trips", "stg_trips"];
        a_union: "fct_trips zones" => ["fct_trips", "zones"];
    }

    #[test]
    fn no_selectors() {
        for bad in ["", " ", "tag:", "state:modified", "++x", "a+b", "@+x", "@", "+"] {
            assert!(bad.parse::<Selector>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_term_without_a_node_has_the_nearest_name() {
        let unknown = |text: &str| {
            let selector: Selector = text.parse().unwrap();
            let unknown = selector.unknown(&manifest());
            unknown.into_iter().map(|(term, near)| (term.to_owned(), near)).collect::<Vec<_>>()
        };
        let one = |term: &str, near: &str| vec![(term.to_owned(), Some(near.to_owned()))];
        assert_eq!(unknown("+fct_tripz"), one("+fct_tripz", "fct_trips"));
        assert_eq!(unknown("tag:glod fct_trips"), one("tag:glod", "tag:gold"));
        assert_eq!(unknown("source:raw.trip"), one("source:raw.trip", "source:raw.trips"));
        assert_eq!(unknown("+exposure:weeky"), one("+exposure:weeky", "exposure:weekly"));
        assert_eq!(unknown("nothing_like_it"), vec![("nothing_like_it".to_owned(), None)]);
        assert_eq!(unknown("fct_trips"), vec![]);
    }
}
