//! Services of the generated Compose file, started for a test on the real parts that `make peers` installs.

pub mod directory;
pub mod generated;
pub mod metastore;
pub mod object_store;
pub mod postgres;
pub mod server;
pub mod trino;
