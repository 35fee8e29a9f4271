//! The containers of a pod.

use crate::tree::Node;

pub(crate) use common::kubernetes::Role;

/// A container of a pod.
pub(crate) type Container<'a> = common::kubernetes::Container<'a, Node>;
