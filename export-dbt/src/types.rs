//! The Delta types, their JSON in a table's metadata, and the Arrow types that carry them.
//!
//! Source: the Delta protocol, "Schema Serialization Format".

use std::sync::Arc;

use arrow::datatypes::{DataType, Field as ArrowField, Fields, TimeUnit};
use common::diagnostic::Diagnostic;
use serde_json::{Value, json};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeltaType {
    Boolean,
    /// `byte`, 8 bits signed
    Byte,
    /// `short`, 16 bits signed
    Short,
    /// `integer`, 32 bits signed
    Integer,
    /// `long`, 64 bits signed
    Long,
    /// `float`, 32 bits
    Float,
    /// `double`, 64 bits
    Double,
    /// `decimal(precision, scale)`
    Decimal(u8, u8),
    /// `string`, UTF-8
    String,
    Binary,
    /// `date`, days since 1970-01-01
    Date,
    /// `timestamp`, microseconds since 1970-01-01 UTC, an instant
    Timestamp,
    /// `timestamp_ntz`, microseconds since 1970-01-01, without a time zone
    TimestampNtz,
    /// `array` of nullable elements
    Array(Box<DeltaType>),
    Struct(Vec<Field>),
    /// `map` with nullable values
    Map(Box<DeltaType>, Box<DeltaType>),
}

/// A column, or a member of a struct. Every field is nullable: a `NOT NULL` in Delta is an
/// invariant that raises the writer version, and the rows are checked in DuckDB already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) ty: DeltaType,
    /// The description, carried in the field's metadata.
    pub(crate) comment: Option<String>,
}

impl DeltaType {
    /// The type in the metadata's schema string.
    pub(crate) fn to_json(&self) -> Value {
        let name = match self {
            DeltaType::Boolean => "boolean",
            DeltaType::Byte => "byte",
            DeltaType::Short => "short",
            DeltaType::Integer => "integer",
            DeltaType::Long => "long",
            DeltaType::Float => "float",
            DeltaType::Double => "double",
            DeltaType::String => "string",
            DeltaType::Binary => "binary",
            DeltaType::Date => "date",
            DeltaType::Timestamp => "timestamp",
            DeltaType::TimestampNtz => "timestamp_ntz",
            DeltaType::Decimal(p, s) => return json!(format!("decimal({p},{s})")),
            DeltaType::Array(element) => {
                return json!({"type": "array", "elementType": element.to_json(), "containsNull": true});
            }
            DeltaType::Struct(fields) => return schema_json(fields),
            DeltaType::Map(key, value) => {
                return json!({
                    "type": "map",
                    "keyType": key.to_json(),
                    "valueType": value.to_json(),
                    "valueContainsNull": true,
                });
            }
        };
        json!(name)
    }

    /// The Arrow type that is written to Parquet.
    pub(crate) fn to_arrow(&self) -> DataType {
        match self {
            DeltaType::Boolean => DataType::Boolean,
            DeltaType::Byte => DataType::Int8,
            DeltaType::Short => DataType::Int16,
            DeltaType::Integer => DataType::Int32,
            DeltaType::Long => DataType::Int64,
            DeltaType::Float => DataType::Float32,
            DeltaType::Double => DataType::Float64,
            DeltaType::Decimal(p, s) => DataType::Decimal128(*p, *s as i8),
            DeltaType::String => DataType::Utf8,
            DeltaType::Binary => DataType::Binary,
            DeltaType::Date => DataType::Date32,
            DeltaType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            DeltaType::TimestampNtz => DataType::Timestamp(TimeUnit::Microsecond, None),
            DeltaType::Array(element) => {
                DataType::List(Arc::new(ArrowField::new("element", element.to_arrow(), true)))
            }
            DeltaType::Struct(fields) => DataType::Struct(arrow_fields(fields)),
            DeltaType::Map(key, value) => {
                let entries = Fields::from(vec![
                    ArrowField::new("key", key.to_arrow(), false),
                    ArrowField::new("value", value.to_arrow(), true),
                ]);
                let entry = ArrowField::new("key_value", DataType::Struct(entries), false);
                DataType::Map(Arc::new(entry), false)
            }
        }
    }

    /// Whether a `timestamp_ntz` is anywhere in the type, which the protocol must then name.
    pub(crate) fn has_timestamp_ntz(&self) -> bool {
        match self {
            DeltaType::TimestampNtz => true,
            DeltaType::Array(element) => element.has_timestamp_ntz(),
            DeltaType::Struct(fields) => fields.iter().any(|f| f.ty.has_timestamp_ntz()),
            DeltaType::Map(key, value) => key.has_timestamp_ntz() || value.has_timestamp_ntz(),
            _ => false,
        }
    }

    /// The type as people write it: `array<struct<at: timestamp>>`.
    pub(crate) fn shown(&self) -> String {
        match self {
            DeltaType::Array(element) => format!("array<{}>", element.shown()),
            DeltaType::Map(key, value) => format!("map<{}, {}>", key.shown(), value.shown()),
            DeltaType::Struct(fields) => {
                let member = |field: &Field| format!("{}: {}", field.name, field.ty.shown());
                let members: Vec<String> = fields.iter().map(member).collect();
                format!("struct<{}>", members.join(", "))
            }
            plain => plain.to_json().as_str().unwrap_or_default().to_owned(),
        }
    }

    /// How many Parquet columns the type takes.
    pub(crate) fn leaves(&self) -> usize {
        match self {
            DeltaType::Array(element) => element.leaves(),
            DeltaType::Struct(fields) => fields.iter().map(|f| f.ty.leaves()).sum(),
            DeltaType::Map(key, value) => key.leaves() + value.leaves(),
            _ => 1,
        }
    }
}

/// The Arrow fields of a list of columns.
pub(crate) fn arrow_fields(fields: &[Field]) -> Fields {
    fields.iter().map(|f| ArrowField::new(&f.name, f.ty.to_arrow(), true)).collect()
}

/// The schema object that `metaData.schemaString` holds.
pub(crate) fn schema_json(fields: &[Field]) -> Value {
    let fields: Vec<Value> = fields
        .iter()
        .map(|f| {
            let metadata = match &f.comment {
                Some(comment) => json!({"comment": comment}),
                None => json!({}),
            };
            json!({"name": f.name, "type": f.ty.to_json(), "nullable": true, "metadata": metadata})
        })
        .collect();
    json!({"type": "struct", "fields": fields})
}

/// Characters that Delta refuses in a name without column mapping, which several readers lack.
const REFUSED: &str = " ,;{}()\n\t=";

/// Gives columns and members another name where Delta refuses theirs: `_` for each refused character, and a
/// number where two would be alike. Returns a warning for each.
pub(crate) fn rename(fields: &mut [Field]) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    rename_under(fields, "", &mut warnings);
    warnings
}

fn rename_under(fields: &mut [Field], path: &str, warnings: &mut Vec<Diagnostic>) {
    let is_fine = |name: &str| !name.contains(|c| REFUSED.contains(c));
    let mut taken: Vec<String> = Vec::with_capacity(fields.len());
    taken.extend(fields.iter().filter(|f| is_fine(&f.name)).map(|f| f.name.to_lowercase()));
    for field in fields {
        if !is_fine(&field.name) {
            let plain = field.name.trim().replace(|c| REFUSED.contains(c), "_");
            let numbered = (2..).map(|number| format!("{plain}_{number}"));
            let name = std::iter::once(plain.clone())
                .chain(numbered)
                .find(|name| !taken.contains(&name.to_lowercase()))
                .unwrap_or_default();
            let message = format!(
                "column {:?} is written as {name:?}: Delta allows no space and none of ,;{{}}()= in a name",
                format!("{path}{}", field.name)
            );
            warnings.push(Diagnostic::warning("renamed", message));
            taken.push(name.to_lowercase());
            field.name = name;
        }
        let path = format!("{path}{}.", field.name);
        rename_in(&mut field.ty, &path, warnings);
    }
}

fn rename_in(ty: &mut DeltaType, path: &str, warnings: &mut Vec<Diagnostic>) {
    match ty {
        DeltaType::Struct(fields) => rename_under(fields, path, warnings),
        DeltaType::Array(element) => rename_in(element, path, warnings),
        DeltaType::Map(key, value) => {
            rename_in(key, path, warnings);
            rename_in(value, path, warnings);
        }
        _ => {}
    }
}

/// Every fault of the columns' names that [`rename`] does not mend: Spark and Trino compare names without
/// regard to case.
pub(crate) fn name_faults(fields: &[Field]) -> Vec<String> {
    let mut faults = Vec::new();
    collect_name_faults(fields, "", &mut faults);
    faults
}

fn collect_name_faults(fields: &[Field], path: &str, faults: &mut Vec<String>) {
    let mut seen: Vec<(String, &str)> = Vec::with_capacity(fields.len());
    for field in fields {
        let shown = format!("{path}{}", field.name);
        if field.name.is_empty() {
            faults.push(format!("a column under {path:?} has no name"));
        }
        let folded = field.name.to_lowercase();
        if let Some((_, other)) = seen.iter().find(|(name, _)| *name == folded) {
            faults.push(format!(
                "columns {:?} and {shown:?} differ only in case, which Spark and Trino do not see",
                format!("{path}{other}")
            ));
        }
        seen.push((folded, &field.name));
        collect_type_name_faults(&field.ty, &format!("{shown}."), faults);
    }
}

fn collect_type_name_faults(ty: &DeltaType, path: &str, faults: &mut Vec<String>) {
    match ty {
        DeltaType::Struct(fields) => collect_name_faults(fields, path, faults),
        DeltaType::Array(element) => collect_type_name_faults(element, path, faults),
        DeltaType::Map(key, value) => {
            collect_type_name_faults(key, path, faults);
            collect_type_name_faults(value, path, faults);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, ty: DeltaType) -> Field {
        Field { name: name.into(), ty, comment: None }
    }

    #[test]
    fn schema_string() {
        let mut id = field("id", DeltaType::Long);
        id.comment = Some("the key".into());
        let fields = [
            id,
            field("amount", DeltaType::Decimal(18, 2)),
            field("tags", DeltaType::Map(DeltaType::String.into(), DeltaType::Date.into())),
            field(
                "path",
                DeltaType::Array(Box::new(DeltaType::Struct(vec![field("x", DeltaType::Double)]))),
            ),
        ];
        insta_like(
            &schema_json(&fields).to_string(),
            r#"{"fields":[{"metadata":{"comment":"the key"},"name":"id","nullable":true,"type":"long"},{"metadata":{},"name":"amount","nullable":true,"type":"decimal(18,2)"},{"metadata":{},"name":"tags","nullable":true,"type":{"keyType":"string","type":"map","valueContainsNull":true,"valueType":"date"}},{"metadata":{},"name":"path","nullable":true,"type":{"containsNull":true,"elementType":{"fields":[{"metadata":{},"name":"x","nullable":true,"type":"double"}],"type":"struct"},"type":"array"}}],"type":"struct"}"#,
        );
    }

    // Parsed, so that a build in which serde_json keeps the order of keys agrees.
    fn insta_like(got: &str, want: &str) {
        let got: Value = serde_json::from_str(got).unwrap();
        let want: Value = serde_json::from_str(want).unwrap();
        assert_eq!(got, want);
    }

    #[test]
    fn names_that_differ_only_in_case() {
        let fields = [field("ok_1", DeltaType::Long), field("Ok_1", DeltaType::Long)];
        let faults = name_faults(&fields);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains("differ only in case"));
    }

    #[test]
    fn names_that_delta_refuses_get_others() {
        let member = DeltaType::Struct(vec![field("x=y", DeltaType::Long)]);
        let mut fields = [
            field("Total Amount", DeltaType::Long),
            field("total_amount", DeltaType::Long),
            field("Total,Amount", DeltaType::Long),
            field("Größe", DeltaType::Long),
            field("s", DeltaType::Array(member.into())),
        ];
        let warnings = rename(&mut fields);
        let names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
        assert_eq!(names, ["Total_Amount_2", "total_amount", "Total_Amount_3", "Größe", "s"]);
        assert!(schema_json(&fields).to_string().contains("x_y"));
        assert_eq!(warnings.len(), 3);
        assert!(warnings[2].message().contains("s.x=y"), "{}", warnings[2].message());
        assert_eq!(name_faults(&fields), Vec::<String>::new());
    }

    #[test]
    fn counts_leaves_and_ntz() {
        let ty = DeltaType::Map(
            DeltaType::String.into(),
            Box::new(DeltaType::Struct(vec![
                field("a", DeltaType::Long),
                field("b", DeltaType::Array(Box::new(DeltaType::TimestampNtz))),
            ])),
        );
        assert_eq!(ty.leaves(), 3);
        assert!(ty.has_timestamp_ntz());
        assert!(!DeltaType::Timestamp.has_timestamp_ntz());
    }
}
