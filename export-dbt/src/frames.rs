//! Long values that DuckDB has packed with zstd: 2,048 of them are one frame, and a scan unpacks a frame into one buffer,
//! outside its limit, whichever row is asked for.

use common::diagnostic::Diagnostic;
use common::quantity;
use duckdb::{Connection, OptionalExt};

use crate::budget::Budget;
use crate::catalog::Relation;
use crate::source::literal;

/// The largest frame of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) column: String,
    /// Its bytes when it is unpacked.
    pub(crate) bytes: u64,
}

/// Looks in the segments' statistics, which need no scan. Files of DuckDB 1 know no sum of the lengths: the longest value
/// then counts for all.
pub(crate) fn largest(
    connection: &Connection,
    relation: &Relation,
) -> duckdb::Result<Option<Frame>> {
    if relation.is_view {
        return Ok(None);
    }
    let number = |key: &str| format!("TRY_CAST(variant_extract(stats, '{key}') AS DOUBLE)");
    let sql = format!(
        "SELECT column_name, max(CAST(least(count, 2048) * value AS BIGINT)) AS bytes FROM (\
         SELECT column_name, count, coalesce({} / count, {}) AS value FROM pragma_storage_info({}) \
         WHERE compression = 'ZSTD' AND count > 0) WHERE value IS NOT NULL GROUP BY ALL ORDER BY 2 DESC LIMIT 1",
        number("total_string_length"),
        number("max_string_length"),
        literal(&relation.sql_name()),
    );
    let read = |row: &duckdb::Row| {
        let bytes: i64 = row.get(1)?;
        Ok(Frame { column: row.get(0)?, bytes: bytes.max(0) as u64 })
    };
    connection.query_row(&sql, [], read).optional()
}

impl Frame {
    /// A warning when the frame takes the process beyond its limit.
    pub(crate) fn warning(&self, budget: &Budget) -> Option<Diagnostic> {
        let whole = budget.beyond(self.bytes)?;
        let message = format!(
            "column {:?}: DuckDB has packed its long values with zstd, and unpacks {} at a time; reading them takes about \
             {}, more than --memory-limit",
            self.column,
            quantity::show(self.bytes),
            quantity::show(whole),
        );
        let hint = "give the process that much memory, or build the table with \
                    disabled_compression_methods: zstd in the settings of dbt's profile";
        Some(Diagnostic::warning("packed-values", message).hint(hint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// The largest frame of a table of long texts in a file.
    fn frame(rows: u64, bytes: u64, settings: &str) -> Option<Frame> {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("t.duckdb")).unwrap();
        let sql = format!(
            "{settings}; CREATE TABLE \"a b\" AS SELECT i, repeat(md5(i::varchar), {}) AS \"Doc\" FROM range({rows}) t(i); CHECKPOINT",
            bytes / 32
        );
        connection.execute_batch(&sql).unwrap();
        let relation = Relation {
            database: "t".into(),
            schema: "main".into(),
            layer: "main".into(),
            name: "a b".into(),
            is_view: false,
            comment: None,
            estimated_rows: rows,
        };
        largest(&connection, &relation).unwrap()
    }

    #[test]
    fn a_frame_has_2048_values() {
        let found = frame(2500, 16384, "").unwrap();
        assert_eq!(found, Frame { column: "Doc".into(), bytes: 2048 * 16384 });
        assert_eq!(frame(100, 16384, "").unwrap().bytes, 100 * 16384);
    }

    #[test]
    fn short_and_unpacked_values_have_no_frame() {
        assert_eq!(frame(2500, 64, ""), None);
        assert_eq!(frame(600, 65536, "SET disabled_compression_methods = 'zstd'"), None);
    }

    #[test]
    fn a_frame_beyond_the_limit_is_warned_of() {
        let warns = |limit: u64, bytes: u64| {
            let budget = Budget::new(limit * MIB, 2, 2, 256 * MIB).unwrap();
            Frame { column: "doc".into(), bytes: bytes * MIB }.warning(&budget).is_some()
        };
        assert!(warns(384, 512) && !warns(1024, 512));
        assert!(!warns(384, 128));
    }
}
