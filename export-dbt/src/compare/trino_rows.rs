//! A table as Trino gives it: its rows in a temporary table, page by page.

use std::sync::Arc;

use duckdb::Connection;
use serde_json::Value;

use super::engine::{Engine, failed};
use super::error::CompareError;
use super::table::{Column, Hand, Table};
use crate::source::{duckdb_type, literal, quote};
use crate::trino::{Answer, Trino, TrinoColumn, TrinoError};
use crate::types::{DeltaType, Field};

/// The note of a column that Trino reads in milliseconds.
pub(crate) const MILLISECONDS: &str = "Trino reads its times in milliseconds";

/// The rows of a table; none where there is no table.
pub(crate) async fn load(
    engine: &Engine,
    hand: Hand,
    trino: &Trino,
    schema: &str,
    table: &str,
) -> Result<Option<Table>, CompareError> {
    let page = engine.folder(hand.name())?.join("page.json");
    let rows = format!("{}_rows", hand.name());
    let mut columns: Option<Arc<[Column]>> = None;
    let mut answer = match trino.rows(schema, table).await {
        Err(error) if error.is_no_table() => return Ok(None),
        answer => answer?,
    };
    loop {
        let Answer { body, columns: found, has_rows, .. } = &answer;
        if let (None, Some(found)) = (&columns, found) {
            let typed: Arc<[Column]> = found.iter().map(column).collect();
            let (made, name) = (Arc::clone(&typed), rows.clone());
            engine.run(move |connection| create(connection, &name, &made)).await?;
            columns = Some(typed);
        }
        if let (true, Some(columns)) = (*has_rows, &columns) {
            std::fs::write(&page, body).map_err(|error| failed(&page, error))?;
            let (name, path, columns) = (rows.clone(), page.clone(), Arc::clone(columns));
            let path = path.display().to_string();
            engine.run(move |connection| insert(connection, &name, &columns, &path)).await?;
        }
        answer = match trino.more(answer).await {
            Err(error) if error.is_no_table() => return Ok(None),
            Ok(Some(answer)) => answer,
            Ok(None) => break,
            Err(error) => return Err(error.into()),
        };
    }
    let columns = columns.ok_or_else(|| {
        CompareError::Trino(TrinoError::Query {
            name: "NO_COLUMNS".into(),
            message: "the answer has no columns".into(),
        })
    })?;
    Ok(Some(Table { source: format!("temp.{rows}"), columns: columns.to_vec() }))
}

fn column(found: &TrinoColumn) -> Column {
    let ty = delta_type(&found.type_signature).ok_or_else(|| found.ty.clone());
    let note = (is_rounded(&found.type_signature)).then_some(MILLISECONDS);
    Column { name: found.name.clone(), value: quote(&found.name), ty, note }
}

fn create(connection: &Connection, name: &str, columns: &[Column]) -> Result<(), CompareError> {
    let column = |column: &Column| {
        let ty = column.ty.as_ref().map_or("VARCHAR".into(), duckdb_type);
        format!("{} {ty}", quote(&column.name))
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    let sql = format!("CREATE OR REPLACE TEMP TABLE {name} ({})", columns.join(", "));
    Ok(connection.execute_batch(&sql)?)
}

fn insert(
    connection: &Connection,
    name: &str,
    columns: &[Column],
    page: &str,
) -> Result<(), CompareError> {
    let value = |(position, column): (usize, &Column)| {
        let json = format!("json_extract(r, '$[{position}]')");
        match &column.ty {
            Ok(ty) => value(&json, ty, 0),
            Err(_) => "NULL".into(),
        }
    };
    let values: Vec<String> = columns.iter().enumerate().map(value).collect();
    let sql = format!(
        "INSERT INTO temp.{name} SELECT {} FROM (SELECT unnest(CAST(json_extract(content, '$.data') AS JSON[])) AS r \
         FROM read_text({}))",
        values.join(", "),
        literal(page)
    );
    Ok(connection.execute_batch(&sql)?)
}

/// The SQL of a value in Trino's JSON: rows are arrays, maps are objects, and numbers with more digits than a
/// double has are texts.
fn value(json: &str, ty: &DeltaType, depth: usize) -> String {
    let x = format!("j{depth}");
    match ty {
        DeltaType::Array(element) => {
            let inner = value(&x, element, depth + 1);
            format!("list_transform(CAST({json} AS JSON[]), lambda {x}: {inner})")
        }
        DeltaType::Struct(fields) => {
            let member = |(position, field): (usize, &Field)| {
                let member = format!("json_extract({json}, '$[{position}]')");
                format!("{} := {}", quote(&field.name), value(&member, &field.ty, depth + 1))
            };
            let members: Vec<String> = fields.iter().enumerate().map(member).collect();
            let null = format!("json_extract_string({json}, '$') IS NULL");
            format!("CASE WHEN {null} THEN NULL ELSE struct_pack({}) END", members.join(", "))
        }
        DeltaType::Map(key, entry) => {
            let key = text(&format!("{x}.key"), key);
            let entry = value(&format!("{x}.value"), entry, depth + 1);
            format!(
                "map_from_entries(list_transform(map_entries(CAST({json} AS MAP(VARCHAR, JSON))), lambda {x}: \
                 struct_pack(key := {key}, value := {entry})))"
            )
        }
        plain => text(&format!("json_extract_string({json}, '$')"), plain),
    }
}

/// The SQL of a value from its text.
fn text(text: &str, ty: &DeltaType) -> String {
    match ty {
        DeltaType::String => text.to_owned(),
        DeltaType::Binary => format!("from_base64({text})"),
        // Years of more than four digits have a sign.
        DeltaType::Date | DeltaType::TimestampNtz => {
            format!("CAST(ltrim({text}, '+') AS {})", duckdb_type(ty))
        }
        DeltaType::Timestamp => {
            format!("CAST(replace(ltrim({text}, '+'), ' UTC', '+00') AS TIMESTAMPTZ)")
        }
        ty => format!("CAST({text} AS {})", duckdb_type(ty)),
    }
}

/// The Delta type whose values a type of Trino has.
fn delta_type(signature: &Value) -> Option<DeltaType> {
    let arguments = || signature["arguments"].as_array().into_iter().flatten();
    let part = |number: usize| arguments().nth(number).map(|argument| &argument["value"]);
    let number = |position: usize| u8::try_from(part(position)?.as_u64()?).ok();
    Some(match signature["rawType"].as_str()? {
        "boolean" => DeltaType::Boolean,
        "tinyint" => DeltaType::Byte,
        "smallint" => DeltaType::Short,
        "integer" => DeltaType::Integer,
        "bigint" => DeltaType::Long,
        "real" => DeltaType::Float,
        "double" => DeltaType::Double,
        "decimal" => DeltaType::Decimal(number(0)?, number(1)?),
        "varchar" | "char" | "json" | "uuid" => DeltaType::String,
        "varbinary" => DeltaType::Binary,
        "date" => DeltaType::Date,
        "timestamp" if number(0)? <= 6 => DeltaType::TimestampNtz,
        "timestamp with time zone" if number(0)? <= 6 => DeltaType::Timestamp,
        "array" => DeltaType::Array(delta_type(part(0)?)?.into()),
        "map" => {
            let key = delta_type(part(0)?)?;
            // The text of a nested or binary key is Java's.
            let plain = !matches!(
                key,
                DeltaType::Array(_) | DeltaType::Map(..) | DeltaType::Struct(_) | DeltaType::Binary
            );
            DeltaType::Map(plain.then_some(key)?.into(), delta_type(part(1)?)?.into())
        }
        "row" => {
            let member = |argument: &Value| {
                let value = &argument["value"];
                let name = value["fieldName"]["name"].as_str()?.to_owned();
                Some(Field { name, ty: delta_type(&value["typeSignature"])?, comment: None })
            };
            DeltaType::Struct(arguments().map(member).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// Whether a time with a zone in milliseconds is anywhere in the type.
fn is_rounded(signature: &Value) -> bool {
    let arguments = || signature["arguments"].as_array().into_iter().flatten();
    let below = |argument: &Value| {
        is_rounded(&argument["value"]) || is_rounded(&argument["value"]["typeSignature"])
    };
    let is_zoned = signature["rawType"] == "timestamp with time zone";
    let digits = || arguments().next().and_then(|argument| argument["value"].as_u64());
    (is_zoned && digits().is_some_and(|digits| digits < 6)) || arguments().any(below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plain(name: &str, numbers: &[u8]) -> Value {
        let arguments: Vec<Value> =
            numbers.iter().map(|number| json!({"kind": "LONG", "value": number})).collect();
        json!({"rawType": name, "arguments": arguments})
    }

    fn of(ty: &Value) -> Value {
        json!({"kind": "TYPE", "value": ty})
    }

    fn member(name: &str, ty: &Value) -> Value {
        json!({"kind": "NAMED_TYPE", "value": {"fieldName": {"name": name}, "typeSignature": ty}})
    }

    #[test]
    fn pages_become_rows_with_every_digit() {
        let row = json!({"rawType": "row", "arguments": [
            member("at", &plain("timestamp with time zone", &[3])), member("n", &plain("decimal", &[38, 10]))]});
        let map = json!({"rawType": "map", "arguments": [of(&plain("bigint", &[])), of(&plain("varbinary", &[]))]});
        let names = [
            ("d", plain("double", &[])),
            ("f", plain("real", &[])),
            ("t", plain("timestamp", &[6])),
            ("r", json!({"rawType": "array", "arguments": [of(&row)]})),
            ("m", map),
        ];
        let columns: Vec<Column> = names
            .iter()
            .map(|(name, signature)| {
                column(&TrinoColumn {
                    name: (*name).into(),
                    ty: String::new(),
                    type_signature: signature.clone(),
                })
            })
            .collect();
        assert_eq!(columns.iter().filter(|column| column.note.is_some()).count(), 1);
        let page = r#"{"columns": [], "data": [
            [0.30000000000000004, 1.1754944E-38, "+10000-01-01 00:00:00.000001", [["2024-07-01 00:00:00.001 UTC", "1234567890123456789012345678.0123456789"], null, [null, null]], {"7": "AAH/", "8": null}],
            ["NaN", "-Infinity", "-0001-01-01 00:00:00.000000", null, {}],
            [null, null, null, [], null]]}"#;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.json");
        std::fs::write(&path, page).unwrap();
        let connection = Connection::open_in_memory().unwrap();
        create(&connection, "rows", &columns).unwrap();
        insert(&connection, "rows", &columns, &path.display().to_string()).unwrap();
        let mut statement =
            connection.prepare("SELECT CAST(whole AS VARCHAR) FROM temp.rows whole").unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let rows: Vec<String> = rows.map(Result::unwrap).collect();
        assert_eq!(
            rows,
            [
                "{'d': 0.30000000000000004, 'f': 1.1754944e-38, 't': '10000-01-01 00:00:00.000001', \
                 'r': [{'at': '2024-07-01 00:00:00.001+00', 'n': 1234567890123456789012345678.0123456789}, NULL, \
                 {'at': NULL, 'n': NULL}], 'm': {7='\\\\x00\\\\x01\\\\xFF', 8=NULL}}",
                "{'d': nan, 'f': -inf, 't': '0002-01-01 (BC) 00:00:00', 'r': NULL, 'm': {}}",
                "{'d': NULL, 'f': NULL, 't': NULL, 'r': [], 'm': NULL}",
            ]
        );
    }
}
