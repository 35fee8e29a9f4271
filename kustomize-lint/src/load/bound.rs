//! Vars with the objects that they mean.

use crate::kustomization::Var;
use crate::object::ObjectKey;

/// A var, with the object that it means in the kustomization that defines it.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) var: Var,
    pub(crate) object: Option<ObjectKey>,
}
