//! The input of the model, and the report of its mistakes. The parts of a service are built beside
//! their types.

use common::catalogue::Catalogue;

use super::reporter::Reporter;
use crate::spec::Spec;
use crate::spec::types::Document;

/// A document under way to the model.
pub(super) struct Builder<'a> {
    pub(super) spec: &'a Spec,
    pub(super) document: &'a Document,
    pub(super) say: Reporter<'a>,
}

impl Builder<'_> {
    pub(super) fn catalogue(&self) -> &Catalogue {
        &self.spec.catalogue
    }
}
