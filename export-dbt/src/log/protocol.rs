//! The protocol that a table gets, and the tables of other writers that may be overwritten.

use std::collections::BTreeMap;

use super::actions::Protocol;
use crate::problem::{Advice, Problem};

/// The feature that `timestamp_ntz` needs.
const TIMESTAMP_NTZ: &str = "timestampNtz";

/// Writer features that ask nothing of a commit that replaces every file, as long as the
/// table's properties do not switch them on.
const HARMLESS: [&str; 9] = [
    TIMESTAMP_NTZ,
    "appendOnly",
    "invariants",
    "checkConstraints",
    "changeDataFeed",
    "generatedColumns",
    "deletionVectors",
    "domainMetadata",
    "vacuumProtocolCheck",
];

/// Why a table of another writer is left alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProtocolError {
    #[error("the existing table needs the writer feature {0:?}, which export-dbt does not write")]
    Feature(String),
    #[error("the existing table has {property}={value}, so it cannot be overwritten")]
    Property { property: String, value: String },
}

impl Problem for ProtocolError {
    fn advice(&self) -> Advice {
        let hint = match self {
            Self::Feature(_) => "drop the table, or give another --target",
            Self::Property { .. } => "remove the property, or drop the table",
        };
        ("not-overwritable", hint)
    }
}

/// The protocol of a new table: (1,2), or (3,7) with `timestampNtz` alone.
pub(super) fn new_table(needs_ntz: bool) -> Protocol {
    let features = needs_ntz.then(|| vec![TIMESTAMP_NTZ.to_string()]);
    let (min_reader_version, min_writer_version) = if needs_ntz { (3, 7) } else { (1, 2) };
    let (reader_features, writer_features) = (features.clone(), features);
    Protocol { min_reader_version, min_writer_version, reader_features, writer_features }
}

/// The protocol that an overwrite of an existing table must write, or none when the table's
/// own will do.
pub(super) fn for_overwrite(
    current: &Protocol,
    configuration: &BTreeMap<String, Option<String>>,
    needs_ntz: bool,
) -> Result<Option<Protocol>, ProtocolError> {
    check_properties(configuration)?;
    let features = current.writer_features.iter().chain(&current.reader_features).flatten();
    for feature in features {
        if !HARMLESS.contains(&feature.as_str()) {
            return Err(ProtocolError::Feature(feature.clone()));
        }
    }
    if current.min_reader_version == 2 {
        return Err(ProtocolError::Feature("columnMapping".into()));
    }
    let has =
        |features: &Option<Vec<String>>| features.iter().flatten().any(|f| f == TIMESTAMP_NTZ);
    if !needs_ntz || (has(&current.reader_features) && has(&current.writer_features)) {
        return Ok(None);
    }
    let mut upgraded = new_table(true);
    // A feature once named stays named.
    for (present, features) in [
        (&current.reader_features, &mut upgraded.reader_features),
        (&current.writer_features, &mut upgraded.writer_features),
    ] {
        let features = features.get_or_insert_default();
        for feature in present.iter().flatten() {
            if !features.contains(feature) {
                features.push(feature.clone());
            }
        }
    }
    Ok(Some(upgraded))
}

fn check_properties(configuration: &BTreeMap<String, Option<String>>) -> Result<(), ProtocolError> {
    for (property, value) in configuration {
        let value = value.as_deref().unwrap_or("");
        let active = match property.as_str() {
            "delta.appendOnly" | "delta.enableChangeDataFeed" | "delta.enableRowTracking" => {
                value.eq_ignore_ascii_case("true")
            }
            "delta.columnMapping.mode" => !value.eq_ignore_ascii_case("none"),
            property => property.starts_with("delta.constraints."),
        };
        if active {
            return Err(ProtocolError::Property {
                property: property.clone(),
                value: value.into(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> BTreeMap<String, Option<String>> {
        BTreeMap::new()
    }

    fn legacy(reader: i32, writer: i32) -> Protocol {
        Protocol {
            min_reader_version: reader,
            min_writer_version: writer,
            reader_features: None,
            writer_features: None,
        }
    }

    #[test]
    fn first_timestamp_upgrades_and_the_last_does_not_downgrade() {
        assert_eq!(for_overwrite(&legacy(1, 2), &none(), false), Ok(None));
        let upgraded = for_overwrite(&legacy(1, 2), &none(), true).unwrap().unwrap();
        assert_eq!(upgraded, new_table(true));
        assert_eq!(for_overwrite(&upgraded, &none(), true), Ok(None));
        assert_eq!(for_overwrite(&upgraded, &none(), false), Ok(None));
    }

    #[test]
    fn named_features_stay() {
        let mut current = new_table(false);
        current.min_reader_version = 3;
        current.min_writer_version = 7;
        current.reader_features = Some(vec!["deletionVectors".into()]);
        current.writer_features = Some(vec!["deletionVectors".into(), "appendOnly".into()]);
        let upgraded = for_overwrite(&current, &none(), true).unwrap().unwrap();
        assert_eq!(upgraded.reader_features.unwrap(), ["timestampNtz", "deletionVectors"]);
        assert_eq!(upgraded.writer_features.unwrap().len(), 3);
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        let mut current = new_table(true);
        current.writer_features.as_mut().unwrap().push("rowTracking".into());
        assert!(matches!(for_overwrite(&current, &none(), false), Err(ProtocolError::Feature(_))));
        assert!(for_overwrite(&legacy(2, 5), &none(), false).is_err());
        for property in ["delta.appendOnly", "delta.constraints.positive"] {
            let configuration = BTreeMap::from([(property.to_string(), Some("true".to_string()))]);
            assert!(for_overwrite(&legacy(1, 4), &configuration, false).is_err(), "{property}");
        }
    }
}
