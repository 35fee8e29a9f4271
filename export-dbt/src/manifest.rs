//! dbt's `manifest.json`: descriptions, tags, paths, materializations, and the graph of the models.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use common::fault;

use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;

use crate::catalog::Relation;
use crate::partition;
use crate::problem::{Advice, Problem};

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

/// The kind of a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Model,
    Seed,
    Snapshot,
    Source,
    Test,
    UnitTest,
    Exposure,
    Analysis,
    Operation,
    Metric,
    SemanticModel,
    SavedQuery,
    Function,
    /// A newer dbt's: nothing that builds a relation.
    #[default]
    #[serde(other)]
    Other,
}

impl Kind {
    /// As dbt names them.
    pub(crate) const NAMES: [(Self, &str); 13] = [
        (Self::Model, "model"),
        (Self::Seed, "seed"),
        (Self::Snapshot, "snapshot"),
        (Self::Source, "source"),
        (Self::Test, "test"),
        (Self::UnitTest, "unit_test"),
        (Self::Exposure, "exposure"),
        (Self::Analysis, "analysis"),
        (Self::Operation, "operation"),
        (Self::Metric, "metric"),
        (Self::SemanticModel, "semantic_model"),
        (Self::SavedQuery, "saved_query"),
        (Self::Function, "function"),
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("node", |(_, name)| name)
    }
}

/// A node of dbt's graph.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Node {
    #[serde(rename = "resource_type", default)]
    pub(crate) kind: Kind,
    pub(crate) name: String,
    #[serde(default)]
    alias: Option<String>,
    /// A source's name of its relation.
    #[serde(default)]
    identifier: Option<String>,
    #[serde(default)]
    pub(crate) source_name: Option<String>,
    #[serde(default)]
    database: Option<String>,
    #[serde(default)]
    pub(crate) schema: Option<String>,
    #[serde(default)]
    pub(crate) package_name: String,
    #[serde(default)]
    pub(crate) fqn: Vec<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    tags: Value,
    #[serde(default)]
    pub(crate) original_file_path: String,
    #[serde(default)]
    columns: BTreeMap<String, NodeColumn>,
    #[serde(default)]
    meta: Value,
    #[serde(default)]
    pub(crate) config: Value,
    #[serde(default)]
    depends_on: DependsOn,
    /// For a generic test, the node that it is written at.
    #[serde(default)]
    attached_node: Option<String>,
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    pub(crate) access: Option<String>,
    /// A number or a text.
    #[serde(default)]
    pub(crate) version: Option<Value>,
    #[serde(default)]
    pub(crate) latest_version: Option<Value>,
    /// The YAML file that describes it, with the package before `://`.
    #[serde(default)]
    patch_path: Option<String>,
    /// For a generic test, which one it is.
    #[serde(default)]
    test_metadata: Option<TestMetadata>,
}

#[derive(Debug, Default, Deserialize)]
struct TestMetadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    kwargs: Value,
}

#[derive(Debug, Default, Deserialize)]
struct DependsOn {
    #[serde(default)]
    nodes: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct NodeColumn {
    name: String,
    #[serde(default)]
    description: Option<String>,
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
            nodes.extend(more.into_iter().map(|(id, node)| (id, Node { kind, ..node })));
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
    pub(crate) fn for_test(json: Value) -> Self {
        Self::of(serde_json::from_value(json).unwrap())
    }
}

impl Node {
    /// Whether the node is a relation of the database.
    pub(crate) fn builds_relation(&self) -> bool {
        matches!(self.kind, Kind::Model | Kind::Seed | Kind::Snapshot | Kind::Source)
    }

    /// The name of the relation.
    pub(crate) fn relation_name(&self) -> &str {
        self.alias.as_deref().or(self.identifier.as_deref()).unwrap_or(&self.name)
    }

    pub(crate) fn group(&self) -> Option<&str> {
        let configured = self.config.get("group").and_then(Value::as_str);
        configured.or(self.group.as_deref())
    }

    /// The YAML file that describes it.
    pub(crate) fn patch_file(&self) -> Option<&str> {
        self.patch_path.as_ref()?.split_once("://").map(|(_, file)| file)
    }

    /// Which generic test it is.
    pub(crate) fn generic_test(&self) -> Option<&str> {
        self.test_metadata.as_ref().map(|test| test.name.as_str())
    }

    /// The nodes that it reads.
    pub(crate) fn parents(&self) -> &[String] {
        &self.depends_on.nodes
    }

    /// The columns of a test for unique rows: dbt's `unique`, or dbt_utils' for several columns. A test of a part of
    /// the rows says nothing about the others.
    fn unique_columns(&self) -> Option<Vec<String>> {
        let TestMetadata { name, kwargs } = self.test_metadata.as_ref()?;
        if self.config.get("where").is_some_and(|condition| !condition.is_null()) {
            return None;
        }
        let text = |value: &Value| value.as_str().map(|name| name.trim_matches('"').to_owned());
        match name.as_str() {
            "unique" => Some(vec![text(kwargs.get("column_name")?)?]),
            "unique_combination_of_columns" => {
                kwargs.get("combination_of_columns")?.as_array()?.iter().map(text).collect()
            }
            _ => None,
        }
    }

    /// The description, when there is one.
    pub(crate) fn description(&self) -> Option<&str> {
        self.description.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    /// A column's description, when there is one.
    pub(crate) fn column_description(&self, column: &str) -> Option<&str> {
        let found = self.columns.values().find(|c| c.name.eq_ignore_ascii_case(column))?;
        found.description.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    pub(crate) fn materialized(&self) -> Option<&str> {
        self.config.get("materialized")?.as_str()
    }

    /// Whether the model is a `view` or `ephemeral`, so that a table of its name is a leftover.
    pub(crate) fn is_virtual(&self) -> Option<&str> {
        self.materialized().filter(|name| matches!(*name, "view" | "ephemeral"))
    }

    /// The schema as the project's configuration has it: `gold`, where the relation's may be `main_gold`.
    pub(crate) fn configured_schema(&self) -> Option<&str> {
        self.config.get("schema")?.as_str()
    }

    /// A value of `meta`, in the node or in its configuration.
    pub(crate) fn meta(&self, key: &str) -> Option<&Value> {
        let configured = self.config.get("meta").and_then(|meta| meta.get(key));
        configured.or_else(|| self.meta.get(key))
    }

    /// The columns that the model is partitioned by, as the adapters of DuckDB, Spark, Athena and BigQuery or a key in
    /// `meta` name them.
    pub(crate) fn partition_by(&self) -> Vec<String> {
        let configured = || {
            let keys = ["/partition_by", "/partitioned_by", "/options/partition_by"];
            keys.into_iter().filter_map(|key| self.config.pointer(key))
        };
        let found = self.meta("partition_by").into_iter().chain(configured());
        let columns = |value: &Value| match value {
            Value::String(names) => partition::split(names),
            Value::Array(names) => {
                names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Value::Object(one) => {
                one.get("field").and_then(Value::as_str).map(str::to_owned).into_iter().collect()
            }
            _ => Vec::new(),
        };
        found.map(columns).find(|columns| !columns.is_empty()).unwrap_or_default()
    }

    /// The tags, of the node and of its configuration.
    pub(crate) fn tags(&self) -> impl Iterator<Item = &str> {
        let configured = self.config.get("tags").unwrap_or(&Value::Null);
        [&self.tags, configured].into_iter().flat_map(|tags| {
            let many = tags.as_array().map_or(&[][..], Vec::as_slice);
            tags.as_str().into_iter().chain(many.iter().filter_map(Value::as_str))
        })
    }

    /// Whether the node has a tag.
    pub(crate) fn has_tag(&self, tag: &str) -> bool {
        self.tags().any(|known| known == tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
