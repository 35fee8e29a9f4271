//! Objects on their way through the kustomizations.

use std::sync::Arc;

use super::bound::Bound;
use super::context::Context;
use crate::facts::ProblemKind;
use crate::object::Object;
use crate::objects::Objects;
use crate::schema::{Config, DEFAULT};

/// Objects on their way, with what waits until the end.
#[derive(Debug, Default)]
pub(crate) struct Accumulated {
    pub(crate) objects: Objects,
    pub(crate) vars: Vec<Bound>,
    /// The fields that transformers change: the defaults, and those of the kustomization and its bases.
    /// `None` until a base or the kustomization itself has set them.
    pub(crate) config: Option<Arc<Config>>,
    /// Whether there may be more objects, which are unknown here.
    pub(crate) is_incomplete: bool,
}

impl Accumulated {
    /// The fields that transformers change.
    pub(crate) fn config(&self) -> Arc<Config> {
        Arc::clone(self.config.as_ref().unwrap_or(&DEFAULT))
    }
}

/// Adds an object, or reports that another has its identity.
pub(crate) fn add(objects: &mut Objects, object: Object, context: &mut Context) {
    if let Err(refused) = objects.push(object) {
        let (object, at) = *refused;
        let message = format!("{object} already exists");
        context.problem(ProblemKind::Build, Some(object.source), message);
        context.explain(objects.list[at].source, "the first");
    }
}
