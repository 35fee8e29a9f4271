//! `--select`: dbt's selection syntax over the manifest.
//!
//! Source: dbt's "Node selection syntax". A space is a union, a comma an intersection; `+` adds
//! ancestors or descendants, with a number up to so many steps; `@` adds descendants and all that they need.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::graph::{Graph, Nodes};
use super::method::Method;
use crate::manifest::{Kind, Manifest};

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
    // An operator in a wrong place would be a part of the name.
    if value.is_empty()
        || value.starts_with(['+', '@'])
        || value.ends_with('+')
        || (closure && value.len() != rest.len())
    {
        return Err(bad());
    }
    let method = Method::parse(value)?;
    Ok(Term { text: text.to_owned(), method, ancestors, descendants, closure })
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// No number: to the end.
fn steps_of(text: &str) -> u32 {
    if text.is_empty() { u32::MAX / 2 } else { text.parse().unwrap_or(u32::MAX / 2) }
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
            Method::ResourceType(named) => *named == kind,
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
            "exposures": {"exposure.p.weekly": {"resource_type": "exposure", "name": "weekly", "fqn": ["p", "weekly"], "depends_on": {"nodes": ["model.p.int_trips"]}}},
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
        models_of_an_exposure_by_its_name: "1+weekly" => ["int_trips"];
        a_test_builds_nothing: "test_type:singular" => [];
        models_of_a_test: "1+test_type:singular" => ["fct_trips"];
        a_closure_with_ancestors: "@+int_trips" => ["fct_trips", "int_trips", "stg_trips", "zones", "trips"];
        models_of_an_exposure: "1+exposure:week*" => ["int_trips"];
        an_intersection: "+fct_trips,tag:silver" => ["int_trips", "stg_trips"];
        a_union: "fct_trips zones" => ["fct_trips", "zones"];
    }

    #[test]
    fn no_selectors() {
        let bad = [
            "",
            " ",
            "tag:",
            "state:modified",
            "result:error",
            "source_status:fresher",
            "++x",
            "x++",
            "@x+",
            "@",
            "+",
            "a,,b",
            "resource_type:table",
            "version:newest",
            "test_type:unique",
            "source:a.b.c.d",
            "exposure:a.b.c",
            "config:x",
            "config.:x",
        ];
        for bad in bad {
            assert!(bad.parse::<Selector>().is_err(), "{bad}");
        }
    }

    #[test]
    fn signs_of_operators_within_a_name() {
        for good in ["a+b", "tag:team@home", "path:models/a+b/c", "models/a:b", "@+x", "2+tag:x+1"]
        {
            assert!(good.parse::<Selector>().is_ok(), "{good}");
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
