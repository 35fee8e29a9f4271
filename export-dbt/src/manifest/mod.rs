//! dbt's `manifest.json`: descriptions, tags, paths, materializations, and the graph of the models.

mod kind;
mod node;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use common::fault;

use serde::Deserialize;
use serde_json::error::Category;

use crate::catalog::Relation;
use crate::problem::{Advice, Problem};
pub(crate) use kind::Kind;
pub(crate) use node::Node;

/// The part of a manifest that is used here. Unknown keys and newer versions are fine.
#[derive(Debug, Default, Deserialize)]
struct File {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    nodes: BTreeMap<String, Node>,
    #[serde(default)]
    sources: BTreeMap<String, Node>,
    #[serde(default)]
    unit_tests: BTreeMap<String, Node>,
    #[serde(default)]
    exposures: BTreeMap<String, Node>,
    #[serde(default)]
    metrics: BTreeMap<String, Node>,
    #[serde(default)]
    semantic_models: BTreeMap<String, Node>,
    #[serde(default)]
    saved_queries: BTreeMap<String, Node>,
    #[serde(default)]
    functions: BTreeMap<String, Node>,
}

#[derive(Debug, Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    project_name: Option<String>,
}

/// A manifest, indexed by the relations that its nodes build.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    pub(crate) project: Option<String>,
    /// All that is in dbt's graph, by its unique id.
    pub(crate) nodes: BTreeMap<String, Node>,
    /// Files of the project's nodes, and the folders above them.
    pub(crate) paths: BTreeSet<String>,
    /// Ids by schema and name, in small letters.
    by_relation: HashMap<(String, String), Vec<String>>,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error("{}", fault::cannot_read("manifest", path, error))]
    Read { path: String, error: std::io::Error },
    #[error("{path}:{line}:{column}: not a dbt manifest: {problem}")]
    Parse { path: String, line: usize, column: usize, problem: String },
    #[error("the manifest {0} has no model, seed, snapshot or source")]
    Empty(String),
}

impl Problem for ManifestError {
    fn advice(&self) -> Advice {
        let hint = "`dbt build` or `dbt parse` writes target/manifest.json";
        match self {
            Self::Read { .. } => ("no-manifest", hint),
            Self::Parse { .. } => ("bad-manifest", hint),
            Self::Empty(_) => ("empty-manifest", hint),
        }
    }
}

/// The place of a JSON error, without the library's sentence where that quotes a value, which may be a secret.
pub(crate) fn place_of(error: &serde_json::Error) -> (usize, usize, String) {
    let problem = match error.classify() {
        Category::Data => "a value is of another type".to_owned(),
        _ => error.to_string(),
    };
    (error.line(), error.column(), problem)
}

impl Manifest {
    /// Reads a manifest.
    pub(crate) fn read(path: &Path) -> Result<Self, ManifestError> {
        let shown = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|error| ManifestError::Read { path: shown.clone(), error })?;
        let file: File = serde_json::from_slice(&bytes).map_err(|error| {
            let (line, column, problem) = place_of(&error);
            ManifestError::Parse { path: shown.clone(), line, column, problem }
        })?;
        let manifest = Self::of(file);
        if !manifest.nodes.values().any(Node::builds_relation) {
            return Err(ManifestError::Empty(shown));
        }
        Ok(manifest)
    }

    fn of(file: File) -> Self {
        let mut nodes = file.nodes;
        let kinds = [
            (file.sources, Kind::Source),
            (file.unit_tests, Kind::UnitTest),
            (file.exposures, Kind::Exposure),
            (file.metrics, Kind::Metric),
            (file.semantic_models, Kind::SemanticModel),
            (file.saved_queries, Kind::SavedQuery),
            (file.functions, Kind::Function),
        ];
        for (more, kind) in kinds {
            nodes.extend(more.into_iter().map(|(id, mut node)| {
                node.kind = kind;
                (id, node)
            }));
        }
        let mut by_relation: HashMap<_, Vec<String>> = HashMap::new();
        for (id, node) in nodes.iter().filter(|(_, node)| node.builds_relation()) {
            let Some(schema) = &node.schema else { continue };
            let key = (schema.to_lowercase(), node.relation_name().to_lowercase());
            by_relation.entry(key).or_default().push(id.clone());
        }
        let project = file.metadata.project_name;
        let of_project = |node: &&Node| project.as_ref() == Some(&node.package_name);
        let mut paths = BTreeSet::new();
        for node in nodes.values().filter(of_project) {
            let file = Path::new(&node.original_file_path).ancestors().filter_map(Path::to_str);
            paths.extend(file.chain(node.patch_file()).map(str::to_owned));
        }
        Self { project, nodes, paths, by_relation }
    }

    /// The id of the node that builds a relation. The database counts only where it tells nodes apart: a
    /// file may have another name than the database in dbt's profile.
    pub(crate) fn id_of(&self, relation: &Relation) -> Option<&str> {
        let key = (relation.schema.to_lowercase(), relation.name.to_lowercase());
        let ids = self.by_relation.get(&key)?;
        let in_database = |id: &&String| {
            let database = self.nodes[*id].database.as_deref();
            database.is_some_and(|name| name.eq_ignore_ascii_case(&relation.database))
        };
        // A model shadows a source of the same relation.
        let is_built = |id: &&String| self.nodes[*id].kind != Kind::Source;
        let found = ids.iter().find(|id| in_database(id) && is_built(id));
        let found = found.or_else(|| ids.iter().find(in_database));
        found.or_else(|| ids.iter().find(is_built)).or_else(|| ids.first()).map(String::as_str)
    }

    /// The node that builds a relation.
    pub(crate) fn node(&self, relation: &Relation) -> Option<&Node> {
        self.nodes.get(self.id_of(relation)?)
    }

    /// The tests of a node: those that are written at it, and those without such a place that read it.
    pub(crate) fn tests<'a>(&'a self, id: &'a str) -> impl Iterator<Item = (&'a str, &'a Node)> {
        let is_about = move |node: &Node| match (&node.attached_node, node.kind) {
            (Some(at), Kind::Test) => at == id,
            (None, Kind::Test) | (_, Kind::UnitTest) => node.parents().iter().any(|p| p == id),
            _ => false,
        };
        self.nodes.iter().filter(move |(_, node)| is_about(node)).map(|(id, node)| (&**id, node))
    }

    /// The columns that tell the rows of a relation apart: those of its first test of that kind.
    pub(crate) fn unique_columns(&self, relation: &Relation) -> Vec<String> {
        let Some(id) = self.id_of(relation) else { return Vec::new() };
        let tests = || self.tests(id).filter_map(|(_, node)| node.unique_columns());
        // A single column needs the least room in a report.
        tests().min_by_key(Vec::len).unwrap_or_default()
    }

    #[cfg(test)]
    pub(crate) fn for_test(json: serde_json::Value) -> Self {
        Self::of(serde_json::from_value(json).unwrap())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn relation(database: &str, schema: &str, name: &str) -> Relation {
        Relation {
            database: database.into(),
            schema: schema.into(),
            layer: schema.into(),
            name: name.into(),
            is_view: false,
            comment: None,
            estimated_rows: 0,
        }
    }

    #[test]
    fn a_relation_is_found_by_alias_and_schema() {
        let manifest = Manifest::for_test(json!({"nodes": {
            "model.p.stg_trips": {"resource_type": "model", "name": "stg_trips", "alias": "trips", "schema": "silver",
                "description": " Every trip. ", "columns": {"id": {"name": "ID", "description": "key"}},
                "config": {"materialized": "table", "tags": ["silver"]}, "original_file_path": "models/silver/stg_trips.sql"},
            "test.p.x": {"resource_type": "test", "name": "trips", "schema": "silver"},
        }}));
        let node = manifest.node(&relation("d", "SILVER", "trips")).unwrap();
        assert_eq!(node.description(), Some("Every trip."));
        assert_eq!(node.column_description("id"), Some("key"));
        assert_eq!(node.is_virtual(), None);
        assert!(node.has_tag("silver"));
        assert!(manifest.node(&relation("d", "silver", "stg_trips")).is_none());
    }

    #[test]
    fn the_database_tells_models_of_one_name_apart() {
        let model = |database: &str| json!({"resource_type": "model", "name": "t", "schema": "gold", "database": database});
        let manifest = Manifest::for_test(
            json!({"nodes": {"model.p.a": model("a"), "model.p.b": model("b")}}),
        );
        assert_eq!(manifest.id_of(&relation("b", "gold", "t")), Some("model.p.b"));
        assert_eq!(manifest.id_of(&relation("renamed", "gold", "t")), Some("model.p.a"));
    }

    #[test]
    fn the_columns_that_a_test_finds_unique() {
        let test = |name: &str, config: Value, kwargs: Value| {
            json!({"resource_type": "test", "name": "t",
            "attached_node": "model.p.a", "config": config, "test_metadata": {"name": name, "kwargs": kwargs}})
        };
        let pair = json!({"combination_of_columns": ["city", "day"]});
        let one =
            json!({"column_name": "\"Trip Id\"", "model": "{{ get_where_subquery(ref('a')) }}"});
        let unique = |tests: Value| {
            let mut nodes = tests;
            nodes["model.p.a"] = json!({"resource_type": "model", "name": "a", "schema": "gold"});
            Manifest::for_test(json!({"nodes": nodes})).unique_columns(&relation("d", "gold", "a"))
        };
        let pairs = test("unique_combination_of_columns", json!({}), pair);
        assert_eq!(unique(json!({"test.p.1": pairs})), ["city", "day"]);
        let both = json!({"test.p.1": pairs, "test.p.2": test("unique", json!({"where": null}), one.clone())});
        assert_eq!(unique(both), ["Trip Id"]);
        let part =
            json!({"test.p.1": test("unique", json!({"where": "not deleted"}), one.clone())});
        assert!(unique(part).is_empty());
        assert!(unique(json!({"test.p.1": test("not_null", json!({}), one)})).is_empty());
    }

    #[test]
    fn the_tests_of_a_model() {
        let manifest = Manifest::for_test(json!({
            "nodes": {
                "model.p.child": {"resource_type": "model", "name": "child"},
                "test.p.generic": {"resource_type": "test", "name": "g", "attached_node": "model.p.child",
                    "depends_on": {"nodes": ["model.p.child", "model.p.parent"]}},
                "test.p.singular": {"resource_type": "test", "name": "s", "depends_on": {"nodes": ["model.p.parent"]}},
            },
            "unit_tests": {"unit_test.p.u": {"name": "u", "depends_on": {"nodes": ["model.p.child"]}}},
        }));
        let of = |id: &str| manifest.tests(id).map(|(id, _)| id.to_owned()).collect::<Vec<_>>();
        assert_eq!(of("model.p.child"), ["test.p.generic", "unit_test.p.u"]);
        assert_eq!(of("model.p.parent"), ["test.p.singular"]);
    }
}
