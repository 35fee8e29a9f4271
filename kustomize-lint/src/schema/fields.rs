//! The fields that transformers change, and those that name other objects: the tables of
//! `fields.txt`.

use std::sync::LazyLock;

use super::lists::TEMPLATES;
use crate::tree::FieldSpec;

static TEXT: &str = include_str!("fields.txt");

pub(crate) static TEMPLATE_LABELS: Table = LazyLock::new(|| table("template labels"));
pub(crate) static SELECTORS: Table = LazyLock::new(|| table("selectors"));
/// Where annotations go.
pub(crate) static ANNOTATIONS: Table = LazyLock::new(|| table("annotations"));
/// Where a number of replicas stands.
pub(crate) static REPLICAS: Table = LazyLock::new(|| table("replicas"));
/// Where a namespace is written beside `metadata/namespace`.
pub(crate) static NAMESPACES: Table = LazyLock::new(|| table("namespaces"));

type Table = LazyLock<Vec<FieldSpec>>;

/// A kind, and the fields that name objects of it.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) fields: Vec<FieldSpec>,
}

/// Every kind that fields name.
pub(crate) static REFERENCES: LazyLock<Vec<Reference>> = LazyLock::new(|| {
    let kinds = sections().filter_map(|(name, rows)| Some((name.strip_prefix("to ")?, rows)));
    kinds
        .map(|(kind, rows)| {
            let FieldSpec { group, version, kind, .. } = field(kind, "", false);
            Reference { group, version, kind, fields: rows.lines().flat_map(fields).collect() }
        })
        .collect()
});

/// Names and lines of the sections.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    TEXT.split("\n[").skip(1).filter_map(|section| section.split_once("]\n"))
}

fn table(wanted: &str) -> Vec<FieldSpec> {
    let (_, rows) = sections().find(|(name, _)| *name == wanted).expect("a section of the file");
    rows.lines().flat_map(fields).collect()
}

/// The fields of a line: one for each kind.
fn fields(line: &str) -> Vec<FieldSpec> {
    let mut words = line.split(' ');
    let (kinds, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let create = words.next() == Some("create");
    match kinds {
        "" => Vec::new(),
        "pods" => TEMPLATES
            .iter()
            .map(|(kind, pod)| field(kind, &format!("{pod}/{path}"), create))
            .collect(),
        kinds => kinds.split(',').map(|kind| field(kind, path, create)).collect(),
    }
}

/// The field of `KIND[.GROUP][@VERSION]`.
fn field(kind: &str, path: &str, create: bool) -> FieldSpec {
    let (kind, version) = kind.split_once('@').unwrap_or((kind, ""));
    let (kind, group) = kind.split_once('.').unwrap_or((kind, ""));
    let kind = if kind == "*" { "" } else { kind };
    let [group, version, kind, path] = [group, version, kind, path].map(str::to_owned);
    FieldSpec { group, version, kind, path, create }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_read_and_has_whole_lines() {
        let tables = [&TEMPLATE_LABELS, &SELECTORS, &ANNOTATIONS, &REPLICAS, &NAMESPACES];
        assert_eq!(sections().count(), tables.len() + REFERENCES.len());
        let all = tables.into_iter().flat_map(|table| table.iter());
        for field in all.chain(REFERENCES.iter().flat_map(|kind| &kind.fields)) {
            assert!(!field.path.is_empty(), "{field:?}");
        }
        assert!(REFERENCES.iter().all(|kind| !kind.fields.is_empty()));
    }
}
