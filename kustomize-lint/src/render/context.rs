//! What a rendering gathers.

use super::root::Root;
use crate::facts::{DuplicateKey, Fact, NotAnalysed, Problem, ProblemKind, Step, StepKind, What};
use crate::id::Id;
use crate::object::{Object, ObjectKey};
use crate::tree::{Files, Node, Place, StepId};

#[derive(Debug, Default)]
pub(crate) struct Context {
    pub(crate) files: Files,
    pub(crate) steps: Vec<Step>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) not_analysed: Vec<NotAnalysed>,
    pub(crate) duplicate_keys: Vec<DuplicateKey>,
    pub(crate) roots: Vec<Root>,
    pub(crate) identities: Vec<Id>,
    pub(crate) heads: Vec<Place>,
}

impl Context {
    pub(crate) fn problem(
        &mut self,
        kind: ProblemKind,
        place: Option<Place>,
        message: impl Into<String>,
    ) {
        self.problems.push(Problem { kind, place, message: message.into(), also: None });
    }

    pub(crate) fn step(&mut self, kind: StepKind, place: Place, content: Option<Place>) -> StepId {
        let id = StepId(self.steps.len() as u32);
        self.steps.push(Step { kind, place, content });
        id
    }

    pub(crate) fn fact(&mut self, step: StepId, place: Place, what: What) {
        self.facts.push(Fact { step, place, what });
    }

    /// Makes an object of a document.
    pub(crate) fn object(&mut self, node: Node) -> Object {
        let key = ObjectKey(self.identities.len() as u32);
        let source = node.origin.base;
        let object = Object::new(key, node, source);
        self.identities.push(object.original.clone());
        self.heads.push(object.head());
        object
    }
}
