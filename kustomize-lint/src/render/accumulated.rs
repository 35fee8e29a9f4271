//! Objects on their way through the kustomizations.

use super::context::Context;
use crate::facts::ProblemKind;
use crate::kustomization::Var;
use crate::object::Object;
use crate::objects::Objects;

/// Objects on their way, with what waits until the end.
#[derive(Debug, Default)]
pub(crate) struct Accumulated {
    pub(crate) objects: Objects,
    pub(crate) vars: Vec<Var>,
}

/// Adds an object, or reports that another has its identity.
pub(crate) fn add(objects: &mut Objects, object: Object, context: &mut Context) {
    if let Err(refused) = objects.push(object) {
        let (object, at) = *refused;
        let message = format!("{object} is there already");
        context.problem(ProblemKind::Build, Some(object.source), message);
        context.explain(objects.list[at].source, "the first");
    }
}
