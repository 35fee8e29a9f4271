//! Arrow batches into Parquet files, column by column on several threads, in bounded memory.
//!
//! Batches come in groups; the columns of a group are encoded by a few threads, each taking the
//! next column that nobody has. A row group ends by its encoded size and goes into the file while
//! the next one is encoded, so memory holds one group of rows and two row groups of
//! compressed pages.

mod append;
mod choice;
mod nested;
mod workers;

use std::io::Write;
use std::sync::{Arc, Mutex};

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::SchemaDescriptor;

use crate::conform::conform;
use crate::types::{Field, arrow_fields};
use append::Appender;
use choice::{Choice, RELEARN, properties};
use nested::{count_nested, count_nulls};
use workers::Workers;

/// Rows after which a row group ends even when its columns are small.
const ROW_GROUP_ROWS: usize = 1 << 20;

/// How files are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Threads that encode one table's columns.
    pub(crate) threads: usize,
    /// Encoded bytes after which a row group ends.
    pub(crate) row_group_bytes: usize,
}

/// The state that the files of a table share.
#[derive(Debug)]
pub(crate) struct TableEncoder {
    pub(crate) fields: Vec<Field>,
    schema: SchemaRef,
    descriptor: SchemaDescriptor,
    properties: WriterPropertiesPtr,
    settings: Settings,
    workers: Workers,
    learnt: Mutex<Learnt>,
}

/// The choices that the row groups so far have led to.
#[derive(Debug)]
struct Learnt {
    row_groups: usize,
    choices: Vec<Choice>,
}

impl TableEncoder {
    /// The encoder of files with these columns.
    pub(crate) fn new(fields: &[Field], settings: Settings) -> Result<Self, ParquetError> {
        let schema = Schema::new(arrow_fields(fields));
        let descriptor = ArrowSchemaConverter::new()
            .with_coerce_types(true)
            .schema_root("spark_schema")
            .convert(&schema)?;
        let choices = vec![Choice::default(); descriptor.num_columns()];
        Ok(Self {
            fields: fields.to_vec(),
            schema: schema.into(),
            properties: properties(&descriptor, &choices)?.into(),
            descriptor,
            settings,
            workers: Workers::new(settings.threads.min(fields.len())),
            learnt: Mutex::new(Learnt { row_groups: 0, choices }),
        })
    }

    /// Starts a file.
    pub(crate) fn open<W: Write + Send + 'static>(
        &self,
        sink: W,
    ) -> Result<FileEncoder<'_, W>, ParquetError> {
        let root = self.descriptor.root_schema_ptr();
        let writer = SerializedFileWriter::new(sink, root, self.properties.clone())?;
        Ok(FileEncoder {
            table: self,
            appender: Appender::new(writer),
            columns: Arc::default(),
            row_groups: 0,
            group_rows: 0,
            bytes: 0,
            nested_nulls: vec![0; count_nested(&self.fields)],
        })
    }

    /// The leaf writers of each column, for a file's row group of this index.
    fn column_writers(&self, index: usize) -> Result<Columns, ParquetError> {
        let properties = properties(&self.descriptor, &lock(&self.learnt).choices)?.into();
        // Properties are a file writer's, and may differ from one row group to the next: this one
        // is for them alone.
        let root = self.descriptor.root_schema_ptr();
        let writer = SerializedFileWriter::new(std::io::sink(), root, properties)?;
        let factory = ArrowRowGroupWriterFactory::new(&writer, self.schema.clone());
        let mut leaves = factory.create_column_writers(index)?.into_iter();
        let columns = self.fields.iter();
        Ok(columns
            .map(|field| Mutex::new(leaves.by_ref().take(field.ty.leaves()).collect()))
            .collect())
    }

    fn learn(&self, chunks: &[ArrowColumnChunk]) {
        let mut learnt = lock(&self.learnt);
        learnt.row_groups += 1;
        let anew = learnt.row_groups.is_multiple_of(RELEARN);
        for (choice, chunk) in learnt.choices.iter_mut().zip(chunks) {
            *choice = if anew { Choice::default() } else { choice.learn(&chunk.close().metadata) };
        }
    }
}

type Columns = Vec<Mutex<Vec<ArrowColumnWriter>>>;

/// One Parquet file being written to `W`.
pub(crate) struct FileEncoder<'a, W: Write + Send> {
    table: &'a TableEncoder,
    appender: Appender<W>,
    /// The open row group.
    columns: Arc<Columns>,
    row_groups: usize,
    group_rows: usize,
    /// Bytes of the row groups that have left for the sink.
    pub(crate) bytes: u64,
    nested_nulls: Vec<u64>,
}

pub(crate) struct Encoded {
    /// The footer, with the statistics.
    pub(crate) metadata: ParquetMetaData,
    /// Bytes of its row groups.
    pub(crate) bytes: u64,
    /// Null counts of lists and maps, in the order of [`crate::stats::stats_json`].
    pub(crate) nested_nulls: Vec<u64>,
}

impl<W: Write + Send + 'static> FileEncoder<'_, W> {
    /// Encodes a group of batches. Columns past the table's are ignored.
    pub(crate) fn write(&mut self, batches: Vec<RecordBatch>) -> Result<(), ParquetError> {
        if self.columns.is_empty() {
            self.columns = Arc::new(self.table.column_writers(self.row_groups)?);
        }
        for batch in &batches {
            let mut slot = 0;
            for (field, array) in self.table.fields.iter().zip(batch.columns()) {
                count_nulls(&field.ty, array, None, &mut self.nested_nulls, &mut slot);
            }
            self.group_rows += batch.num_rows();
        }
        let (columns, schema) = (Arc::clone(&self.columns), self.table.schema.clone());
        self.table.workers.run(self.columns.len(), move |index| {
            let mut writers = lock(&columns[index]);
            let field = &schema.fields()[index];
            for batch in &batches {
                let array = conform(batch.column(index), field.data_type())?;
                for (writer, leaf) in writers.iter_mut().zip(compute_leaves(field, &array)?) {
                    writer.write(&leaf)?;
                }
            }
            Ok(())
        })?;
        let held = |column: &Mutex<Vec<ArrowColumnWriter>>| {
            lock(column).iter().map(ArrowColumnWriter::memory_size).sum::<usize>()
        };
        let size: usize = self.columns.iter().map(held).sum();
        if self.group_rows >= ROW_GROUP_ROWS || size >= self.table.settings.row_group_bytes {
            self.close_row_group()?;
        }
        Ok(())
    }

    /// Writes the footer, then calls `close` on the sink.
    pub(crate) fn finish(
        mut self,
        close: impl FnOnce(&mut W) -> std::io::Result<()>,
    ) -> Result<Encoded, ParquetError> {
        self.close_row_group()?;
        let (mut writer, metadata) = self.appender.finish()?;
        close(writer.inner_mut())?;
        Ok(Encoded { metadata, bytes: self.bytes, nested_nulls: self.nested_nulls })
    }

    fn close_row_group(&mut self) -> Result<(), ParquetError> {
        if self.group_rows == 0 {
            return Ok(());
        }
        self.group_rows = 0;
        self.row_groups += 1;
        let columns = std::mem::take(&mut self.columns);
        let count = columns.len();
        // The last page of every column is still to be compressed.
        let closed: Arc<Vec<Mutex<Vec<ArrowColumnChunk>>>> =
            Arc::new((0..count).map(|_| Mutex::default()).collect());
        let shared = Arc::clone(&closed);
        self.table.workers.run(count, move |index| {
            for writer in std::mem::take(&mut *lock(&columns[index])) {
                let mut chunk = writer.close()?;
                hide_bounds_beside_nan(&mut chunk)?;
                lock(&shared[index]).push(chunk);
            }
            Ok(())
        })?;
        let chunks: Vec<_> =
            closed.iter().flat_map(|chunks| std::mem::take(&mut *lock(chunks))).collect();
        self.bytes += chunks.iter().map(|chunk| chunk.close().bytes_written).sum::<u64>();
        self.table.learn(&chunks);
        self.appender.append(chunks)
    }
}

/// Takes the bounds out of the statistics of a column chunk that holds a NaN. Parquet's bounds
/// leave NaN out; a reader for which it is larger than every number would skip its rows.
fn hide_bounds_beside_nan(chunk: &mut ArrowColumnChunk) -> Result<(), ParquetError> {
    let close = chunk.close_mut();
    let Some(found) = close.metadata.statistics().filter(|s| s.nan_count_opt().unwrap_or(0) > 0)
    else {
        return Ok(());
    };
    let (nulls, nans) = (found.null_count_opt(), found.nan_count_opt());
    let bare = match found {
        Statistics::Float(_) => Statistics::Float(
            ValueStatistics::new(None, None, None, nulls, false).with_nan_count(nans),
        ),
        Statistics::Double(_) => Statistics::Double(
            ValueStatistics::new(None, None, None, nulls, false).with_nan_count(nans),
        ),
        _ => return Ok(()),
    };
    close.metadata = close.metadata.clone().into_builder().set_statistics(bare).build()?;
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
