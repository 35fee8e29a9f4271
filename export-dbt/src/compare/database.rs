//! A table of a DuckDB database.

use duckdb::Connection;

use super::canonical::canonical;
use super::error::CompareError;
use super::table::{Column, Table};
use crate::catalog::{self, Relation};
use crate::source::{Mapping, SourceType, quote};
use crate::types::{self, Field};

/// How the types of a database are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As an export writes them: the other side is no DuckDB.
    Exported,
    /// With their nanoseconds.
    Native,
}

/// The table of a relation.
pub(crate) fn load(
    connection: &Connection,
    relation: &Relation,
    form: Form,
) -> Result<Table, CompareError> {
    let columns = catalog::columns(connection, relation)?;
    let typed = |column: &catalog::Column| match form {
        Form::Exported => column.ty.clone(),
        Form::Native => native(&column.ty),
    };
    let field = |column: &catalog::Column| Field {
        name: column.name.clone(),
        ty: typed(column).to_delta(Mapping::default()),
        comment: None,
    };
    let mut fields: Vec<Field> = columns.iter().map(field).collect();
    let plain = fields.clone();
    // The names that an export gives them, with warnings of its own.
    let _ = types::rename(&mut fields);
    let columns = columns.iter().zip(plain).zip(fields).map(|((column, plain), field)| {
        let cut = form == Form::Exported && column.ty.truncates();
        let value = typed(column).to_sql(&quote(&column.name));
        let renamed = plain.ty != field.ty;
        let value = if renamed { canonical(&value, &plain.ty, &field.ty) } else { value };
        Column {
            name: field.name,
            ty: Ok(field.ty),
            value,
            note: cut.then_some("nanoseconds are not compared: an export cuts them"),
        }
    });
    Ok(Table { source: relation.sql_name(), columns: columns.collect() })
}

/// The type with text in place of nanoseconds, which no Delta type has.
fn native(ty: &SourceType) -> SourceType {
    let members = |members: &[(String, SourceType)]| {
        members.iter().map(|(name, ty)| (name.clone(), native(ty))).collect()
    };
    match ty {
        SourceType::TimestampNs | SourceType::TimestampTzNs => SourceType::Text,
        SourceType::List(element) => SourceType::List(native(element).into()),
        SourceType::Map(key, value) => SourceType::Map(native(key).into(), native(value).into()),
        SourceType::Struct(fields) => SourceType::Struct(members(fields)),
        SourceType::Union(fields) => SourceType::Union(members(fields)),
        other => other.clone(),
    }
}

/// The relation of the same name in another database, whose relations are given.
pub(crate) fn find<'a>(relations: &'a [Relation], like: &Relation) -> Option<&'a Relation> {
    let named = |relation: &&Relation, schema: &str| {
        relation.schema.eq_ignore_ascii_case(schema)
            && relation.name.eq_ignore_ascii_case(&like.name)
    };
    let by_schema = relations.iter().find(|relation| named(relation, &like.schema));
    by_schema.or_else(|| relations.iter().find(|relation| named(relation, &like.layer)))
}
