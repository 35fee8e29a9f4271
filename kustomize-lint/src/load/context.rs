//! The state of a rendering.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::bases::Bases;
use super::options::Options;
use super::root::Root;
use crate::facts::{
    DuplicateKey, Effect, Fact, FactKind, NotAnalysed, Problem, ProblemKind, Step, StepKind,
};
use crate::id::Id;
use crate::object::{Object, ObjectKey};
use crate::schema::OpenApi;
use crate::tree::{Entry, Files, Node, Place, StepId, stays_a_key};

#[derive(Debug, Default)]
pub(crate) struct Context {
    pub(crate) files: Files,
    /// The steps, numbered across all renderings that share bases. The steps of a base that is included twice
    /// stand here twice.
    pub(crate) steps: Vec<(StepId, Step)>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) not_analysed: Vec<NotAnalysed>,
    pub(crate) duplicate_keys: Vec<DuplicateKey>,
    /// The places of the same keys.
    pub(crate) duplicate_places: BTreeSet<Place>,
    /// Bases that are known from before.
    pub(crate) bases: Bases,
    pub(crate) roots: Vec<Root>,
    pub(crate) identities: Vec<Arc<Id>>,
    pub(crate) heads: Vec<Place>,
    pub(crate) options: Options,
    /// Whether objects of the kustomization that is rendered now are unknown.
    pub(crate) is_incomplete: bool,
    /// The schema that a kustomization brings; the first one counts for the whole rendering.
    pub(crate) openapi: Option<Arc<OpenApi>>,
    /// Whether a kustomization has chosen the schema.
    pub(crate) has_schema: bool,
    /// Whether the outermost kustomization wants to know how objects were built.
    pub(crate) is_marking: bool,
    /// Whether it was said that there are too many kustomizations or objects.
    pub(crate) is_full: bool,
}

impl Context {
    pub(crate) fn problem(
        &mut self,
        kind: ProblemKind,
        place: Option<Place>,
        message: impl Into<String>,
    ) {
        self.problems.push(Problem {
            kind,
            place,
            message: message.into(),
            also: None,
            missing: None,
        });
    }

    /// A problem that is one only if no object is unknown: an object that a step needs is not there.
    pub(crate) fn absent(&mut self, kind: ProblemKind, place: Place, message: impl Into<String>) {
        if !self.is_incomplete {
            self.problem(kind, Some(place), message);
        }
    }

    /// Another place that explains the last problem.
    pub(crate) fn explain(&mut self, place: Place, label: &str) {
        if let Some(problem) = self.problems.last_mut() {
            problem.also = Some((place, label.to_owned()));
        }
    }

    /// Something that cannot be read.
    pub(crate) fn malformed(&mut self, place: Place, message: impl Into<String>) {
        self.problem(ProblemKind::Malformed, Some(place), message);
    }

    /// Reports keys that kustomize writes itself. It forgets their quotes, so that `"1"` becomes a number.
    pub(crate) fn refuse_keys(&mut self, entries: &[Entry]) {
        entries.iter().for_each(|entry| self.refuse_key(&entry.key, entry.value.place()));
    }

    /// Reports such a key.
    pub(crate) fn refuse_key(&mut self, key: &str, place: Place) {
        if !stays_a_key(key) {
            let message =
                format!("kustomize writes the key `{key}` without quotes, so it is no text");
            self.malformed(place, message);
        }
    }

    /// A value that is neither a list nor a mapping on the way to a field, which kustomize refuses.
    pub(crate) fn blocked(&mut self, path: &str, place: Option<Place>) {
        if let Some(place) = place {
            self.malformed(place, format!("`{path}` leads to this value, which has no fields"));
        }
    }

    /// Keys that stand twice, and whether the last of them counts.
    pub(crate) fn twice(&mut self, pairs: Vec<(Place, Place)>, last: bool) {
        let keys = pairs.into_iter();
        self.add_duplicates(
            keys.map(|(place, earlier)| DuplicateKey { place, earlier, last }).collect(),
        );
    }

    /// Adds keys that stand twice.
    pub(crate) fn add_duplicates(&mut self, keys: Vec<DuplicateKey>) {
        self.duplicate_places.extend(keys.iter().map(|key| key.place));
        self.duplicate_keys.extend(keys);
    }

    /// A part that is not rendered.
    pub(crate) fn not_analysed(&mut self, place: Place, name: impl Into<String>, effect: Effect) {
        self.is_incomplete |= effect == Effect::Objects;
        self.not_analysed.push(NotAnalysed { place, name: name.into(), effect });
    }

    pub(crate) fn step(&mut self, kind: StepKind, place: Place, content: Option<Place>) -> StepId {
        let id = self.bases.next_step();
        self.steps.push((id, Step { kind, place, content }));
        id
    }

    pub(crate) fn fact(&mut self, step: StepId, place: Place, kind: FactKind) {
        self.facts.push(Fact { step, place, kind });
    }

    /// Makes an object of a document.
    pub(crate) fn object(&mut self, node: Node) -> Object {
        let key = ObjectKey(self.identities.len() as u32);
        let source = node.origin.base;
        let object = Object::new(key, node, source);
        self.identities.push(Arc::clone(&object.original));
        self.heads.push(object.head());
        object
    }
}
