//! The DuckDB file: opening it, and what tables and columns it holds.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use duckdb::core::{LogicalTypeHandle, LogicalTypeId};
use duckdb::{AccessMode, Config, Connection, Row};

use crate::failure::{Failure, sentence};
use crate::problem::{Advice, Problem};
use crate::source::{SourceType, literal, quote};
use crate::types::DeltaType;

/// A table or view.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    /// The database: the file's name, or the alias of an attached one.
    pub(crate) database: String,
    pub(crate) schema: String,
    /// The layer that the table is exported to; the schema, unless the options say otherwise.
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
    /// A relation of which the name alone is known, in the schema of its layer.
    pub(crate) fn named(database: &str, layer: &str, name: String) -> Self {
        Self {
            database: database.to_owned(),
            schema: layer.to_owned(),
            layer: layer.to_owned(),
            name,
            is_view: false,
            comment: None,
            estimated_rows: 0,
        }
    }

    /// `layer.name`, for messages.
    pub(crate) fn label(&self) -> String {
        format!("{}.{}", self.layer, self.name)
    }

    /// The quoted name, for SQL.
    pub(crate) fn sql_name(&self) -> String {
        format!("{}.{}.{}", quote(&self.database), quote(&self.schema), quote(&self.name))
    }

    /// Whether dbt made the relation for a moment: an interrupted run leaves it behind. dbt-duckdb
    /// may append a time to these suffixes.
    pub(crate) fn is_temporary(&self) -> bool {
        let name = self.name.to_lowercase();
        ["__dbt_tmp", "__dbt_backup", "__dbt_intermediate", "__dbt_new_data"].iter().any(|suffix| {
            name.rsplit_once(suffix).is_some_and(|(model, rest)| {
                !model.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || c == '_')
            })
        })
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    #[error("cannot attach the database {path}: {source}")]
    Attach { path: String, source: duckdb::Error },
    #[error("cannot open the database {path}: {source}")]
    Open { path: String, source: duckdb::Error },
    #[error("cannot read the list of tables")]
    List(#[source] duckdb::Error),
    #[error("cannot read the columns: {}", sentence(.0))]
    Columns(#[source] duckdb::Error),
    #[error("the columns of the view have changed since it was created")]
    Stale,
    #[error("column {column:?} has the type {ty}, which Delta does not have")]
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
            Self::Attach { .. } => {
                ("bad-database", "write --attach ALIAS=PATH, as the dbt profile attaches it")
            }
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
    let opened = config(limits, AccessMode::ReadOnly)
        .and_then(|config| Connection::open_with_flags(path, config))
        .and_then(|connection| in_utc(&connection).map(|()| connection));
    opened.map_err(|source| match Failure::of(&source) {
        Failure::Locked(holder) => CatalogError::Locked { path: shown, holder },
        _ => CatalogError::Open { path: shown, source },
    })
}

/// A database of no file.
pub(crate) fn open_in_memory(limits: Limits) -> Result<Connection, CatalogError> {
    let opened = config(limits, AccessMode::ReadWrite)
        .and_then(Connection::open_in_memory_with_flags)
        .and_then(|connection| in_utc(&connection).map(|()| connection));
    opened.map_err(|source| CatalogError::Open { path: "in memory".into(), source })
}

fn config(limits: Limits, mode: AccessMode) -> duckdb::Result<Config> {
    let temp = std::env::temp_dir().join(format!("export-dbt-{}", std::process::id()));
    Config::default()
        .access_mode(mode)?
        .enable_autoload_extension(false)?
        .max_memory(&format!("{}KiB", limits.memory / 1024))?
        .threads(limits.threads as i64)?
        .with("temp_directory", temp.to_string_lossy())
}

/// Sets other limits for the whole database.
pub(crate) fn limit(connection: &Connection, limits: Limits) -> Result<(), CatalogError> {
    let sql = format!(
        "SET memory_limit = '{}KiB'; SET threads = {}",
        limits.memory / 1024,
        limits.threads
    );
    connection.execute_batch(&sql).map_err(CatalogError::Columns)
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

/// Attaches a database read-only, as a dbt profile's `attach` does.
pub(crate) fn attach(connection: &Connection, attached: &Attached) -> Result<(), CatalogError> {
    let shown = attached.path.display().to_string();
    if !attached.path.exists() {
        return Err(CatalogError::Missing(shown));
    }
    let path = literal(&attached.path.to_string_lossy());
    let sql = format!("ATTACH {path} AS {} (READ_ONLY)", quote(&attached.alias));
    connection.execute_batch(&sql).map_err(|source| match Failure::of(&source) {
        Failure::Locked(holder) => CatalogError::Locked { path: shown, holder },
        _ => CatalogError::Attach { path: shown, source },
    })
}

/// A database beside the main one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attached {
    pub(crate) alias: String,
    pub(crate) path: PathBuf,
}

impl FromStr for Attached {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (alias, path) = match text.split_once('=') {
            Some((alias, path)) => (alias.trim().to_owned(), PathBuf::from(path.trim())),
            None => {
                let path = PathBuf::from(text);
                // DuckDB's rule for a database without an alias.
                let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                (stem, path)
            }
        };
        if alias.is_empty() || path.as_os_str().is_empty() {
            return Err(format!("{text:?} is not a database; write ALIAS=PATH"));
        }
        Ok(Self { alias, path })
    }
}

/// A schema of one database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Schema {
    pub(crate) database: String,
    pub(crate) name: String,
}

/// The databases that a person or dbt has made or attached.
const USERS: &str =
    "database_name IN (SELECT database_name FROM duckdb_databases() WHERE NOT internal)";

/// The schemas of all databases, in order. `main` is in every database; it counts where it holds something.
pub(crate) fn schemas(connection: &Connection) -> Result<Vec<Schema>, CatalogError> {
    let sql = format!(
        "SELECT database_name, schema_name FROM duckdb_schemas() WHERE {USERS} AND (NOT internal OR (schema_name = 'main' \
         AND EXISTS (FROM (SELECT database_name AS d, schema_name AS s, internal FROM duckdb_tables() \
         UNION ALL SELECT database_name, schema_name, internal FROM duckdb_views()) AS r \
         WHERE r.d = database_name AND r.s = 'main' AND NOT r.internal))) ORDER BY 1, 2"
    );
    let read = |row: &Row| Ok(Schema { database: row.get(0)?, name: row.get(1)? });
    rows(connection, &sql, read).map_err(CatalogError::List)
}

/// Every table and view of all databases, in the order of names. The layer is the schema's name.
pub(crate) fn relations(connection: &Connection) -> Result<Vec<Relation>, CatalogError> {
    let sql = format!(
        "SELECT database_name, schema_name, table_name, false, comment, CAST(coalesce(estimated_size, 0) AS BIGINT) \
         FROM duckdb_tables() WHERE {USERS} AND NOT internal AND NOT temporary \
         UNION ALL \
         SELECT database_name, schema_name, view_name, true, comment, 0 \
         FROM duckdb_views() WHERE {USERS} AND NOT internal AND NOT temporary \
         ORDER BY 1, 2, 3"
    );
    let relation = |row: &Row| {
        let schema: String = row.get(1)?;
        Ok(Relation {
            database: row.get(0)?,
            layer: schema.clone(),
            schema,
            name: row.get(2)?,
            is_view: row.get(3)?,
            comment: row.get(4)?,
            estimated_rows: row.get::<_, i64>(5)?.max(0) as u64,
        })
    };
    rows(connection, &sql, relation).map_err(CatalogError::List)
}

/// Where a database file keeps the random number that it was created with.
///
/// Source: DuckDB's main header, which follows the 8 bytes of its checksum.
const IDENTIFIER: std::ops::Range<usize> = 124..140;

/// The identity of a database file: the number that it was created with. A file of a DuckDB that wrote
/// none has its path instead.
pub(crate) fn identity(path: &Path) -> String {
    let mut header = [0; IDENTIFIER.end];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    let number = &header[IDENTIFIER];
    if read.is_ok() && number.iter().any(|byte| *byte != 0) {
        let hex: String = number.iter().map(|byte| format!("{byte:02x}")).collect();
        return format!("duckdb:{hex}");
    }
    let whole = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    format!("path:{}", whole.display())
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
        "SELECT column_name, comment FROM duckdb_columns() WHERE database_name = {} \
         AND schema_name = {} AND table_name = {} ORDER BY column_index",
        literal(&relation.database),
        literal(&relation.schema),
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

/// `DUCKDB_TYPE_TIMESTAMP_TZ_NS` of DuckDB's C interface, which the crate has no name for.
const TIMESTAMP_TZ_NS: u32 = 42;

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
        _ if ty.raw_id() == TIMESTAMP_TZ_NS => SourceType::TimestampTzNs,
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
