//! Partition columns: which they are, and how the log and the folders write their values.
//!
//! Source: the Delta protocol, "Partition Value Serialization". The folders are Hive's, because some readers take the
//! values from them.

use crate::part::{FoundPart, PartitionValues, named};
use crate::problem::{Advice, Problem};
use crate::types::{DeltaType, Field};

/// The most partitions of a table; each is at least one file.
pub(crate) const MOST_PARTITIONS: usize = 20_000;

/// The names of a list with commas.
pub(crate) fn split(columns: &str) -> Vec<String> {
    let names = columns.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// Why a table cannot be partitioned as it was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("there is no column {0:?} to partition by")]
    Column(String),
    #[error("column {column:?} is made of other values, so that no table can be partitioned by it")]
    Nested { column: String },
    #[error("every column is a partition column, so that none is left for the files")]
    All,
    #[error("partition column {column:?} has {rows} rows with {fault}")]
    Value { column: String, rows: u64, fault: &'static str },
    #[error("the columns {columns} have more than {MOST_PARTITIONS} different values")]
    Many { columns: String },
    #[error(
        "a value of the partition columns has {bytes} bytes as a folder's name; 200 are possible"
    )]
    Long { bytes: usize },
}

impl Problem for Unfit {
    fn advice(&self) -> Advice {
        match self {
            Self::Column(_) | Self::Nested { .. } | Self::All => (
                "bad-partition",
                "give other columns with --partition-by TABLE=COLUMN, or none with TABLE=",
            ),
            Self::Value { .. } => {
                ("bad-value", "replace these values in the model, or partition by another column")
            }
            Self::Many { .. } => {
                ("bad-partition", "partition by a column with fewer values, such as a day")
            }
            Self::Long { .. } => ("bad-value", "partition by another column"),
        }
    }
}

/// Checks the values of partition columns, whose fields are given, before anything is written.
pub(crate) fn check(fields: &[&Field], parts: &[FoundPart]) -> Result<(), Unfit> {
    if parts.len() > MOST_PARTITIONS {
        let names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
        return Err(Unfit::Many { columns: names.join(", ") });
    }
    for (position, field) in fields.iter().enumerate() {
        let is_empty = |part: &&FoundPart| part.values[position].as_deref() == Some("");
        let rows: u64 = parts.iter().filter(is_empty).map(|part| part.fingerprint.rows).sum();
        if rows > 0 {
            let column = field.name.clone();
            return Err(Unfit::Value { column, rows, fault: fault(&field.ty) });
        }
    }
    let columns: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    parts.iter().try_for_each(|part| folder(&columns, &named(&columns, &part.values)).map(drop))
}

/// Bytes of a folder's name that every file system has room for.
const MOST_FOLDER_BYTES: usize = 200;

/// The text of NULL in a folder's name.
const NULL_FOLDER: &str = "__HIVE_DEFAULT_PARTITION__";

/// The SQL expression of a value's text, from the expression of the value; none for types that are made of others.
/// A value without a text gives the empty one, which would read as NULL.
pub(crate) fn text(ty: &DeltaType, value: &str) -> Option<String> {
    let years = format!("isfinite({value}) AND year({value}) BETWEEN 1 AND 9999");
    Some(match ty {
        DeltaType::Array(_) | DeltaType::Struct(_) | DeltaType::Map(..) => return None,
        DeltaType::String => format!("CAST({value} AS VARCHAR)"),
        DeltaType::Binary => {
            format!("CASE WHEN {value} IS NOT NULL THEN coalesce(TRY(decode({value})), '') END")
        }
        DeltaType::Date | DeltaType::TimestampNtz => format!(
            "CASE WHEN {value} IS NULL THEN NULL WHEN {years} THEN CAST({value} AS VARCHAR) ELSE '' END"
        ),
        // An instant has a zone, because Spark takes a text without one for its session's. The session here is UTC.
        DeltaType::Timestamp => format!(
            "CASE WHEN {value} IS NULL THEN NULL WHEN isfinite({value}) AND year(CAST({value} AS TIMESTAMP)) BETWEEN 1 AND 9999 \
             THEN replace(CAST(CAST({value} AS TIMESTAMP) AS VARCHAR), ' ', 'T') || 'Z' ELSE '' END"
        ),
        DeltaType::Float | DeltaType::Double => format!(
            "CASE WHEN isnan({value}) THEN 'NaN' WHEN isinf({value}) AND {value} > 0 THEN 'Infinity' \
             WHEN isinf({value}) THEN '-Infinity' ELSE CAST({value} AS VARCHAR) END"
        ),
        DeltaType::Boolean
        | DeltaType::Byte
        | DeltaType::Short
        | DeltaType::Integer
        | DeltaType::Long
        | DeltaType::Decimal(..) => format!("CAST({value} AS VARCHAR)"),
    })
}

/// The fault of values whose text is empty.
fn fault(ty: &DeltaType) -> &'static str {
    match ty {
        DeltaType::String => "an empty text, which Delta reads as NULL",
        DeltaType::Binary => "bytes that are empty or no UTF-8",
        _ => "a time that is infinite or outside the years 1 to 9999",
    }
}

/// The folders of a partition, with a slash at the end; empty without partition columns.
pub(crate) fn folder(columns: &[String], values: &PartitionValues) -> Result<String, Unfit> {
    let mut path = String::new();
    for column in columns {
        let value = values.get(column).cloned().flatten();
        let value = value.map_or_else(|| NULL_FOLDER.to_owned(), |value| escape(&value));
        let name = format!("{}={value}", escape(column));
        if name.len() > MOST_FOLDER_BYTES {
            return Err(Unfit::Long { bytes: name.len() });
        }
        path.push_str(&name);
        path.push('/');
    }
    Ok(path)
}

/// The name of an object in the log: a URI, in which the folders' own escapes are escaped again.
pub(crate) fn log_path(object: &str) -> String {
    object.replace('%', "%25")
}

/// The object of a name that [`log_path`] made.
pub(crate) fn object_path(logged: &str) -> String {
    logged.replace("%25", "%")
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders() {
        let columns = ["day".to_owned(), "a b".to_owned()];
        let values =
            PartitionValues::from([("day".into(), None), ("a b".into(), Some("50%/é".into()))]);
        let folder = folder(&columns, &values).unwrap();
        assert_eq!(folder, "day=__HIVE_DEFAULT_PARTITION__/a%20b=50%25%2F%C3%A9/");
        assert_eq!(object_path(&log_path(&folder)), folder);
        let long = PartitionValues::from([("day".into(), Some("é".repeat(40)))]);
        assert!(matches!(super::folder(&columns[..1], &long), Err(Unfit::Long { .. })));
    }
}
