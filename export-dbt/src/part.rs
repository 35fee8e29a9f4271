//! Parts of a table: a partition, or a run of rows. Each has files and a fingerprint, so that a commit keeps the
//! files of the parts that have not changed.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::fingerprint::Fingerprint;

/// The value of each partition column as the log has it; none for NULL.
pub(crate) type PartitionValues = BTreeMap<String, Option<String>>;

/// A part of a version, in the commit's info.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Empty for a run of rows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) partition: PartitionValues,
    rows: u64,
    /// The fingerprint's sum, in hexadecimal.
    sum: String,
    /// The files, by their names in the log.
    pub(crate) files: BTreeMap<String, DataFile>,
}

/// A data file, as it was uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Form", into = "Form")]
pub(crate) struct DataFile {
    /// In bytes.
    pub(crate) size: u64,
    /// None in a commit of a release that recorded none.
    pub(crate) digest: Option<Digest>,
}

/// A data file in a commit.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Size(u64),
    Digested(u64, Digest),
}

impl From<Form> for DataFile {
    fn from(form: Form) -> Self {
        match form {
            Form::Size(size) => Self { size, digest: None },
            Form::Digested(size, digest) => Self { size, digest: Some(digest) },
        }
    }
}

impl From<DataFile> for Form {
    fn from(DataFile { size, digest }: DataFile) -> Self {
        match digest {
            Some(digest) => Self::Digested(size, digest),
            None => Self::Size(size),
        }
    }
}

impl Part {
    /// A part of these rows, without files yet.
    pub(crate) fn new(partition: PartitionValues, fingerprint: Fingerprint) -> Self {
        let Fingerprint { rows, sum } = fingerprint;
        Self { partition, rows, sum: format!("{sum:032x}"), files: BTreeMap::new() }
    }

    /// The fingerprint of its rows.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        // A sum that cannot be read is no other part's, and neither is 0 with rows.
        Fingerprint {
            rows: self.rows,
            sum: u128::from_str_radix(&self.sum, 16).unwrap_or_default(),
        }
    }
}

/// A part as the database has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundPart {
    /// The values of the partition columns, in their order.
    pub(crate) values: Vec<Option<String>>,
    pub(crate) fingerprint: Fingerprint,
    /// The numbers of its rows, where rows have numbers; rows of other partitions may be among them.
    pub(crate) rows: Option<Range<u64>>,
}

/// The parts of the database with the same rows as stored parts, and the others.
#[derive(Debug, Default)]
pub(crate) struct Matched {
    pub(crate) kept: Vec<Part>,
    pub(crate) changed: Vec<FoundPart>,
}

impl Matched {
    /// Finds a stored part for each part of the database. `columns` are the partition columns.
    pub(crate) fn of(found: Vec<FoundPart>, columns: &[String], stored: Vec<Part>) -> Self {
        let mut matched = Self::default();
        // Several parts may have the same rows.
        let mut by_rows: BTreeMap<(PartitionValues, u64, u128), Vec<Part>> = BTreeMap::new();
        for part in stored {
            let Fingerprint { rows, sum } = part.fingerprint();
            by_rows.entry((part.partition.clone(), rows, sum)).or_default().push(part);
        }
        for part in found {
            let values = named(columns, &part.values);
            let Fingerprint { rows, sum } = part.fingerprint;
            match by_rows.get_mut(&(values, rows, sum)).and_then(Vec::pop) {
                Some(stored) => matched.kept.push(stored),
                None => matched.changed.push(part),
            }
        }
        matched
    }
}

/// The values of partition columns with the columns' names.
pub(crate) fn named(columns: &[String], values: &[Option<String>]) -> PartitionValues {
    columns.iter().cloned().zip(values.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(day: &str, sum: u128) -> FoundPart {
        let fingerprint = Fingerprint { rows: 1, sum };
        FoundPart { values: vec![Some(day.into())], fingerprint, rows: None }
    }

    fn stored(day: &str, sum: u128, file: &str) -> Part {
        let values = PartitionValues::from([("day".into(), Some(day.into()))]);
        let mut part = Part::new(values, Fingerprint { rows: 1, sum });
        part.files.insert(file.into(), DataFile { size: 1, digest: None });
        part
    }

    #[test]
    fn files_of_a_commit_have_a_size_and_perhaps_a_digest() {
        for text in ["17", "[17,\"0b242d361fda71bc\"]"] {
            let file: DataFile = serde_json::from_str(text).unwrap();
            assert_eq!((file.size, file.digest.is_some()), (17, text.contains(',')));
            assert_eq!(serde_json::to_string(&file).unwrap(), text);
        }
    }

    #[test]
    fn equal_parts_are_kept_once_each() {
        let columns = ["day".to_owned()];
        let now = vec![found("1", 5), found("2", 6), found("3", 7), found("3", 7)];
        let before = vec![stored("1", 5, "a"), stored("2", 9, "b"), stored("3", 7, "c")];
        let matched = Matched::of(now, &columns, before);
        let kept: Vec<_> = matched.kept.iter().flat_map(|part| part.files.keys()).collect();
        assert_eq!(kept, ["a", "c"]);
        assert_eq!(matched.changed, [found("2", 6), found("3", 7)]);
    }
}
