//! A table's Delta log: reading its state, committing, checkpoints and cleaning up.
//!
//! delta-rs reads the log (JSON commits and every kind of checkpoint) and writes checkpoints.
//! Commit files are written here: the library's own builder refuses tables at writer version 2
//! to 6 without DataFusion, and its statistics go through doubles.

pub(crate) mod actions;
mod commit;
mod content;
mod copy;
mod deleted;
mod durable;
mod names;
pub(crate) mod newest;
mod protocol;
mod removals;
mod snapshot;
mod table;
mod vacuum;

pub(crate) use commit::{Change, REBASES};
pub(crate) use copy::CopyError;
pub(crate) use snapshot::{ActiveFile, Snapshot};
pub(crate) use table::{LogError, TableLog};
pub(crate) use vacuum::{Retention, State};
