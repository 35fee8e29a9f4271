//! Monitoring on its real parts: promtool and amtool over the configuration, the collector with it, and an
//! alert's way from a target that is down to the receiver's log.

mod alerts;
mod backend;
mod collector;
mod configuration;
mod engine_logs;
mod exporters;
mod images;
mod kubelet_logs;
mod logs;
mod program;
mod shape;

pub(crate) use collector::{Collector, prometheus};
pub(crate) use program::get;
