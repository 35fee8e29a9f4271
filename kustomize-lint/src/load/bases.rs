//! The bases of a run that several kustomizations share, with everything that each has added to a rendering.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bound::Bound;
use super::root::Root;
use crate::facts::{DuplicateKey, Fact, NotAnalysed, Problem, Step};
use crate::id::Id;
use crate::object::Object;
use crate::schema::Config;
use crate::tree::{Place, StepId};

/// The canonical folder, and the folder as messages show it.
type Name = (PathBuf, PathBuf);

/// The bases of renderings with the same options and the same table of files.
#[derive(Debug, Default)]
pub(crate) struct Bases {
    /// How often each folder is included, where that is known.
    expected: Option<HashMap<PathBuf, usize>>,
    pub(crate) known: HashMap<Name, Rendered>,
    /// Whether they are those of one root.
    is_of_one_root: bool,
    /// The number of steps in all renderings.
    steps: u32,
    /// The number of bases that were rendered.
    pub(crate) rendered: usize,
    /// The number of bases that were copied instead.
    pub(crate) copied: usize,
}

/// Everything that a base adds to a rendering.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    /// The number of its first object in the rendering that it comes from.
    pub(crate) first_object: usize,
    pub(crate) objects: Vec<Object>,
    pub(crate) vars: Vec<Bound>,
    pub(crate) config: Option<Arc<Config>>,
    pub(crate) is_incomplete: bool,
    pub(crate) steps: Vec<(StepId, Step)>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) not_analysed: Vec<NotAnalysed>,
    pub(crate) duplicate_keys: Vec<DuplicateKey>,
    pub(crate) roots: Vec<Root>,
    pub(crate) identities: Vec<Arc<Id>>,
    pub(crate) heads: Vec<Place>,
}

impl Bases {
    /// Bases with the number of times that each folder is included; a folder outside the list may be included
    /// any number of times.
    pub(crate) fn expecting(expected: HashMap<PathBuf, usize>) -> Self {
        Bases { expected: Some(expected), ..Bases::default() }
    }

    /// The number of a new step.
    pub(super) fn next_step(&mut self) -> StepId {
        self.steps += 1;
        StepId(self.steps)
    }

    /// Bases of one root.
    pub(crate) fn of_one_root() -> Self {
        Bases { is_of_one_root: true, ..Bases::default() }
    }

    /// Forgets the bases of a root that has all its objects, unless other roots may include them.
    pub(crate) fn finish_root(&mut self) {
        if self.is_of_one_root {
            self.known.clear();
        }
    }

    /// The known base: the only copy, when no other kustomization will include the folder.
    pub(crate) fn take(&mut self, name: &Name) -> Option<Rendered> {
        if self.is_shared(&name.0) {
            self.known.get(name).cloned()
        } else {
            self.known.remove(name)
        }
    }

    /// Whether another kustomization will include the folder.
    pub(crate) fn is_shared(&self, folder: &Path) -> bool {
        let expected = self.expected.as_ref();
        expected.and_then(|all| all.get(folder)).is_none_or(|count| *count > 0)
    }

    /// Counts one inclusion of a folder.
    pub(crate) fn include(&mut self, folder: &Path) {
        let left = self.expected.as_mut().and_then(|all| all.get_mut(folder));
        if let Some(left) = left {
            *left = left.saturating_sub(1);
        }
    }
}
