//! Whose a table at the target is: a mark in its Delta metadata.
//!
//! The mark names the database, the dbt project, and the relation that the table comes from, so that nothing
//! of another database or project is dropped, and two relations never overwrite each other.

use std::collections::BTreeMap;

use common::diagnostic::Diagnostic;

use crate::catalog::Relation;
use crate::problem::{Advice, Problem};

/// A table's properties, as Delta keeps them.
pub(crate) type Properties = BTreeMap<String, Option<String>>;

const OWNER: &str = "exportDbt.owner";
const PROJECT: &str = "exportDbt.project";
const SCHEMA: &str = "exportDbt.schema";
const TABLE: &str = "exportDbt.table";
const MODEL: &str = "exportDbt.model";
const VERSION: &str = "exportDbt.version";

/// The identity of an exporting run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    /// `--owner`, or the identity of the database file.
    pub(crate) id: String,
    /// Whether `--owner` gave the id.
    pub(crate) named: bool,
    /// The dbt project, when a manifest is given.
    pub(crate) project: Option<String>,
}

/// The owner mark of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) owner: String,
    pub(crate) project: Option<String>,
    pub(crate) schema: String,
    pub(crate) table: String,
    /// dbt's unique id of the model.
    pub(crate) model: Option<String>,
}

/// A table at the target that another database, project or relation owns.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Foreign {
    #[error("the table there is {0}'s, another table of this database")]
    Relation(String),
    #[error("the table there belongs to the dbt project {0}")]
    Project(String),
    #[error("the table there belongs to the owner {0:?}")]
    Owner(String),
}

impl Problem for Foreign {
    fn advice(&self) -> Advice {
        match self {
            Self::Relation(_) => ("shared-target", "put {layer} into --target"),
            Self::Project(_) | Self::Owner(_) => {
                ("other-owner", "give another --target, or drop the table there")
            }
        }
    }
}

impl Mark {
    /// The mark that a relation's table gets.
    pub(crate) fn new(owner: &Owner, relation: &Relation, model: Option<&str>) -> Self {
        Self {
            owner: owner.id.clone(),
            project: owner.project.clone(),
            schema: relation.schema.clone(),
            table: relation.name.clone(),
            model: model.map(str::to_owned),
        }
    }

    /// The mark in a table's properties.
    pub(crate) fn read(properties: &Properties) -> Option<Self> {
        let get = |key: &str| properties.get(key).cloned().flatten();
        Some(Self {
            owner: get(OWNER)?,
            project: get(PROJECT),
            schema: get(SCHEMA)?,
            table: get(TABLE)?,
            model: get(MODEL),
        })
    }

    /// Puts the mark into a table's properties. A mark without project or model leaves those that are there.
    pub(crate) fn write(&self, properties: &mut Properties) {
        let version = Some(env!("CARGO_PKG_VERSION"));
        let entries = [
            (OWNER, Some(&*self.owner)),
            (PROJECT, self.project.as_deref()),
            (SCHEMA, Some(&self.schema)),
            (TABLE, Some(&self.table)),
            (MODEL, self.model.as_deref()),
            (VERSION, version),
        ];
        for (key, value) in entries {
            if let Some(value) = value {
                properties.insert(key.to_owned(), Some(value.to_owned()));
            }
        }
    }

    /// Whether a table's properties already have this mark; the version of the tool does not count.
    pub(crate) fn is_in(&self, properties: &Properties) -> bool {
        let mut after = properties.clone();
        self.write(&mut after);
        let version = properties.get(VERSION).cloned();
        let Some(version) = version else { return false };
        after.insert(VERSION.to_owned(), version);
        after == *properties
    }
}

impl Owner {
    /// Whether the mark is this owner's, so that the table may be dropped when its relation is gone.
    pub(crate) fn owns(&self, mark: &Mark) -> bool {
        let other_project =
            matches!((&self.project, &mark.project), (Some(ours), Some(theirs)) if ours != theirs);
        self.id == mark.owner && !other_project
    }

    /// Whether a relation may replace a table with this mark, and what to say about it.
    ///
    /// # Errors
    /// The table is another relation's, project's or named owner's.
    pub(crate) fn may_replace(
        &self,
        mark: &Mark,
        relation: &Relation,
        relations: &[Relation],
    ) -> Result<Option<Diagnostic>, Foreign> {
        match (&self.project, &mark.project) {
            (Some(ours), Some(theirs)) if ours != theirs => {
                return Err(Foreign::Project(theirs.clone()));
            }
            _ => {}
        }
        let is_name = |id: &str| !id.starts_with("duckdb:") && !id.starts_with("path:");
        if self.id != mark.owner {
            if self.named && is_name(&mark.owner) {
                return Err(Foreign::Owner(mark.owner.clone()));
            }
            let message = "the versions so far came from another database file";
            let warning = Diagnostic::warning("other-database", message);
            let hint = "if it is an earlier build of this one, give every build one --owner";
            // A new `--owner` takes over what this tool has written before.
            return Ok((!self.named).then(|| warning.hint(hint)));
        }
        let same = mark.schema == relation.schema && mark.table == relation.name;
        let is_there = |r: &Relation| r.schema == mark.schema && r.name == mark.table;
        if !same && relations.iter().any(is_there) {
            return Err(Foreign::Relation(format!("{}.{}", mark.schema, mark.table)));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(id: &str, named: bool, project: Option<&str>) -> Owner {
        Owner { id: id.into(), named, project: project.map(Into::into) }
    }

    fn relation(schema: &str, name: &str) -> Relation {
        Relation {
            database: "d".into(),
            schema: schema.into(),
            layer: schema.into(),
            name: name.into(),
            is_view: false,
            comment: None,
            estimated_rows: 0,
        }
    }

    #[test]
    fn a_mark_comes_back_from_the_properties_beside_those_of_others() {
        let mine = owner("duckdb:1", false, Some("p"));
        let mark = Mark::new(&mine, &relation("gold", "t"), Some("model.p.t"));
        let mut properties = Properties::from([(
            "delta.logRetentionDuration".into(),
            Some("interval 7 days".into()),
        )]);
        assert_eq!(Mark::read(&properties), None);
        assert!(!mark.is_in(&properties));
        mark.write(&mut properties);
        assert_eq!(Mark::read(&properties), Some(mark.clone()));
        assert!(mark.is_in(&properties) && properties.contains_key("delta.logRetentionDuration"));
        // A run without a manifest takes nothing away.
        let bare = Mark::new(&owner("duckdb:1", false, None), &relation("gold", "t"), None);
        assert!(bare.is_in(&properties));
    }

    #[test]
    fn only_the_same_database_and_project_own_a_table() {
        let mark = Mark::new(&owner("duckdb:1", false, Some("p")), &relation("gold", "t"), None);
        assert!(owner("duckdb:1", false, Some("p")).owns(&mark));
        assert!(owner("duckdb:1", false, None).owns(&mark));
        assert!(!owner("duckdb:1", false, Some("q")).owns(&mark));
        assert!(!owner("duckdb:2", false, Some("p")).owns(&mark));
    }

    #[test]
    fn a_table_of_another_relation_is_not_replaced_while_that_exists() {
        let mine = owner("duckdb:1", false, None);
        let mark = Mark::new(&mine, &relation("silver", "t"), None);
        let (silver, gold) = (relation("silver", "t"), relation("gold", "t"));
        let both = [silver.clone(), gold.clone()];
        assert!(matches!(mine.may_replace(&mark, &gold, &both), Err(Foreign::Relation(_))));
        assert!(matches!(mine.may_replace(&mark, &silver, &both), Ok(None)));
        assert!(matches!(mine.may_replace(&mark, &gold, std::slice::from_ref(&gold)), Ok(None)));
    }

    #[test]
    fn a_database_that_was_built_anew_replaces_with_a_warning() {
        let mark = Mark::new(&owner("duckdb:1", false, Some("p")), &relation("gold", "t"), None);
        let gold = relation("gold", "t");
        let replace =
            |owner: Owner| owner.may_replace(&mark, &gold, &[]).map(|said| said.is_some());
        assert!(matches!(replace(owner("duckdb:2", false, Some("p"))), Ok(true)));
        assert!(matches!(replace(owner("prod", true, None)), Ok(false)));
        assert!(matches!(replace(owner("duckdb:2", false, Some("q"))), Err(Foreign::Project(_))));
        let named = Mark { owner: "dev".into(), ..mark.clone() };
        let refused = owner("prod", true, None).may_replace(&named, &gold, &[]);
        assert!(matches!(refused, Err(Foreign::Owner(_))));
    }
}
