//! How each column is encoded and compressed, learnt from the row groups before.
//!
//! A row group of every [`RELEARN`] tries a dictionary and zstd on all columns. Encodings that save no space
//! in one row group are left out of the following ones: building a dictionary that grows too large, and
//! compressing bytes that are as good as random, cost more time than all the rest.

use parquet::basic::{Compression, Encoding, PageType, Type as PhysicalType, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::statistics::Statistics;
use parquet::schema::types::{ColumnPath, SchemaDescriptor};

use crate::stats::STRING_PREFIX_BYTES;

/// Row groups after which everything is tried again, as the rows may have changed their nature.
pub(super) const RELEARN: usize = 16;

/// Higher levels cost more processor time than they save in bytes on the platform's tables.
const ZSTD_LEVEL: i32 = 1;
const PAGE_BYTES: usize = 1 << 20;
const PAGE_ROWS: usize = 100_000;
const DICTIONARY_BYTES: usize = 1 << 20;

/// The choice for one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    dictionary: bool,
    compress: bool,
}

impl Default for Choice {
    fn default() -> Self {
        Self { dictionary: true, compress: true }
    }
}

impl Choice {
    /// The choice for the chunks after one that was written with this choice.
    pub(super) fn learn(self, chunk: &ColumnChunkMetaData) -> Self {
        let dictionary = self.dictionary && kept_dictionary(chunk) && !packs_as_well(chunk);
        // Other bytes may compress otherwise.
        let same = dictionary == self.dictionary;
        let (before, after) = (chunk.uncompressed_size(), chunk.compressed_size());
        // Less than a tenth saved is not worth the reader's time either.
        let paid = after < before - before / 10;
        Self { dictionary, compress: self.compress && (paid || !same) }
    }
}

fn kept_dictionary(chunk: &ColumnChunkMetaData) -> bool {
    let dictionary =
        |encoding| matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
    let pages = chunk.page_encoding_stats().into_iter().flatten();
    pages
        .filter(|page| page.page_type != PageType::DICTIONARY_PAGE)
        .all(|page| dictionary(page.encoding))
}

/// Whether whole numbers, packed by their differences, take no more than a tenth above what
/// their dictionary took, at worst. Packing is many times faster.
fn packs_as_well(chunk: &ColumnChunkMetaData) -> bool {
    let range = match chunk.statistics() {
        Some(Statistics::Int32(s)) => {
            s.min_opt().zip(s.max_opt()).map(|(min, max)| max.abs_diff(*min).into())
        }
        Some(Statistics::Int64(s)) => {
            s.min_opt().zip(s.max_opt()).map(|(min, max)| max.abs_diff(*min))
        }
        _ => None,
    };
    let Some(range) = range else { return false };
    // A difference has a sign; each 32 of them have a byte for their width.
    let bits = u64::from(u64::BITS - range.leading_zeros() + 1).min(64) * 4 + 1;
    let packed = (chunk.num_values() as u64).saturating_mul(bits) / 32;
    packed <= chunk.compressed_size() as u64 / 10 * 11
}

pub(super) fn properties(
    descriptor: &SchemaDescriptor,
    choices: &[Choice],
) -> Result<WriterProperties, ParquetError> {
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
    for (column, choice) in descriptor.columns().iter().zip(choices) {
        let path = ColumnPath::new(column.path().parts().to_vec());
        // For columns whose dictionary grows too large. Keys and instants are close to their
        // neighbours; lengths apart from the text make both smaller, and faster to compress.
        let encoding = match column.physical_type() {
            PhysicalType::INT32 | PhysicalType::INT64 => Some(Encoding::DELTA_BINARY_PACKED),
            PhysicalType::BYTE_ARRAY => Some(Encoding::DELTA_LENGTH_BYTE_ARRAY),
            _ => None,
        };
        if let Some(encoding) = encoding {
            builder = builder.set_column_encoding(path.clone(), encoding);
        }
        if !choice.compress {
            builder = builder.set_column_compression(path.clone(), Compression::UNCOMPRESSED);
        }
        builder = builder.set_column_dictionary_enabled(path, choice.dictionary);
    }
    Ok(builder.build())
}
