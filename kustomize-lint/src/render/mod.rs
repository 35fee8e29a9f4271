//! From a folder to its objects, and everything that happened on the way.

mod accumulate;
mod bases;
mod charts;
mod config;
mod configurations;
mod order;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use crate::facts::{DuplicateKey, Fact, NotAnalysed, Problem, Step};
use crate::id::Id;
use crate::load::{Accumulated, Bases, Context, Folder, marks};
use crate::object::{Object, ObjectKey};
use crate::tree::{Files, Node, Place, StepId};
use crate::{facts, transform};

pub use crate::load::{Options, Restriction, Root};

/// The outcome of [`render`].
#[derive(Debug)]
pub struct Rendering {
    /// The objects, in the order in which they are printed. When there are problems, whatever
    /// could be rendered in spite of them.
    pub objects: Vec<Object>,
    /// Problems that keep the kustomization from being built; empty when kustomize would build it.
    pub problems: Vec<Problem>,
    /// The record of each step, in the order of application. A base that is included twice has its facts
    /// twice.
    pub facts: Vec<Fact>,
    /// Parts that are unknown here.
    pub not_analysed: Vec<NotAnalysed>,
    /// Keys that stand twice.
    pub duplicate_keys: Vec<DuplicateKey>,
    /// The kustomization that was asked for, and everything it includes.
    pub roots: Vec<Root>,
    steps: BTreeMap<StepId, Step>,
    identities: Vec<Arc<Id>>,
    heads: Vec<Place>,
    by_key: HashMap<ObjectKey, usize>,
}

impl Rendering {
    /// The step.
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[&id]
    }

    /// The object with this handle, unless it was deleted.
    pub fn object(&self, key: ObjectKey) -> Option<&Object> {
        self.by_key.get(&key).map(|at| &self.objects[*at])
    }

    /// The identity of an object when it was read or generated; also of objects that were deleted.
    pub fn identity(&self, key: ObjectKey) -> &Id {
        &self.identities[key.0 as usize]
    }

    /// Where the object's name stood first; also of objects that were deleted.
    pub fn head(&self, key: ObjectKey) -> Place {
        self.heads[key.0 as usize]
    }

    /// The facts of a kind of step.
    pub fn facts_of(&self, kind: facts::StepKind) -> impl Iterator<Item = &Fact> {
        self.facts.iter().filter(move |fact| self.step(fact.step).kind == kind)
    }
}

/// Renders the kustomization in the folder `path`, as `kubectl kustomize` does. Every file that is
/// read is added to `files`, which several renderings may share.
///
/// Never fails as a whole: the errors of a build with kustomize are in
/// [`Rendering::problems`], and the rest is rendered as far as that makes sense.
pub fn render(path: &Path, files: &mut Files) -> Rendering {
    render_with(path, &Options::default(), files)
}

/// [`render`], with options.
pub fn render_with(path: &Path, options: &Options, files: &mut Files) -> Rendering {
    render_sharing(path, options, files, &mut Bases::of_one_root())
}

/// [`render_with`], with the bases of other renderings that have the same options and files.
pub(crate) fn render_sharing(
    path: &Path,
    options: &Options,
    files: &mut Files,
    bases: &mut Bases,
) -> Rendering {
    let mut context = Context {
        files: std::mem::take(files),
        bases: std::mem::take(bases),
        options: options.clone(),
        ..Context::default()
    };
    let mut objects = Vec::new();
    if let Some(folder) = Folder::root(path, &mut context) {
        let mut done = accumulate::accumulate(&folder, Accumulated::default(), &mut context);
        context.is_incomplete = done.is_incomplete;
        context.bases.finish_root();
        transform::hash::apply(&mut done.objects, &mut context);
        let config = done.config();
        transform::names::apply(&mut done.objects, &config, &mut context);
        transform::vars::apply(&mut done, &mut context);
        transform::drop_local(&mut done.objects);
        done.objects.list.iter_mut().for_each(Object::drop_internal);
        if let Some(root) = context.roots.first() {
            let options = root.kustomization.build_metadata.clone();
            marks::print(&options, &mut done.objects, &mut context);
        }
        transform::print(&mut done.objects, &context.files);
        objects = done.objects.list;
        for object in &objects {
            let metadata = object.node.entries_at(&["metadata"]);
            // Annotations are always text.
            let metadata = metadata.iter().filter(|entry| entry.key != "annotations");
            let rest = object.node.entries().iter().filter(|entry| entry.key != "metadata");
            rest.chain(metadata).for_each(|entry| refuse_endless(&entry.value, &mut context));
            transform::unreadable::refuse(&object.node, &mut context);
            context.refuse_keys(object.annotations());
        }
        // Outermost first in the list of roots.
        if let Some(root) = context.roots.first() {
            order::apply(&mut objects, &root.kustomization.order);
        }
    }
    (*files, *bases) = (context.files, context.bases);
    let by_key = objects.iter().enumerate().map(|(at, object)| (object.key, at)).collect();
    Rendering {
        by_key,
        objects,
        problems: context.problems,
        facts: context.facts,
        not_analysed: context.not_analysed,
        duplicate_keys: context.duplicate_keys,
        roots: context.roots,
        steps: context.steps.into_iter().collect(),
        identities: context.identities,
        heads: context.heads,
    }
}

/// Reports numbers that cannot be printed.
fn refuse_endless(node: &Node, context: &mut Context) {
    node.each_scalar(&mut |node, scalar| {
        if scalar.is_endless() {
            let message = "JSON has no such number; put quotes around it if it is text";
            context.malformed(node.place(), message);
        }
    });
}
