//! The commands of a developer's day: look at logs, start pods again, take a change back, stop and
//! start the whole cluster, reach a Service.

pub(crate) mod diff;
pub(crate) mod forward;
pub(crate) mod logs;
pub(crate) mod power;
pub(crate) mod restart;
pub(crate) mod rollback;
mod select;
