//! A table's Delta log: reading its state, committing, checkpoints and cleaning up.
//!
//! delta-rs reads the log (JSON commits and every kind of checkpoint) and writes checkpoints.
//! Commit files are written here: the library's own builder refuses tables at writer version 2
//! to 6 without DataFusion, and its statistics go through doubles.

pub mod actions;
mod commit;
mod durable;
mod protocol;
mod snapshot;
mod table;
mod vacuum;

pub use commit::{Change, Committed};
pub use protocol::ProtocolError;
pub use snapshot::Snapshot;
pub use table::{LogError, TableLog};
pub use vacuum::{Cleaned, Retention};
