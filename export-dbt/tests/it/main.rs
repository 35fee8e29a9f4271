//! Runs the real `export-dbt` against real stores and reads its tables with other readers.
//!
//! The peers come from the environment: `READERS_PYTHON`, a Python with chdb, polars, deltalake,
//! duckdb and pyarrow; `LOCALSTACK_VENV`, a virtual environment with LocalStack. A missing peer
//! is a failure, as a skipped comparison proves nothing.

mod concurrency;
mod dbt;
mod docs;
mod failures;
mod history;
mod kill;
mod local;
mod localstack;
mod proxy;
mod readers;
mod s3;
mod schema;
mod stats;
mod support;
mod trino;
