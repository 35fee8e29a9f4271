//! The command line of `compare`. The doc comments are the help.

use std::time::Duration;

use clap::Args;
use common::cli::Format;
use common::duration;

use super::rules::{ColumnRule, KeyRule, ToleranceRule};
use crate::catalog::Attached;
use crate::cli::{Choice, S3};
use crate::units::parse_size;

const AFTER_HELP: &str = "\
Sides:
  rideshare.duckdb                                 a DuckDB database
  s3://rideshare-{layer}/{table}                   Delta tables, as --target of an export names them
  /data/lake, s3://lake/gold/fct_trips             a folder of layers, or one Delta table
  https://trino:8443/delta/{layer}/{table}         Trino: catalog, schema and table; without them as here

Examples:
  export-dbt compare rideshare.duckdb 's3://rideshare-{layer}/{table}'
  export-dbt compare rideshare.duckdb http://trino:8080 --layer gold
  export-dbt compare rideshare.duckdb 's3://gold/spark/{table}' --manifest target/manifest.json --select tag:both
  export-dbt compare old.duckdb new.duckdb --key fct_trips=trip_id --tolerance 'fare=0.01' --ignore-column loaded_at

Exit status:
  0    every table is the same on both sides
  1    at least one table differs, or is missing on the right
  2    wrong usage or input, or a table cannot be compared
  3    a side cannot be reached, or the deadline has passed
  130  interrupted (143: terminated)";

/// Compare tables of a DuckDB database with Delta tables, with Trino, or with another database, value by value.
///
/// The order of rows never matters. Rows are paired by a key, or counted as a multiset without one. Values are
/// equal or not; only --tolerance allows a difference. NaN is NaN, 0.0 is -0.0, NULL is NULL.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Compare {
    /// The side that says which tables are compared.
    pub(crate) left: String,

    /// The side that it is compared with.
    pub(crate) right: String,

    #[command(flatten)]
    pub(crate) choice: Choice,

    /// Another database, attached read-only to the left one under this name; may be repeated.
    #[arg(long, value_name = "ALIAS=PATH")]
    pub(crate) attach: Vec<Attached>,

    /// Columns that tell rows apart, of the tables that have them or of those that match; may be repeated. Default:
    /// the column of a `unique` test in the manifest.
    #[arg(long, value_name = "[TABLE=]COLUMN[,COLUMN]")]
    pub(crate) key: Vec<KeyRule>,

    /// How far values of a column may differ: 0.01, 1e-9, 0.1% of the larger one, or 1ms for times; needs a key;
    /// may be repeated.
    #[arg(long, value_name = "[TABLE.]COLUMN=LIMIT")]
    pub(crate) tolerance: Vec<ToleranceRule>,

    /// A column that may differ, such as the time of a load; may be repeated.
    #[arg(long = "ignore-column", value_name = "[TABLE.]COLUMN")]
    pub(crate) ignored: Vec<ColumnRule>,

    /// Do not report columns whose types differ but hold the same values, such as integers of other widths. Beside a
    /// DOUBLE, numbers are compared as DOUBLE.
    #[arg(long)]
    pub(crate) ignore_types: bool,

    /// Differing rows to show of each kind: changed, only left, only right.
    #[arg(long, value_name = "N", default_value = "5")]
    pub(crate) rows: u32,

    /// Memory of DuckDB, which compares the rows; more of them go to a folder below TMPDIR.
    #[arg(long, value_name = "SIZE", env = "EXPORT_MEMORY_LIMIT", default_value = "384MiB", value_parser = parse_size)]
    pub(crate) memory_limit: u64,

    #[command(flatten)]
    pub(crate) s3: S3,

    /// User in Trino.
    #[arg(long, value_name = "NAME", env = "TRINO_USER", default_value = "export-dbt")]
    pub(crate) trino_user: String,

    /// Print the result as a table or as JSON, which is described in schema/compare.schema.json.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,

    /// Give up after this long in all.
    #[arg(long, value_name = duration::METAVAR, env = "EXPORT_TIMEOUT", value_parser = duration::timeout)]
    pub(crate) timeout: Option<Duration>,
}
