//! The commands, one file each.

pub(crate) mod budget;
pub(crate) mod build;
pub(crate) mod lint;
pub(crate) mod rules;
