//! DuckDB's types, their types in Delta, and the SQL that converts the values.
//!
//! Conversions happen in DuckDB, so that a value that does not fit is an error there and
//! never a changed value here.

use crate::types::{DeltaType, Field};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SourceType {
    /// A type that Delta and Arrow have as it is.
    Plain(DeltaType),
    /// `UTINYINT`
    UTinyInt,
    /// `USMALLINT`
    USmallInt,
    UInteger,
    /// `UBIGINT`
    UBigInt,
    /// `HUGEINT`
    HugeInt,
    /// `UHUGEINT`
    UHugeInt,
    /// A type whose text is its value: `BIGNUM`, `UUID`, `ENUM`, `BIT`, `TIME`, `TIMETZ`, `NULL`.
    Text,
    /// `INTERVAL`, written as ISO 8601.
    Interval,
    /// `VARIANT`, written as JSON.
    Variant,
    /// `GEOMETRY`, written as well-known binary.
    Geometry,
    /// `TIMESTAMP`, `TIMESTAMP_S`, `TIMESTAMP_MS`
    Timestamp,
    /// `TIMESTAMP_NS`, truncated to microseconds.
    TimestampNs,
    /// `TIMESTAMPTZ`
    TimestampTz,
    /// `TIMESTAMPTZ_NS`, truncated to microseconds.
    TimestampTzNs,
    /// `LIST`, and `ARRAY`, which loses its fixed length.
    List(Box<SourceType>),
    Struct(Vec<(String, SourceType)>),
    Map(Box<SourceType>, Box<SourceType>),
    Union(Vec<(String, SourceType)>),
}

/// Options that change what a type becomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mapping {
    /// Write `TIMESTAMP` as `timestamp`, taking its values for UTC.
    pub(crate) timestamp_as_utc: bool,
}

/// The name of the member that says which variant of a `UNION` a value holds.
pub(crate) const UNION_TAG: &str = "tag";

impl SourceType {
    /// The Delta type that carries this type's values.
    pub(crate) fn to_delta(&self, mapping: Mapping) -> DeltaType {
        match self {
            SourceType::Plain(ty) => ty.clone(),
            SourceType::UTinyInt => DeltaType::Short,
            SourceType::USmallInt => DeltaType::Integer,
            SourceType::UInteger => DeltaType::Long,
            SourceType::UBigInt => DeltaType::Decimal(20, 0),
            SourceType::HugeInt | SourceType::UHugeInt => DeltaType::Decimal(38, 0),
            SourceType::Text | SourceType::Interval | SourceType::Variant => DeltaType::String,
            SourceType::Geometry => DeltaType::Binary,
            SourceType::Timestamp | SourceType::TimestampNs if mapping.timestamp_as_utc => {
                DeltaType::Timestamp
            }
            SourceType::Timestamp | SourceType::TimestampNs => DeltaType::TimestampNtz,
            SourceType::TimestampTz | SourceType::TimestampTzNs => DeltaType::Timestamp,
            SourceType::List(element) => DeltaType::Array(element.to_delta(mapping).into()),
            SourceType::Struct(members) => DeltaType::Struct(members_to_delta(members, mapping)),
            SourceType::Map(key, value) => {
                DeltaType::Map(key.to_delta(mapping).into(), value.to_delta(mapping).into())
            }
            SourceType::Union(members) => {
                let mut fields =
                    vec![Field { name: UNION_TAG.into(), ty: DeltaType::String, comment: None }];
                fields.extend(members_to_delta(members, mapping));
                DeltaType::Struct(fields)
            }
        }
    }

    /// The SQL expression that turns `value`, an expression of this type, into the Delta type.
    pub(crate) fn to_sql(&self, value: &str) -> String {
        self.expression(value, 0)
    }

    /// The types that this one is made of.
    fn parts(&self) -> Vec<&SourceType> {
        match self {
            SourceType::List(element) => vec![element],
            SourceType::Map(key, value) => vec![key, value],
            SourceType::Struct(members) | SourceType::Union(members) => {
                members.iter().map(|(_, ty)| ty).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether values lose digits: a type of nanoseconds is somewhere in the type.
    pub(crate) fn truncates(&self) -> bool {
        matches!(self, SourceType::TimestampNs | SourceType::TimestampTzNs)
            || self.parts().iter().any(|ty| ty.truncates())
    }

    /// Whether the values go to Arrow as they are.
    fn is_identity(&self) -> bool {
        match self {
            SourceType::Plain(_) | SourceType::TimestampTz => true,
            SourceType::Struct(members) => members.iter().all(|(_, ty)| ty.is_identity()),
            SourceType::Map(key, value) => key.is_identity() && value.is_identity(),
            // ARRAY shares the variant and has to become LIST.
            _ => false,
        }
    }

    /// Whether one `CAST` does the whole type.
    fn is_castable(&self) -> bool {
        use SourceType::{Geometry, Interval, TimestampNs, TimestampTzNs, Union, Variant};
        !matches!(self, Interval | Variant | Geometry | TimestampNs | TimestampTzNs | Union(_))
            && self.parts().iter().all(|ty| ty.is_castable())
    }

    /// The DuckDB type whose Arrow form is the Delta type's. Only for castable types.
    fn cast_type(&self) -> String {
        match self {
            SourceType::Plain(ty) => duckdb_type(ty),
            SourceType::UTinyInt => "SMALLINT".into(),
            SourceType::USmallInt => "INTEGER".into(),
            SourceType::UInteger => "BIGINT".into(),
            SourceType::UBigInt => "DECIMAL(20,0)".into(),
            SourceType::HugeInt | SourceType::UHugeInt => "DECIMAL(38,0)".into(),
            SourceType::Timestamp | SourceType::TimestampNs => "TIMESTAMP".into(),
            SourceType::TimestampTz | SourceType::TimestampTzNs => "TIMESTAMPTZ".into(),
            SourceType::Geometry => "BLOB".into(),
            SourceType::Text | SourceType::Interval | SourceType::Variant => "VARCHAR".into(),
            SourceType::List(element) => format!("{}[]", element.cast_type()),
            SourceType::Map(key, value) => {
                format!("MAP({}, {})", key.cast_type(), value.cast_type())
            }
            SourceType::Struct(members) | SourceType::Union(members) => {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, ty)| format!("{} {}", quote(name), ty.cast_type()))
                    .collect();
                format!("STRUCT({})", members.join(", "))
            }
        }
    }

    fn expression(&self, value: &str, depth: usize) -> String {
        if self.is_identity() {
            return value.to_string();
        }
        if self.is_castable() {
            return format!("CAST({value} AS {})", self.cast_type());
        }
        match self {
            SourceType::Interval => iso_interval(value),
            SourceType::Variant => format!("CAST(CAST({value} AS JSON) AS VARCHAR)"),
            SourceType::Geometry => format!("CAST({value} AS BLOB)"),
            SourceType::TimestampTzNs => {
                // The session's time zone is UTC, so both casts keep the instant.
                let local = format!("CAST({value} AS TIMESTAMP_NS)");
                let cut = SourceType::TimestampNs.expression(&local, depth);
                format!("CAST({cut} AS TIMESTAMPTZ)")
            }
            SourceType::TimestampNs => {
                // A plain cast rounds. The remainder is made non-negative so that instants
                // before 1970 lose their last digits like the later ones.
                let ns = format!("epoch_ns({value})");
                let micros = format!("({ns} - (({ns} % 1000) + 1000) % 1000) // 1000");
                format!(
                    "CASE WHEN isfinite({value}) THEN make_timestamp({micros}) ELSE CAST({value} AS TIMESTAMP) END"
                )
            }
            SourceType::List(element) => {
                let x = format!("x{depth}");
                let inner = element.expression(&x, depth + 1);
                // The cast makes an ARRAY a LIST first; on a LIST it does nothing.
                format!("list_transform({value}[:], lambda {x}: {inner})")
            }
            SourceType::Map(key, map_value) => {
                let x = format!("x{depth}");
                let k = key.expression(&format!("{x}.key"), depth + 1);
                let v = map_value.expression(&format!("{x}.value"), depth + 1);
                format!(
                    "map_from_entries(list_transform(map_entries({value}), lambda {x}: struct_pack(key := {k}, value := {v})))"
                )
            }
            SourceType::Struct(members) => {
                let parts: Vec<String> = members
                    .iter()
                    .map(|(name, ty)| {
                        let member = format!("struct_extract({value}, {})", literal(name));
                        format!("{} := {}", quote(name), ty.expression(&member, depth + 1))
                    })
                    .collect();
                null_safe(value, &format!("struct_pack({})", parts.join(", ")))
            }
            SourceType::Union(members) => {
                let mut parts =
                    vec![format!("{} := CAST(union_tag({value}) AS VARCHAR)", quote(UNION_TAG))];
                parts.extend(members.iter().map(|(name, ty)| {
                    let member = format!("union_extract({value}, {})", literal(name));
                    format!("{} := {}", quote(name), ty.expression(&member, depth + 1))
                }));
                null_safe(value, &format!("struct_pack({})", parts.join(", ")))
            }
            _ => value.to_string(),
        }
    }
}

/// A name as an SQL identifier.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as an SQL literal.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn members_to_delta(members: &[(String, SourceType)], mapping: Mapping) -> Vec<Field> {
    members
        .iter()
        .map(|(name, ty)| Field { name: name.clone(), ty: ty.to_delta(mapping), comment: None })
        .collect()
}

fn null_safe(value: &str, expression: &str) -> String {
    format!("CASE WHEN {value} IS NULL THEN NULL ELSE {expression} END")
}

/// `P1Y2M-3DT4H5M6.007S`: every part with its own sign, as DuckDB keeps months, days and
/// microseconds apart.
fn iso_interval(value: &str) -> String {
    let part = |name: &str| format!("date_part('{name}', {value})");
    let micros = part("microsecond");
    format!(
        "CASE WHEN {value} IS NULL THEN NULL ELSE concat('P', {years}, 'Y', {months}, 'M', {days}, 'DT', {hours}, 'H', {minutes}, 'M', \
         CASE WHEN {micros} < 0 THEN '-' ELSE '' END, abs({micros}) // 1000000, \
         CASE WHEN {micros} % 1000000 = 0 THEN '' ELSE concat('.', lpad(CAST(abs({micros}) % 1000000 AS VARCHAR), 6, '0')) END, 'S') END",
        years = part("year"),
        months = part("month"),
        days = part("day"),
        hours = part("hour"),
        minutes = part("minute"),
    )
}

/// The DuckDB type whose values a Delta type's are.
pub(crate) fn duckdb_type(ty: &DeltaType) -> String {
    let name = match ty {
        DeltaType::Boolean => "BOOLEAN",
        DeltaType::Byte => "TINYINT",
        DeltaType::Short => "SMALLINT",
        DeltaType::Integer => "INTEGER",
        DeltaType::Long => "BIGINT",
        DeltaType::Float => "FLOAT",
        DeltaType::Double => "DOUBLE",
        DeltaType::Decimal(p, s) => return format!("DECIMAL({p},{s})"),
        DeltaType::String => "VARCHAR",
        DeltaType::Binary => "BLOB",
        DeltaType::Date => "DATE",
        DeltaType::Timestamp => "TIMESTAMPTZ",
        DeltaType::TimestampNtz => "TIMESTAMP",
        DeltaType::Array(element) => return format!("{}[]", duckdb_type(element)),
        DeltaType::Map(key, value) => {
            return format!("MAP({}, {})", duckdb_type(key), duckdb_type(value));
        }
        DeltaType::Struct(fields) => {
            let member =
                |field: &Field| format!("{} {}", quote(&field.name), duckdb_type(&field.ty));
            let members: Vec<String> = fields.iter().map(member).collect();
            return format!("STRUCT({})", members.join(", "));
        }
    };
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(ty: &SourceType) -> String {
        ty.to_sql("c")
    }

    #[test]
    fn identity_is_left_alone() {
        let plain = SourceType::Plain(DeltaType::Long);
        assert_eq!(sql(&plain), "c");
        assert_eq!(sql(&SourceType::Struct(vec![("a".into(), plain.clone())])), "c");
        assert_eq!(sql(&SourceType::Map(plain.clone().into(), plain.into())), "c");
    }

    #[test]
    fn one_cast_does_what_it_can() {
        let ty = SourceType::List(Box::new(SourceType::Struct(vec![
            ("a b".into(), SourceType::HugeInt),
            ("u".into(), SourceType::UTinyInt),
        ])));
        assert_eq!(sql(&ty), r#"CAST(c AS STRUCT("a b" DECIMAL(38,0), "u" SMALLINT)[])"#);
        let array = SourceType::List(SourceType::Plain(DeltaType::Integer).into());
        assert_eq!(sql(&array), "CAST(c AS INTEGER[])");
    }

    #[test]
    fn deep_expressions_use_their_own_variables() {
        let ty = SourceType::List(SourceType::List(SourceType::Geometry.into()).into());
        assert_eq!(
            sql(&ty),
            "list_transform(c[:], lambda x0: list_transform(x0[:], lambda x1: CAST(x1 AS BLOB)))"
        );
    }

    #[test]
    fn timestamps_follow_the_option() {
        let utc = Mapping { timestamp_as_utc: true };
        assert_eq!(SourceType::Timestamp.to_delta(utc), DeltaType::Timestamp);
        assert_eq!(SourceType::Timestamp.to_delta(Mapping::default()), DeltaType::TimestampNtz);
        assert!(SourceType::List(SourceType::TimestampNs.into()).truncates());
    }

    #[test]
    fn identifiers_and_literals_are_quoted() {
        assert_eq!(quote(r#"a"b"#), r#""a""b""#);
        assert_eq!(literal("it's"), "'it''s'");
    }
}
