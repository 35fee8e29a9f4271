//! A rendered root as the rules look at it.

use std::cell::{Cell, OnceCell};

use common::kubernetes::effective;

use super::index::{Index, is_cluster_wide};
use crate::config::{Environment, Settings};
use crate::facts::{Effect, Fact};
use crate::kustomization::{Patch, Selector, Spot};
use crate::load::Root;
use crate::object::Object;
use crate::parity::Compose;
use crate::render::Rendering;
use crate::tree::{Files, Node, Place};
use crate::view::{Container, Custom, Keys, Provided, Renamed, Workload};

/// One root and what it renders to.
pub(crate) struct Overlay<'a> {
    /// Its folder as a user would write it.
    pub(crate) name: String,
    pub(crate) rendering: Rendering,
    /// The facts of the configuration, or the specification, on its environment.
    pub(crate) environment: Option<Environment>,
    pub(crate) settings: &'a Settings,
    /// Every file that was read.
    pub(crate) files: &'a Files,
    /// The Compose project to compare with.
    pub(crate) compose: Option<&'a Compose<'a>>,
    index: Index,
    custom: OnceCell<Custom>,
    provided: OnceCell<Provided>,
    renamed: OnceCell<Renamed>,
    /// Whether a rule could not tell that something is absent.
    is_uncertain: Cell<bool>,
}

impl<'a> Overlay<'a> {
    pub(crate) fn new(
        name: String,
        rendering: Rendering,
        settings: &'a Settings,
        files: &'a Files,
        compose: Option<&'a Compose<'a>>,
    ) -> Self {
        let index = Index::of(&rendering.objects);
        let environment =
            rendering.roots.first().and_then(|root| settings.environment(&root.canonical));
        Overlay {
            name,
            rendering,
            environment,
            settings,
            files,
            compose,
            index,
            custom: OnceCell::new(),
            provided: OnceCell::new(),
            renamed: OnceCell::new(),
            is_uncertain: Cell::new(false),
        }
    }

    /// Its own kustomization.
    pub(crate) fn root(&self) -> Option<&Root> {
        self.rendering.roots.first()
    }

    /// The place of its kustomization file, for what concerns the overlay as a whole.
    pub(crate) fn place(&self) -> Option<Place> {
        self.root().map(|root| Place { file: root.file, start: 0, end: 0 })
    }

    /// The entry of a list of patches at this place.
    fn patch(&self, place: Place) -> Option<&Patch> {
        let root = self.rendering.roots.iter().find(|root| root.file == place.file)?;
        let lists = [&root.kustomization.patches, &root.kustomization.patches_json6902];
        lists.into_iter().flatten().find(|patch| patch.place == place)
    }

    /// The `target` of the patch that a fact is about.
    pub(crate) fn target(&self, fact: &Fact) -> Option<&Spot<Selector>> {
        self.patch(self.rendering.step(fact.step).place)?.target.as_ref()
    }

    pub(crate) fn objects(&self) -> &[Object] {
        &self.rendering.objects
    }

    /// The tree of every object.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> + Clone {
        self.objects().iter().map(|object| &object.node)
    }

    /// The object of a tree.
    pub(crate) fn object_of(&self, node: &Node) -> Option<&Object> {
        self.objects().iter().find(|object| std::ptr::eq(&object.node, node))
    }

    /// The objects of a kind, whatever their group.
    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Object> {
        self.index.of_kind(kind).iter().map(|at| &self.rendering.objects[*at])
    }

    /// The object of a kind and name in a namespace. No namespace is `default`; for kinds of
    /// the whole cluster the namespace does not count.
    pub(crate) fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Object> {
        let named = self.index.named(kind, name).iter().map(|at| &self.rendering.objects[*at]);
        let namespace = effective(namespace);
        named
            .into_iter()
            .find(|object| effective(object.namespace()) == namespace || is_cluster_wide(object))
    }

    /// An object of the kind and name, in whatever namespace.
    pub(crate) fn elsewhere(&self, kind: &str, name: &str) -> Option<&Object> {
        self.index.named(kind, name).first().map(|at| &self.rendering.objects[*at])
    }

    /// Whether the object is there, is made by one that is there, or is declared to be there
    /// from elsewhere.
    pub(crate) fn provides(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.find(kind, namespace, name).is_some()
            || self.provided().makes(kind, namespace, name)
            || self.settings.is_external(kind, namespace, name)
    }

    /// Whether the object is certainly not there when the overlay is applied: nothing provides
    /// it, no part of the overlay is unknown, no custom resource looks as if its operator would
    /// make it, and the namespace is one that the overlay fills.
    pub(crate) fn lacks(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let namespace = effective(namespace);
        !(self.is_incomplete()
            || namespace.starts_with("kube-")
            || !self.index.has_namespace(namespace)
            || self.provides(kind, namespace, name)
            || self.custom().may_make(namespace, name))
    }

    /// The same for an object of the whole cluster.
    pub(crate) fn lacks_everywhere(&self, kind: &str, name: &str) -> bool {
        !(self.is_incomplete()
            || self.provides(kind, "", name)
            || self.custom().may_make_anywhere(name))
    }

    /// [`Self::lacks`], where the name is not one that a prefix has left behind: KR012 says so.
    pub(crate) fn misses(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.renamed().find(kind, namespace, name).is_none() && self.lacks(kind, namespace, name)
    }

    /// The objects that custom resources may make.
    pub(crate) fn custom(&self) -> &Custom {
        self.custom.get_or_init(|| Custom::of(self.objects()))
    }

    /// Every ConfigMap and Secret, with its keys.
    pub(crate) fn provided(&self) -> &Provided {
        self.provided.get_or_init(|| Provided::of(self.nodes()))
    }

    /// Where the object that says these keys stands.
    pub(crate) fn place_of(&self, keys: &Keys) -> Place {
        let object = &self.objects()[keys.by];
        let place = object.generator.is_none().then(|| object.name_place());
        self.files.first_line(place.unwrap_or(object.source))
    }

    /// The objects whose name differs from the written name.
    pub(crate) fn renamed(&self) -> &Renamed {
        self.renamed.get_or_init(|| {
            Renamed::of(self.objects(), &|kind, namespace, name| {
                self.provides(kind, namespace, name)
            })
        })
    }

    /// The name that is nearest to one that is not there, as it was written.
    pub(crate) fn near(&self, kind: &str, namespace: &str, name: &str) -> Option<&str> {
        // Enough for what a person can mean, and bounded for what a program has made.
        const CANDIDATES: usize = 500;
        let namespace = effective(namespace);
        let candidates = self
            .of_kind(kind)
            .take(CANDIDATES)
            .filter(|object| effective(object.namespace()) == namespace || is_cluster_wide(object));
        let names = candidates.map(|object| match object.generator {
            Some(_) => object.original.name.as_str(),
            None => object.name(),
        });
        common::diagnostic::nearest(name, names.filter(|other| *other != name))
    }

    /// A hint for a name that is not there: the name that is meant, or else what to do.
    pub(crate) fn meant(&self, kind: &str, namespace: &str, name: &str, otherwise: &str) -> String {
        match self.near(kind, namespace, name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => otherwise.to_owned(),
        }
    }

    /// The objects that make pods.
    pub(crate) fn workloads(&self) -> Vec<Workload<'_>> {
        self.objects().iter().filter_map(Workload::of).collect()
    }

    /// The containers of everything that makes pods.
    pub(crate) fn containers(&self) -> impl Iterator<Item = (Workload<'_>, Container<'_>)> {
        let workloads = self.objects().iter().filter_map(Workload::of);
        workloads.flat_map(|workload| {
            workload.containers().into_iter().map(move |container| (workload, container))
        })
    }

    /// Whether parts of it are unknown, so that what is not there may be in those.
    pub(crate) fn is_incomplete(&self) -> bool {
        // The objects of a component are those of the kustomizations that include it.
        let is_component =
            self.rendering.roots.first().is_some_and(|root| root.kustomization.component);
        let unknown =
            is_component || self.leaves_out(Effect::Objects) || !self.rendering.problems.is_empty();
        self.is_uncertain.set(self.is_uncertain.get() || unknown);
        unknown
    }

    /// Whether a rule has asked since the last call what is absent, and could not be told.
    pub(super) fn take_uncertain(&self) -> bool {
        self.is_uncertain.replace(false)
    }

    /// Whether it is unknown which fields its steps change and how.
    pub(crate) fn has_unknown_fields(&self) -> bool {
        self.leaves_out(Effect::Fields)
    }

    fn leaves_out(&self, effect: Effect) -> bool {
        self.rendering.not_analysed.iter().any(|part| part.effect == effect)
    }
}
