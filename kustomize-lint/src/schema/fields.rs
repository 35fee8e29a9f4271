//! The fields that transformers change by default, and those that name other objects: the tables of
//! `fields.txt`.

use std::sync::{Arc, LazyLock};

use super::config::{Config, Reference};
use super::lists::TEMPLATES;
use crate::tree::FieldSpec;

static TEXT: &str = include_str!("fields.txt");

/// The fields of kustomize without any configuration.
pub(crate) static DEFAULT: LazyLock<Arc<Config>> = LazyLock::new(|| {
    let templates = table("template labels");
    let metadata = [FieldSpec::any("metadata/labels", true)];
    let selectors = table("selectors");
    Arc::new(Config {
        prefixes: table("prefixes"),
        suffixes: table("suffixes"),
        namespaces: table("namespaces"),
        labels: Vec::new(),
        common_labels: metadata.iter().chain(&templates).chain(&selectors).cloned().collect(),
        template_labels: templates,
        annotations: table("annotations"),
        references: references(),
        vars: table("vars"),
        images: table("images"),
        replicas: table("replicas"),
    })
});

/// Every kind that fields name.
fn references() -> Vec<Reference> {
    let kinds = sections().filter_map(|(name, rows)| Some((name.strip_prefix("to ")?, rows)));
    kinds
        .map(|(kind, rows)| {
            let FieldSpec { group, version, kind, .. } = field(kind, "", false);
            Reference { group, version, kind, fields: rows.lines().flat_map(fields).collect() }
        })
        .collect()
}

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
        pods if pods.split('-').next() == Some("pods") => TEMPLATES
            .iter()
            .filter(|(kind, _)| !pods.split('-').any(|other| other == *kind))
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
        let config = &**DEFAULT;
        let tables = [
            &config.prefixes,
            &config.suffixes,
            &config.namespaces,
            &config.common_labels,
            &config.template_labels,
            &config.annotations,
            &config.vars,
            &config.images,
            &config.replicas,
        ];
        assert_eq!(sections().count(), tables.len() + config.references.len());
        let all = tables.into_iter().flatten();
        for field in all.chain(config.references.iter().flat_map(|kind| &kind.fields)) {
            assert!(!field.path.is_empty(), "{field:?}");
        }
        assert!(config.references.iter().all(|kind| !kind.fields.is_empty()));
    }
}
