//! A Delta table of any writer: its files as one relation of DuckDB.

use std::path::Path as FilePath;

use duckdb::Connection;
use futures::{StreamExt, TryStreamExt};

use super::engine::{Engine, failed};
use super::error::CompareError;
use super::schema::{self, Stored};
use super::table::{Column, Hand, Table};
use crate::log::{ActiveFile, CopyError, Snapshot, TableLog};
use crate::source::{duckdb_type, literal, quote};
use crate::types::DeltaType;

/// The column with a row's file, a name that no table has.
const FILE: &str = "__export_dbt_file";

/// The column with a file's number beside its partition values.
const NUMBER: &str = "__export_dbt_number";

/// The beginning of the names of columns with partition values.
const PARTITION: &str = "__export_dbt_p";

/// Files whose partition values are inserted together.
const INSERTED: usize = 10_000;

/// The table at a location; none where there is no table.
pub(crate) async fn load(
    engine: &Engine,
    hand: Hand,
    log: &TableLog,
) -> Result<Option<Table>, CompareError> {
    let Some(snapshot) = log.load().await? else { return Ok(None) };
    let stored = schema::stored(&snapshot.metadata)?;
    let folder = engine.folder(hand.name())?;
    let mut deleted = Vec::new();
    for (number, file) in snapshot.files.iter().enumerate() {
        fetch(log, &file.path, &folder.join(format!("{number}.parquet"))).await?;
        if let Some(vector) = &file.deletion_vector {
            let rows = log.deleted_rows(vector).await?;
            deleted.extend(rows.into_iter().map(|row| (number, row)));
        }
    }
    let partitions = partitions(&snapshot, &stored);
    engine
        .run(move |connection| {
            let reading = Reading { connection, hand, folder: &folder, deleted: &deleted };
            reading.table(&stored, &snapshot, &partitions)
        })
        .await
        .map(Some)
}

/// Makes a file of a table available to DuckDB under a plain name.
async fn fetch(log: &TableLog, path: &str, to: &FilePath) -> Result<(), CompareError> {
    if path.contains("://") {
        let message = "the table's files lie in another folder, as those of a clone do";
        return Err(CompareError::Unsupported(message.into()));
    }
    log.copy(path, to).await.map_err(|error| match error {
        CopyError::Missing => CompareError::DataFile(path.to_owned()),
        CopyError::Store(error) => error.into(),
        CopyError::Write(error) => failed(to, error),
    })
}

/// The values of the partition columns of each file.
fn partitions(snapshot: &Snapshot, stored: &[Stored]) -> Vec<Vec<Option<String>>> {
    let columns: Vec<&Stored> = stored.iter().filter(|column| column.partition).collect();
    let value = |file: &ActiveFile, column: &Stored| {
        let values = &file.partition_values;
        let found = values.get(&column.name).or_else(|| values.get(&column.physical));
        // The log's form of NULL is none or an empty text.
        found.cloned().flatten().filter(|value| !value.is_empty())
    };
    let of_file = |file| columns.iter().map(|column| value(file, column)).collect();
    snapshot.files.iter().map(of_file).collect()
}

struct Reading<'a> {
    connection: &'a Connection,
    hand: Hand,
    folder: &'a FilePath,
    deleted: &'a [(usize, u64)],
}

impl Reading<'_> {
    fn table(
        &self,
        stored: &[Stored],
        snapshot: &Snapshot,
        partitions: &[Vec<Option<String>>],
    ) -> Result<Table, CompareError> {
        if snapshot.files.is_empty() {
            let columns = stored.iter().map(|column| self.column(column, None, 0)).collect();
            return Ok(Table { source: "(SELECT 1 WHERE false)".into(), columns });
        }
        let numbers = if self.deleted.is_empty() { "" } else { ", file_row_number = true" };
        // Each by its name, because the folder's may have characters of a pattern.
        let file = |number| literal(&format!("{}/{number}.parquet", self.folder.display()));
        let files: Vec<String> = (0..snapshot.files.len()).map(file).collect();
        let files = format!(
            "read_parquet([{}], union_by_name = true, hive_partitioning = false, filename = '{FILE}'{numbers})",
            files.join(", ")
        );
        let number = format!("CAST(parse_filename(f.{FILE}, true) AS UBIGINT)");
        let there = self.columns(&files)?;
        let mut source = format!("{files} AS f");
        if stored.iter().any(|column| column.partition) {
            let partitions = self.partition_table(partitions)?;
            source = format!("{source} JOIN temp.{partitions} AS p ON p.{NUMBER} = {number}");
        }
        if !self.deleted.is_empty() {
            let rows = self.deleted_table()?;
            source = format!(
                "{source} ANTI JOIN temp.{rows} AS d ON d.file = {number} AND d.number = f.file_row_number"
            );
        }
        let mut partition = 0;
        let column = |column: &Stored| {
            let found = there.iter().find(|(name, _)| name.eq_ignore_ascii_case(&column.physical));
            let made = self.column(column, found, partition);
            partition += usize::from(column.partition);
            made
        };
        let columns = stored.iter().map(column).collect();
        Ok(Table { source: format!("(SELECT * FROM {source})"), columns })
    }

    fn column(
        &self,
        stored: &Stored,
        found: Option<&(String, String)>,
        partition: usize,
    ) -> Column {
        let value = match (&stored.ty, found) {
            // A cast would take a backslash for the beginning of an escaped byte.
            (Ok(DeltaType::Binary), _) if stored.partition => {
                format!("encode({PARTITION}{partition})")
            }
            (Ok(ty), _) if stored.partition => {
                format!("CAST({PARTITION}{partition} AS {})", duckdb_type(ty))
            }
            (Ok(ty), Some((name, there))) => cast(&quote(name), there, ty),
            (Ok(ty), None) => format!("CAST(NULL AS {})", duckdb_type(ty)),
            (Err(_), _) => "NULL".into(),
        };
        Column { name: stored.name.clone(), ty: stored.ty.clone(), value, note: None }
    }

    /// The columns of the files, with DuckDB's types.
    fn columns(&self, files: &str) -> Result<Vec<(String, String)>, CompareError> {
        let mut statement = self.connection.prepare(&format!("DESCRIBE SELECT * FROM {files}"))?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<duckdb::Result<_>>()?)
    }

    fn partition_table(&self, partitions: &[Vec<Option<String>>]) -> Result<String, CompareError> {
        let width = partitions.first().map_or(0, Vec::len);
        let columns: Vec<String> =
            (0..width).map(|number| format!(", {PARTITION}{number} VARCHAR")).collect();
        let text = |value: &Option<String>| value.as_deref().map_or("NULL".into(), literal);
        let row = |(number, values): (usize, &Vec<Option<String>>)| {
            let values: Vec<String> =
                std::iter::once(number.to_string()).chain(values.iter().map(text)).collect();
            format!("({})", values.join(", "))
        };
        let rows: Vec<String> = partitions.iter().enumerate().map(row).collect();
        let name = self.create("partitions", &format!("{NUMBER} UBIGINT{}", columns.concat()))?;
        for rows in rows.chunks(INSERTED) {
            self.connection
                .execute_batch(&format!("INSERT INTO temp.{name} VALUES {}", rows.join(", ")))?;
        }
        Ok(name)
    }

    fn deleted_table(&self) -> Result<String, CompareError> {
        let name = self.create("deleted", "file UBIGINT, number UBIGINT")?;
        let mut appender = self.connection.appender_to_catalog_and_db(&name, "temp", "main")?;
        for (file, row) in self.deleted {
            appender.append_row([*file as u64, *row])?;
        }
        appender.flush()?;
        Ok(name)
    }

    /// Creates a temporary table of this side; its name.
    fn create(&self, name: &str, columns: &str) -> Result<String, CompareError> {
        let name = format!("{}_{name}", self.hand.name());
        self.connection
            .execute_batch(&format!("CREATE OR REPLACE TEMP TABLE {name} ({columns})"))?;
        Ok(name)
    }
}

/// The value of a Parquet column as its Delta type.
fn cast(value: &str, there: &str, ty: &DeltaType) -> String {
    let wanted = duckdb_type(ty);
    match (there, ty) {
        (there, _) if there == wanted => value.to_owned(),
        // A writer that does not mark its text.
        ("BLOB", DeltaType::String) => format!("decode({value})"),
        _ => format!("CAST({value} AS {wanted})"),
    }
}

/// Whether the location has a Delta table.
pub(crate) async fn is_table(log: &TableLog) -> Result<bool, CompareError> {
    Ok(log.has_versions().await?)
}

/// Tables that are looked for together.
const LOOKED_FOR: usize = 16;

/// The names of the tables in a folder, whose other folders are none of the comparison's business.
pub(crate) async fn tables(log: &TableLog) -> Result<Vec<String>, CompareError> {
    let table = |name: String| async {
        let is_table = is_table(&log.below(&name)).await?;
        Ok(is_table.then_some(name))
    };
    let found = futures::stream::iter(folders(log).await?).map(table).buffered(LOOKED_FOR);
    found.try_filter_map(|name| async { Ok(name) }).try_collect().await
}

/// The names of the folders in a folder.
pub(crate) async fn folders(log: &TableLog) -> Result<Vec<String>, CompareError> {
    let listed = match log.objects.list_with_delimiter(None).await {
        Ok(listed) => listed,
        Err(object_store::Error::NotFound { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let names = listed.common_prefixes.iter().filter_map(|path| path.filename());
    Ok(names.filter(|name| !name.starts_with('_')).map(str::to_owned).collect())
}
