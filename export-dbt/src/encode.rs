//! Arrow batches into one Parquet file, column by column on several threads, in bounded memory.
//!
//! Batches are gathered into groups; the columns of a group are encoded by a few threads, each
//! taking the next column that nobody has. A row group ends by its encoded size, so what is
//! held is one group of rows and one row group of compressed pages.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Schema, SchemaRef};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::basic::{Compression, Encoding, Type as PhysicalType, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, SchemaDescriptor};

use crate::conform::conform;
use crate::stats::STRING_PREFIX_BYTES;
use crate::types::{DeltaType, Field, arrow_fields};

/// Rows after which a row group ends even when its columns are small.
const ROW_GROUP_ROWS: usize = 1 << 20;

/// How files are written.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Threads that encode one table's columns.
    pub threads: usize,
    /// Encoded bytes after which a row group ends.
    pub row_group_bytes: usize,
}

/// What every file of a table shares.
#[derive(Debug)]
pub struct Layout {
    fields: Vec<Field>,
    schema: SchemaRef,
    descriptor: SchemaDescriptor,
    properties: WriterPropertiesPtr,
    settings: Settings,
}

impl Layout {
    /// The layout of files with these columns.
    ///
    /// # Errors
    /// When Parquet has no form for the schema.
    pub fn new(fields: &[Field], settings: Settings) -> Result<Self, ParquetError> {
        let schema = Schema::new(arrow_fields(fields));
        let descriptor = ArrowSchemaConverter::new()
            .with_coerce_types(true)
            .schema_root("spark_schema")
            .convert(&schema)?;
        let properties = properties(&descriptor)?;
        Ok(Self {
            fields: fields.to_vec(),
            schema: schema.into(),
            descriptor,
            properties: properties.into(),
            settings,
        })
    }

    /// The columns.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }
}

fn properties(descriptor: &SchemaDescriptor) -> Result<WriterProperties, ParquetError> {
    let mut builder = WriterProperties::builder()
        .set_created_by(format!("export-dbt version {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_max_row_group_row_count(None)
        .set_data_page_size_limit(PAGE_BYTES)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_statistics_truncate_length(Some(STRING_PREFIX_BYTES))
        .set_coerce_types(true);
    // For columns whose dictionary grows too large. Keys and instants are close to their
    // neighbours; lengths apart from the text make both smaller, and faster to compress.
    for column in descriptor.columns() {
        let encoding = match column.physical_type() {
            PhysicalType::INT32 | PhysicalType::INT64 => Encoding::DELTA_BINARY_PACKED,
            PhysicalType::BYTE_ARRAY => Encoding::DELTA_LENGTH_BYTE_ARRAY,
            _ => continue,
        };
        let path = ColumnPath::new(column.path().parts().to_vec());
        builder = builder.set_column_encoding(path, encoding);
    }
    Ok(builder.build())
}

/// Higher levels cost more processor time than they save in bytes on the platform's tables.
const ZSTD_LEVEL: i32 = 1;
const PAGE_BYTES: usize = 1 << 20;
const PAGE_ROWS: usize = 100_000;
const DICTIONARY_BYTES: usize = 1 << 20;

/// One Parquet file being written to `W`.
pub struct FileEncoder<'a, W: Write + Send> {
    layout: &'a Layout,
    writer: SerializedFileWriter<W>,
    factory: ArrowRowGroupWriterFactory,
    /// The open row group: the leaf writers of each column.
    columns: Vec<Mutex<Vec<ArrowColumnWriter>>>,
    group_rows: usize,
    rows: u64,
    nested_nulls: Vec<u64>,
}

/// A finished file.
pub struct Encoded {
    /// The footer, with the statistics.
    pub metadata: ParquetMetaData,
    /// Null counts of lists and maps, in the order of [`crate::stats::stats_json`].
    pub nested_nulls: Vec<u64>,
    /// Rows in the file.
    pub rows: u64,
}

impl<'a, W: Write + Send> FileEncoder<'a, W> {
    /// Starts a file.
    ///
    /// # Errors
    /// When the sink refuses the first bytes.
    pub fn new(layout: &'a Layout, sink: W) -> Result<Self, ParquetError> {
        let writer = SerializedFileWriter::new(
            sink,
            layout.descriptor.root_schema_ptr(),
            layout.properties.clone(),
        )?;
        let factory = ArrowRowGroupWriterFactory::new(&writer, layout.schema.clone());
        Ok(Self {
            layout,
            writer,
            factory,
            columns: Vec::new(),
            group_rows: 0,
            rows: 0,
            nested_nulls: vec![0; count_nested(&layout.fields)],
        })
    }

    /// Encodes a group of batches. Columns past the layout's are ignored.
    ///
    /// # Errors
    /// When a column is not of its planned type, or the sink refuses a row group.
    pub fn write(&mut self, batches: &[RecordBatch]) -> Result<(), ParquetError> {
        if self.columns.is_empty() {
            self.open_row_group()?;
        }
        let layout = self.layout;
        let columns = &self.columns;
        in_parallel(layout.settings.threads, columns.len(), |index| {
            let mut writers = lock(&columns[index]);
            let field = &layout.schema.fields()[index];
            for batch in batches {
                let array = conform(batch.column(index), field.data_type())?;
                for (writer, leaf) in writers.iter_mut().zip(compute_leaves(field, &array)?) {
                    writer.write(&leaf)?;
                }
            }
            Ok(())
        })?;
        for batch in batches {
            let mut slot = 0;
            for (field, array) in layout.fields.iter().zip(batch.columns()) {
                count_nulls(&field.ty, array, None, &mut self.nested_nulls, &mut slot);
            }
            self.group_rows += batch.num_rows();
            self.rows += batch.num_rows() as u64;
        }
        let size: usize =
            columns.iter().map(|c| lock(c).iter().map(|w| w.memory_size()).sum::<usize>()).sum();
        if self.group_rows >= ROW_GROUP_ROWS || size >= layout.settings.row_group_bytes {
            self.close_row_group()?;
        }
        Ok(())
    }

    /// Bytes that have left for the sink.
    pub fn bytes_written(&self) -> u64 {
        self.writer.bytes_written() as u64
    }

    /// Writes the footer, then calls `close` on the sink.
    ///
    /// # Errors
    /// When the sink refuses the last bytes.
    pub fn finish(
        mut self,
        close: impl FnOnce(&mut W) -> std::io::Result<()>,
    ) -> Result<Encoded, ParquetError> {
        self.close_row_group()?;
        let metadata = self.writer.finish()?;
        close(self.writer.inner_mut())?;
        Ok(Encoded { metadata, nested_nulls: self.nested_nulls, rows: self.rows })
    }

    fn open_row_group(&mut self) -> Result<(), ParquetError> {
        let index = self.writer.flushed_row_groups().len();
        let mut leaves = self.factory.create_column_writers(index)?.into_iter();
        self.columns = self
            .layout
            .fields
            .iter()
            .map(|field| Mutex::new(leaves.by_ref().take(field.ty.leaves()).collect()))
            .collect();
        Ok(())
    }

    fn close_row_group(&mut self) -> Result<(), ParquetError> {
        if self.group_rows == 0 {
            return Ok(());
        }
        self.group_rows = 0;
        let columns = std::mem::take(&mut self.columns);
        // The last page of every column is still to be compressed.
        let closed: Vec<Mutex<Vec<ArrowColumnChunk>>> =
            columns.iter().map(|_| Mutex::default()).collect();
        in_parallel(self.layout.settings.threads, columns.len(), |index| {
            let writers = std::mem::take(&mut *lock(&columns[index]));
            let chunks =
                writers.into_iter().map(ArrowColumnWriter::close).collect::<Result<_, _>>()?;
            *lock(&closed[index]) = chunks;
            Ok(())
        })?;
        let mut group = self.writer.next_row_group()?;
        for chunks in closed {
            for mut chunk in std::mem::take(&mut *lock(&chunks)) {
                hide_bounds_beside_nan(&mut chunk)?;
                chunk.append_to_row_group(&mut group)?;
            }
        }
        group.close()?;
        Ok(())
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

/// Calls `work` with 0..count, on up to `threads` threads.
fn in_parallel(
    threads: usize,
    count: usize,
    work: impl Fn(usize) -> Result<(), ParquetError> + Sync,
) -> Result<(), ParquetError> {
    let next = AtomicUsize::new(0);
    let take = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return Ok(());
            }
            work(index)?;
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(count)).map(|_| scope.spawn(take)).collect();
        let own = take();
        others.into_iter().fold(own, |result, thread| {
            let other = thread.join().unwrap_or_else(|_| {
                Err(ParquetError::General("an encoding thread panicked".into()))
            });
            result.and(other)
        })
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn count_nested(fields: &[Field]) -> usize {
    fields
        .iter()
        .map(|field| match &field.ty {
            DeltaType::Array(_) | DeltaType::Map(..) => 1,
            DeltaType::Struct(members) => count_nested(members),
            _ => 0,
        })
        .sum()
}

/// Adds the NULLs of every list and map that is not itself in a list or map.
fn count_nulls(
    ty: &DeltaType,
    array: &ArrayRef,
    outer: Option<&NullBuffer>,
    counts: &mut [u64],
    slot: &mut usize,
) {
    match ty {
        DeltaType::Array(_) | DeltaType::Map(..) => {
            let nulls = NullBuffer::union(outer, array.nulls());
            counts[*slot] += nulls.map_or(0, |nulls| nulls.null_count()) as u64;
            *slot += 1;
        }
        DeltaType::Struct(members) => {
            let nulls = NullBuffer::union(outer, array.nulls());
            for (member, column) in members.iter().zip(array.as_struct().columns()) {
                count_nulls(&member.ty, column, nulls.as_ref(), counts, slot);
            }
        }
        _ => {}
    }
}
