//! A Delta table's schema, as its metadata has it.
//!
//! Source: the Delta protocol, "Schema Serialization Format" and "Column Mapping".

use serde_json::Value;

use super::error::CompareError;
use crate::log::actions::MetaData;
use crate::types::{DeltaType, Field};

/// A column of a Delta table.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) name: String,
    /// Its name in the files.
    pub(crate) physical: String,
    /// The type; or its name, when it is not known here.
    pub(crate) ty: Result<DeltaType, String>,
    /// Whether the log has its values.
    pub(crate) partition: bool,
}

/// The columns of a table.
pub(crate) fn stored(metadata: &MetaData) -> Result<Vec<Stored>, CompareError> {
    let schema: Value = serde_json::from_str(&metadata.schema_string).unwrap_or_default();
    let Some(fields) = schema.get("fields").and_then(Value::as_array) else {
        return Err(CompareError::Unsupported("the table's schema cannot be read".into()));
    };
    let column = |field: &Value| {
        let name = field["name"].as_str().unwrap_or_default().to_owned();
        let physical = field["metadata"]["delta.columnMapping.physicalName"].as_str();
        Stored {
            physical: physical.unwrap_or(&name).to_owned(),
            partition: metadata.partition_columns.contains(&name),
            ty: delta_type(&field["type"]).ok_or_else(|| shown(&field["type"])),
            name,
        }
    };
    Ok(fields.iter().map(column).collect())
}

fn shown(ty: &Value) -> String {
    ty.as_str().or_else(|| ty["type"].as_str()).unwrap_or("unknown").to_owned()
}

fn delta_type(ty: &Value) -> Option<DeltaType> {
    if let Some(name) = ty.as_str() {
        return primitive(name);
    }
    Some(match ty["type"].as_str()? {
        "array" => DeltaType::Array(delta_type(&ty["elementType"])?.into()),
        "map" => {
            DeltaType::Map(delta_type(&ty["keyType"])?.into(), delta_type(&ty["valueType"])?.into())
        }
        "struct" => {
            let member = |field: &Value| {
                let name = field["name"].as_str()?.to_owned();
                let physical = field["metadata"]["delta.columnMapping.physicalName"].as_str();
                // DuckDB finds members by the names that they have in the files.
                if physical.is_some_and(|physical| physical != name) {
                    return None;
                }
                Some(Field { name, ty: delta_type(&field["type"])?, comment: None })
            };
            DeltaType::Struct(ty["fields"].as_array()?.iter().map(member).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn primitive(name: &str) -> Option<DeltaType> {
    Some(match name {
        "boolean" => DeltaType::Boolean,
        "byte" => DeltaType::Byte,
        "short" => DeltaType::Short,
        "integer" => DeltaType::Integer,
        "long" => DeltaType::Long,
        "float" => DeltaType::Float,
        "double" => DeltaType::Double,
        "string" => DeltaType::String,
        "binary" => DeltaType::Binary,
        "date" => DeltaType::Date,
        "timestamp" => DeltaType::Timestamp,
        "timestamp_ntz" => DeltaType::TimestampNtz,
        decimal => {
            let digits = decimal.strip_prefix("decimal(")?.strip_suffix(')')?;
            let (precision, scale) = digits.split_once(',')?;
            DeltaType::Decimal(precision.trim().parse().ok()?, scale.trim().parse().ok()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::schema_json;

    #[test]
    fn a_schema_comes_back_as_it_was_written() {
        let field = |name: &str, ty| Field { name: name.into(), ty, comment: None };
        let all = [
            DeltaType::Boolean,
            DeltaType::Byte,
            DeltaType::Short,
            DeltaType::Integer,
            DeltaType::Long,
            DeltaType::Float,
            DeltaType::Double,
            DeltaType::Decimal(38, 10),
            DeltaType::String,
            DeltaType::Binary,
            DeltaType::Date,
            DeltaType::Timestamp,
            DeltaType::TimestampNtz,
        ];
        let members = all.iter().map(|ty| field(&ty.shown(), ty.clone())).collect();
        let nested = DeltaType::Map(
            DeltaType::String.into(),
            DeltaType::Array(DeltaType::Struct(members).into()).into(),
        );
        let json = schema_json(&[field("v", nested.clone())]);
        assert_eq!(delta_type(&json["fields"][0]["type"]), Some(nested));
        assert_eq!(delta_type(&"variant".into()), None);
    }
}
