//! The fields that each transformer changes: kustomize's defaults, and the additions of `configurations`
//! and `crds`.

use crate::tree::FieldSpec;

/// A kind, and the fields that name objects of it.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) fields: Vec<FieldSpec>,
}

/// The fields of every transformer. A kustomization inherits those of its bases.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    pub(crate) prefixes: Vec<FieldSpec>,
    pub(crate) suffixes: Vec<FieldSpec>,
    /// Where a namespace is written beside `metadata/namespace`.
    pub(crate) namespaces: Vec<FieldSpec>,
    /// Further fields of every entry of `labels`.
    pub(crate) labels: Vec<FieldSpec>,
    /// Labels, labels of templates, and selectors.
    pub(crate) common_labels: Vec<FieldSpec>,
    pub(crate) template_labels: Vec<FieldSpec>,
    pub(crate) annotations: Vec<FieldSpec>,
    pub(crate) references: Vec<Reference>,
    pub(crate) vars: Vec<FieldSpec>,
    pub(crate) images: Vec<FieldSpec>,
    pub(crate) replicas: Vec<FieldSpec>,
}

/// Two tables disagree on whether a field is created: its path.
pub(crate) struct Conflict(pub(crate) String);

impl Config {
    /// Adds the fields of another table.
    ///
    /// # Errors
    /// The tables disagree, which kustomize refuses.
    pub(crate) fn merge(&mut self, other: &Config) -> Result<(), Conflict> {
        let pairs = [
            (&mut self.prefixes, &other.prefixes),
            (&mut self.suffixes, &other.suffixes),
            (&mut self.namespaces, &other.namespaces),
            (&mut self.labels, &other.labels),
            (&mut self.common_labels, &other.common_labels),
            (&mut self.template_labels, &other.template_labels),
            (&mut self.annotations, &other.annotations),
            (&mut self.vars, &other.vars),
            (&mut self.images, &other.images),
            (&mut self.replicas, &other.replicas),
        ];
        for (fields, more) in pairs {
            merge(fields, more)?;
        }
        for reference in &other.references {
            let same = |known: &&mut Reference| {
                (&known.group, &known.version, &known.kind)
                    == (&reference.group, &reference.version, &reference.kind)
            };
            match self.references.iter_mut().find(same) {
                Some(known) => merge(&mut known.fields, &reference.fields)?,
                None => self.references.push(reference.clone()),
            }
        }
        Ok(())
    }
}

/// Adds fields that are not there yet.
pub(crate) fn merge(fields: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<(), Conflict> {
    for field in more {
        // A known field counts as the same where the new one's kind covers it.
        let same = |known: &&FieldSpec| known.path == field.path && field.covers(known);
        match fields.iter().find(same) {
            Some(known) if known.create != field.create => {
                return Err(Conflict(field.path.clone()));
            }
            Some(_) => {}
            None => fields.push(field.clone()),
        }
    }
    Ok(())
}
