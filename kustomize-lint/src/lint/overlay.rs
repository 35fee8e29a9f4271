//! A rendered root as the rules look at it.

use std::collections::HashMap;

use crate::config::{Environment, Settings};
use crate::kustomization::Patch;
use crate::object::Object;
use crate::render::{Rendering, Root};
use crate::tree::{Files, Place};
use crate::view::Workload;

/// One root and what it renders to.
pub(crate) struct Overlay<'a> {
    /// Its folder as a user would write it.
    pub(crate) name: String,
    /// What it renders to.
    pub(crate) rendering: Rendering,
    /// What the configuration, or the specification, says about where it runs.
    pub(crate) environment: Option<Environment>,
    /// The settings of the run.
    pub(crate) settings: &'a Settings,
    /// Every file that was read.
    pub(crate) files: &'a Files,
    by_kind: HashMap<String, Vec<usize>>,
}

impl<'a> Overlay<'a> {
    pub(crate) fn new(
        name: String,
        rendering: Rendering,
        settings: &'a Settings,
        files: &'a Files,
    ) -> Self {
        let mut by_kind: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, object) in rendering.objects.iter().enumerate() {
            by_kind.entry(object.kind().to_owned()).or_default().push(at);
        }
        let environment =
            rendering.roots.first().and_then(|root| settings.environment(&root.canonical));
        Overlay { name, rendering, environment, settings, files, by_kind }
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
    pub(crate) fn patch(&self, place: Place) -> Option<&Patch> {
        let root = self.rendering.roots.iter().find(|root| root.file == place.file)?;
        let lists = [&root.kustomization.patches, &root.kustomization.patches_json6902];
        lists.into_iter().flatten().find(|patch| patch.place == place)
    }

    /// Every object.
    pub(crate) fn objects(&self) -> &[Object] {
        &self.rendering.objects
    }

    /// The objects of a kind, whatever their group.
    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Object> {
        let positions = self.by_kind.get(kind).map_or(&[][..], Vec::as_slice);
        positions.iter().map(|at| &self.rendering.objects[*at])
    }

    /// The object of a kind and name in a namespace. No namespace is `default`; for kinds of
    /// the whole cluster the namespace does not count.
    pub(crate) fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Object> {
        self.of_kind(kind).find(|object| {
            object.name() == name
                && (!object.id().is_namespaced()
                    || effective(object.namespace()) == effective(namespace))
        })
    }

    /// Whether the object is there, or declared to be there from elsewhere.
    pub(crate) fn provides(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.find(kind, namespace, name).is_some()
            || self.settings.is_external(kind, namespace, name)
    }

    /// Everything that makes pods.
    pub(crate) fn workloads(&self) -> Vec<Workload<'_>> {
        self.objects().iter().filter_map(Workload::of).collect()
    }

    /// Whether parts of it are unknown, so that what is not there may be in those.
    pub(crate) fn is_incomplete(&self) -> bool {
        !self.rendering.not_analysed.is_empty() || !self.rendering.problems.is_empty()
    }
}

/// The namespace that objects without one are applied to.
pub(crate) fn effective(namespace: &str) -> &str {
    if namespace.is_empty() { "default" } else { namespace }
}
