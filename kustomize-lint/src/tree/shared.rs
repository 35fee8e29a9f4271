//! Values that several trees may share.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A value whose copies are one in memory until one of them is changed.
#[derive(Clone, Debug)]
pub struct Shared<T>(Arc<T>);

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Shared(Arc::new(value))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Separates the value from its copies.
impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<T> Shared<T> {
    /// Whether both are one in memory.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The value, to change, when it has no copies.
    pub(super) fn alone(&mut self) -> Option<&mut T> {
        Arc::get_mut(&mut self.0)
    }
}
