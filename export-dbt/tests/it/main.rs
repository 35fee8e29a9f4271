//! Runs the real `export-dbt` against real stores and reads its tables with other readers.
//!
//! The peers are LocalStack, dbt, and the readers: a Python with chdb, polars, deltalake, duckdb and
//! pyarrow.

mod compare;
mod concurrency;
mod dbt;
mod docs;
mod failures;
mod gate;
mod history;
mod interrupted;
mod kill;
#[cfg(target_os = "linux")]
mod kill_steps;
mod local;
mod memory;
mod partition_values;
mod partitions;
mod project;
mod prune;
mod readers;
mod refused;
mod replaced;
mod runs;
mod s3;
mod schema;
mod selection;
mod stats;
mod statuses;
mod support;
mod trino;
