//! The objects of one kustomization, in order, and found by name.

use std::collections::HashMap;

use crate::id::Id;
use crate::object::Object;

/// A list of objects with an index of every name they have, or had.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    pub(crate) list: Vec<Object>,
    /// Positions by present and previous names. A position may be listed without need: who
    /// looks up compares the identity.
    names: HashMap<String, Vec<usize>>,
}

impl Objects {
    /// Adds an object.
    ///
    /// # Errors
    /// The object that already has this identity.
    pub(crate) fn push(&mut self, object: Object) -> Result<(), Box<(Object, usize)>> {
        let id = object.id();
        if let Some(at) = self.current(&id) {
            return Err(Box::new((object, at)));
        }
        self.list.push(object);
        self.refresh(self.list.len() - 1);
        Ok(())
    }

    /// Brings the index up to date after names have changed or objects have gone.
    pub(crate) fn reindex(&mut self) {
        self.names.clear();
        (0..self.list.len()).for_each(|at| self.refresh(at));
    }

    /// Adds the names of one object that is new or has changed.
    pub(crate) fn refresh(&mut self, at: usize) {
        let object = &self.list[at];
        let former = object.previous.iter().chain([&object.original]).map(|id| id.name.as_str());
        for name in former.chain([object.name()]) {
            let positions = self.names.entry(name.to_owned()).or_default();
            // In order, as the objects are: who looks up goes through them in that order.
            if let Err(slot) = positions.binary_search(&at) {
                positions.insert(slot, at);
            }
        }
    }

    /// Keeps what `keep` says.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Object) -> bool) {
        let before = self.list.len();
        self.list.retain(keep);
        if self.list.len() != before {
            self.reindex();
        }
    }

    /// Positions of the objects that have, or had, the name.
    pub(crate) fn named(&self, name: &str) -> &[usize] {
        self.names.get(name).map_or(&[], Vec::as_slice)
    }

    /// The object with this identity now.
    pub(crate) fn current(&self, id: &Id) -> Option<usize> {
        self.named(&id.name).iter().copied().find(|at| self.list[*at].id().matches(id))
    }

    /// The objects that have, or had, this identity.
    pub(crate) fn any(&self, id: &Id) -> Vec<usize> {
        let fits = |at: &usize| self.list[*at].ids().any(|candidate| candidate.matches(id));
        self.named(&id.name).iter().copied().filter(fits).collect()
    }
}
