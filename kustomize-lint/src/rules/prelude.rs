//! The imports of nearly every rule.

pub(super) use common::diagnostic::nearest;
pub(super) use common::kubernetes::effective;

pub(super) use super::entry::{Check, rule};
pub(super) use crate::finding::Findings;
pub(super) use crate::lint::{Overlay, Run};
pub(super) use crate::object::{Object, group};
pub(super) use crate::tree::{Node, Place};
pub(super) use crate::view::Workload;
