//! The DuckDB file: opening it, and what tables and columns it holds.

use std::path::Path;

use duckdb::core::{LogicalTypeHandle, LogicalTypeId};
use duckdb::{AccessMode, Config, Connection, Row};

use crate::failure::Failure;
use crate::problem::{Advice, Problem};
use crate::source::{SourceType, literal, quote};
use crate::types::DeltaType;

/// A table or view of one layer.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    /// The schema: `silver`, `gold`.
    pub(crate) layer: String,
    /// The name in its schema.
    pub(crate) name: String,
    pub(crate) is_view: bool,
    /// `COMMENT ON TABLE`.
    pub(crate) comment: Option<String>,
    /// DuckDB's estimate of its rows; 0 for a view.
    pub(crate) estimated_rows: u64,
}

impl Relation {
    /// `layer.name`, for messages.
    pub(crate) fn label(&self) -> String {
        format!("{}.{}", self.layer, self.name)
    }

    /// The quoted name, for SQL.
    pub(crate) fn sql_name(&self) -> String {
        format!("{}.{}", quote(&self.layer), quote(&self.name))
    }
}

/// A column as DuckDB has it.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) ty: SourceType,
    /// `COMMENT ON COLUMN`.
    pub(crate) comment: Option<String>,
}

/// The limits of one process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// DuckDB's buffer pool and operators, in bytes.
    pub(crate) memory: u64,
    /// DuckDB's threads.
    pub(crate) threads: usize,
}

/// Why the database or a part of it cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogError {
    #[error("there is no database {0}")]
    Missing(String),
    #[error("another process holds {path} open for writing: {holder}")]
    Locked { path: String, holder: String },
    #[error("could not open the database {path}: {source}")]
    Open { path: String, source: duckdb::Error },
    #[error("could not read the list of tables")]
    List(#[source] duckdb::Error),
    #[error("could not read the columns: {0}")]
    Columns(#[source] duckdb::Error),
    #[error("the view has other columns than when it was created")]
    Stale,
    #[error("column {column:?} has the type {ty}, which has no form in Delta")]
    Type { column: String, ty: String },
    #[error(
        "column {column:?} is a UNION with a member named \"tag\", the name that says which member a value holds"
    )]
    UnionTag { column: String },
}

impl Problem for CatalogError {
    fn advice(&self) -> Advice {
        match self {
            Self::Missing(_) => {
                ("no-database", "build it with `dbt build`, or point --duckdb or DUCKDB_PATH at it")
            }
            Self::Locked { .. } => (
                "database-locked",
                "wait for `dbt build` to end, or close the DuckDB shell, and run again",
            ),
            Self::Open { .. } => ("bad-database", ""),
            Self::List(_) | Self::Columns(_) => ("query", ""),
            Self::Stale => ("stale-view", "create the view again"),
            Self::Type { .. } | Self::UnionTag { .. } => ("no-delta-type", ""),
        }
    }
}

/// Opens the file read-only.
pub(crate) fn open(path: &Path, limits: Limits) -> Result<Connection, CatalogError> {
    let shown = path.display().to_string();
    if !path.exists() {
        return Err(CatalogError::Missing(shown));
    }
    let temp = std::env::temp_dir().join(format!("export-dbt-{}", std::process::id()));
    let config = || -> duckdb::Result<Config> {
        Config::default()
            .access_mode(AccessMode::ReadOnly)?
            .enable_autoload_extension(false)?
            .max_memory(&format!("{}KiB", limits.memory / 1024))?
            .threads(limits.threads as i64)?
            .with("temp_directory", temp.to_string_lossy())
    };
    let opened = config()
        .and_then(|config| Connection::open_with_flags(path, config))
        .and_then(|connection| in_utc(&connection).map(|()| connection));
    opened.map_err(|source| match Failure::of(&source) {
        Failure::Locked(holder) => CatalogError::Locked { path: shown, holder },
        _ => CatalogError::Open { path: shown, source },
    })
}

/// Sets the time zone that texts and days of a TIMESTAMPTZ are in, so that a view has the same rows on
/// every machine. Only the extension ICU has the setting; without it, DuckDB's time zone is UTC.
fn in_utc(connection: &Connection) -> duckdb::Result<()> {
    let sql = "SELECT count(*) > 0 FROM duckdb_settings() WHERE name = 'TimeZone'";
    if connection.query_row(sql, [], |row| row.get(0))? {
        connection.execute_batch("SET GLOBAL TimeZone = 'UTC'")?;
    }
    Ok(())
}

/// The schemas of the database, in order.
pub(crate) fn schemas(connection: &Connection) -> Result<Vec<String>, CatalogError> {
    let sql = "SELECT schema_name FROM duckdb_schemas() \
               WHERE database_name = current_database() AND NOT internal ORDER BY 1";
    rows(connection, sql, |row| row.get(0)).map_err(CatalogError::List)
}

/// Every table and view of a schema, in the order of names.
pub(crate) fn relations(
    connection: &Connection,
    layer: &str,
) -> Result<Vec<Relation>, CatalogError> {
    let layer_sql = literal(layer);
    let sql = format!(
        "SELECT table_name, false, comment, CAST(coalesce(estimated_size, 0) AS BIGINT) FROM duckdb_tables() \
         WHERE database_name = current_database() AND schema_name = {layer_sql} AND NOT internal AND NOT temporary \
         UNION ALL \
         SELECT view_name, true, comment, 0 FROM duckdb_views() \
         WHERE database_name = current_database() AND schema_name = {layer_sql} AND NOT internal AND NOT temporary \
         ORDER BY 1"
    );
    let relation = |row: &Row| {
        Ok(Relation {
            layer: layer.to_string(),
            name: row.get(0)?,
            is_view: row.get(1)?,
            comment: row.get(2)?,
            estimated_rows: row.get::<_, i64>(3)?.max(0) as u64,
        })
    };
    rows(connection, &sql, relation).map_err(CatalogError::List)
}

/// The columns of a relation.
pub(crate) fn columns(
    connection: &Connection,
    relation: &Relation,
) -> Result<Vec<Column>, CatalogError> {
    let statement = connection
        .prepare(&format!("SELECT * FROM {}", relation.sql_name()))
        .map_err(CatalogError::Columns)?;
    // The statement names its columns only once it runs; the catalog has them in its order.
    let names = names_and_comments(connection, relation)?;
    if names.len() != statement.column_count() {
        return Err(CatalogError::Stale);
    }
    let columns = names.into_iter().enumerate();
    columns
        .map(|(index, (name, comment))| {
            let ty = source_type(&statement.column_logical_type(index), &name)?;
            Ok(Column { name, ty, comment })
        })
        .collect()
}

fn names_and_comments(
    connection: &Connection,
    relation: &Relation,
) -> Result<Vec<(String, Option<String>)>, CatalogError> {
    let sql = format!(
        "SELECT column_name, comment FROM duckdb_columns() WHERE database_name = current_database() \
         AND schema_name = {} AND table_name = {} ORDER BY column_index",
        literal(&relation.layer),
        literal(&relation.name)
    );
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?));
    rows(connection, &sql, read).map_err(CatalogError::Columns)
}

fn rows<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&Row) -> duckdb::Result<T>,
) -> duckdb::Result<Vec<T>> {
    let mut statement = connection.prepare(sql)?;
    statement.query_map([], read)?.collect()
}

fn source_type(ty: &LogicalTypeHandle, column: &str) -> Result<SourceType, CatalogError> {
    use LogicalTypeId as Id;
    let plain = SourceType::Plain;
    Ok(match ty.id() {
        Id::Boolean => plain(DeltaType::Boolean),
        Id::Tinyint => plain(DeltaType::Byte),
        Id::Smallint => plain(DeltaType::Short),
        Id::Integer => plain(DeltaType::Integer),
        Id::Bigint => plain(DeltaType::Long),
        Id::Float => plain(DeltaType::Float),
        Id::Double => plain(DeltaType::Double),
        Id::Decimal => plain(DeltaType::Decimal(ty.decimal_width(), ty.decimal_scale())),
        Id::Varchar => plain(DeltaType::String),
        Id::Blob => plain(DeltaType::Binary),
        Id::Date => plain(DeltaType::Date),
        Id::UTinyint => SourceType::UTinyInt,
        Id::USmallint => SourceType::USmallInt,
        Id::UInteger => SourceType::UInteger,
        Id::UBigint => SourceType::UBigInt,
        Id::Hugeint => SourceType::HugeInt,
        Id::UHugeint => SourceType::UHugeInt,
        Id::Bignum
        | Id::Uuid
        | Id::Enum
        | Id::Bit
        | Id::Time
        | Id::TimeTZ
        | Id::TimeNs
        | Id::SqlNull => SourceType::Text,
        Id::Interval => SourceType::Interval,
        Id::Variant => SourceType::Variant,
        Id::Geometry => SourceType::Geometry,
        Id::Timestamp | Id::TimestampS | Id::TimestampMs => SourceType::Timestamp,
        Id::TimestampNs => SourceType::TimestampNs,
        Id::TimestampTZ => SourceType::TimestampTz,
        Id::List | Id::Array => SourceType::List(source_type(&ty.child(0), column)?.into()),
        Id::Map => SourceType::Map(
            source_type(&ty.child(0), column)?.into(),
            source_type(&ty.child(1), column)?.into(),
        ),
        Id::Struct => SourceType::Struct(members(ty, column)?),
        Id::Union => {
            let members = members(ty, column)?;
            if members.iter().any(|(name, _)| name.eq_ignore_ascii_case(crate::source::UNION_TAG)) {
                return Err(CatalogError::UnionTag { column: column.to_string() });
            }
            SourceType::Union(members)
        }
        _ => {
            return Err(CatalogError::Type { column: column.to_string(), ty: format!("{ty:?}") });
        }
    })
}

fn members(
    ty: &LogicalTypeHandle,
    column: &str,
) -> Result<Vec<(String, SourceType)>, CatalogError> {
    (0..ty.num_children())
        .map(|index| Ok((ty.child_name(index), source_type(&ty.child(index), column)?)))
        .collect()
}
