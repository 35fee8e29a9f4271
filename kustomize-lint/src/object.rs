//! An object on its way through the rendering.

use std::fmt;
use std::sync::Arc;

use crate::id::Id;
use crate::tree::{Entry, Node, Place, Scalar, StepId};

/// An object's handle, the same from its reading to the end; facts name objects by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey(pub(crate) u32);

/// How an object was built, as kustomize writes it into annotations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    pub(crate) origin: Option<String>,
    pub(crate) transformations: Vec<String>,
    /// Words that kustomize notes about an object and never prints.
    pub(crate) notes: Vec<(&'static str, &'static str)>,
}

impl Marks {
    /// The transformations as a list of YAML, if there are any.
    pub(crate) fn transformations(&self) -> Option<String> {
        let item = |text: &String| format!("- {}\n", text.trim_end().replace('\n', "\n  "));
        Some(self.transformations.iter().map(item).collect())
            .filter(|text: &String| !text.is_empty())
    }
}

/// Kustomize remembers an object in annotations that begin so, and removes them at the end.
const INTERNAL: &str = "internal.config.kubernetes.io/";

/// The annotation with an object's origin. While marks are wanted, every object has it.
pub(crate) const ORIGIN: &str = "config.kubernetes.io/origin";

/// The annotation with the transformers that have changed an object.
pub(crate) const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

/// The annotations that kustomize removes at the end, whoever wrote them. Behind [`INTERNAL`]:
const REMOVED_INTERNAL: &[&str] = &[
    "allowKindChange",
    "allowNameChange",
    "annotations-migration-resource-id",
    "generatorBehavior",
    "id",
    "index",
    "needsHashSuffix",
    "path",
    "prefixes",
    "previousKinds",
    "previousNames",
    "previousNamespaces",
    "refBy",
    "seqindent",
    "suffixes",
];

/// And by their whole names.
const REMOVED: &[&str] = &[
    ORIGIN,
    TRANSFORMATIONS,
    "config.k8s.io/id",
    "config.kubernetes.io/index",
    "config.kubernetes.io/path",
];

/// An object of the rendering.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its handle.
    pub key: ObjectKey,
    /// Its content.
    pub node: Node,
    /// The document, or the generator's entry, that it comes from.
    pub source: Place,
    /// The step that generated it.
    pub generator: Option<StepId>,
    /// The identity when it was read.
    pub original: Arc<Id>,
    /// The identity before each step that changed its name or namespace.
    pub previous: Vec<Arc<Id>>,
    /// The prefixes and suffixes that its name has got, for references among objects that had
    /// one name.
    pub(crate) prefixes: Vec<String>,
    pub(crate) suffixes: Vec<String>,
    /// Whether its name will get a hash of the content.
    pub(crate) needs_hash: bool,
    /// How it was built.
    pub(crate) marks: Marks,
}

impl Object {
    /// Where kustomize writes the namespace again, as behind a patch, an empty one goes.
    pub(crate) fn drop_empty_namespace(&mut self) {
        if self.namespace().is_empty() {
            self.node.edit("metadata", |metadata| metadata.remove("namespace"));
        }
    }

    pub(crate) fn new(key: ObjectKey, node: Node, source: Place) -> Self {
        let original = Arc::new(Id::of(&node));
        Object {
            key,
            node,
            source,
            generator: None,
            original,
            previous: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            needs_hash: false,
            marks: Marks::default(),
        }
    }

    /// The present identity.
    pub fn id(&self) -> Id {
        Id::of(&self.node)
    }

    /// The kind.
    pub fn kind(&self) -> &str {
        self.node.str_at(&["kind"]).unwrap_or_default()
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.node.word_at(&["metadata", "name"]).unwrap_or_default()
    }

    /// The namespace as written; empty when there is none.
    pub fn namespace(&self) -> &str {
        self.node.word_at(&["metadata", "namespace"]).unwrap_or_default()
    }

    /// The place to show for the object as a whole: its name, where it stood first.
    pub fn head(&self) -> Place {
        self.node.at(&["metadata", "name"]).map_or(self.source, |name| name.origin.base)
    }

    /// The place of its name as it is now.
    pub(crate) fn name_place(&self) -> Place {
        self.node.at(&["metadata", "name"]).map_or(self.source, |name| name.place())
    }

    /// A label of the object itself.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.node.str_at(&["metadata", "labels", key])
    }

    /// The annotations of the object itself.
    pub(crate) fn annotations(&self) -> &[Entry] {
        self.node.entries_at(&["metadata", "annotations"])
    }

    /// An annotation of the object itself.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.node.str_at(&["metadata", "annotations", key])
    }

    /// The identity before the first step that changed its name or namespace.
    pub(crate) fn first_id(&self) -> Id {
        self.previous.first().map_or_else(|| self.id(), |first| Id::clone(first))
    }

    /// Remembers who it is before its name or namespace changes.
    pub(crate) fn remember(&mut self) {
        self.push_previous(self.id());
    }

    /// Remembers that it was `id`. Copies of an object share the identities that are equal.
    pub(crate) fn push_previous(&mut self, id: Id) {
        let known = self.previous.last().unwrap_or(&self.original);
        let id = if **known == id { Arc::clone(known) } else { Arc::new(id) };
        self.previous.push(id);
    }

    /// Forgets how annotations are written: kustomize writes all of them anew.
    pub(crate) fn renew_annotations(&mut self) {
        self.node.edit("metadata", |metadata| {
            metadata.edit("annotations", |node| node.each_scalar_mut(&mut Scalar::renew));
        });
    }

    /// Removes the annotations that kustomize takes for its own.
    pub(crate) fn drop_internal(&mut self) {
        self.retain_annotations(|key| {
            let is_internal =
                key.strip_prefix(INTERNAL).is_some_and(|key| REMOVED_INTERNAL.contains(&key));
            !is_internal && !REMOVED.contains(&key)
        });
    }

    /// Keeps some annotations, and the mapping of all unless it is empty.
    fn retain_annotations(&mut self, keeps: impl Fn(&str) -> bool) {
        self.node.edit("metadata", |metadata| {
            metadata.edit("annotations", |annotations| {
                if let Some(entries) = annotations.entries_mut() {
                    entries.retain(|entry| keeps(&entry.key));
                }
            });
            // A text or a number in their place goes, too.
            let is_empty = |node: &Node| !node.is_sequence() && node.entries().is_empty();
            if metadata.get("annotations").is_some_and(is_empty) {
                metadata.remove("annotations");
            }
        });
    }

    /// Writes the annotations about how the object was built, where marks are wanted.
    pub(crate) fn write_marks(&mut self) {
        let marks =
            [(ORIGIN, self.marks.origin.clone()), (TRANSFORMATIONS, self.marks.transformations())];
        let marks = marks.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?)));
        self.annotate(marks.collect());
    }

    /// Reads these annotations again, and removes them: whether kustomize can read them.
    pub(crate) fn take_marks(&mut self) -> bool {
        if self.marks.origin.is_none() {
            return true;
        }
        let origin = self.annotation(ORIGIN).map(str::to_owned);
        let is_known = origin.as_deref().is_none_or(|text| text.contains(": "));
        if self.annotation(TRANSFORMATIONS).is_none() {
            self.marks.transformations.clear();
        }
        self.marks.origin = origin;
        self.retain_annotations(|key| key != ORIGIN && key != TRANSFORMATIONS);
        is_known
    }

    /// Adds annotations.
    fn annotate(&mut self, texts: Vec<(String, String)>) {
        if texts.is_empty() {
            return;
        }
        let Some(metadata) = self.node.get_mut("metadata") else { return };
        let origin = metadata.origin;
        if metadata.get("annotations").is_none_or(Node::is_null) {
            metadata.set("annotations", Node::mapping(origin));
        }
        if let Some(annotations) = metadata.get_mut("annotations") {
            for (key, text) in texts {
                annotations.set(&key, Node::text(text, origin));
            }
        }
    }

    /// Writes the annotations that a JSON patch sees, and may copy: those in which kustomize remembers it.
    pub(crate) fn write_notes(&mut self) {
        let names = |name: &dyn Fn(&Id) -> String| -> Vec<String> {
            self.previous.iter().map(|id| name(id)).collect()
        };
        let namespace = |id: &Id| match id.is_namespaced() {
            true => id.effective_namespace().to_owned(),
            false => "_non_namespaceable_".to_owned(),
        };
        let lists = [
            ("previousNames", names(&|id| id.name.clone())),
            ("previousNamespaces", names(&namespace)),
            ("previousKinds", names(&|id| id.kind.clone())),
            ("prefixes", self.prefixes.clone()),
            ("suffixes", self.suffixes.clone()),
        ];
        let lists = lists.into_iter().map(|(key, list)| (key, list.join(",")));
        let hash = self.needs_hash.then_some(("needsHashSuffix", "enabled"));
        let words = self.marks.notes.iter().copied().chain(hash);
        let words = words.map(|(key, word)| (key, word.to_owned()));
        let notes = lists.chain(words).filter(|(_, text)| !text.is_empty());
        self.annotate(notes.map(|(key, text)| (format!("{INTERNAL}{key}"), text)).collect());
        self.write_marks();
    }

    /// Removes these annotations, and the mapping of all where it is empty.
    pub(crate) fn remove_notes(&mut self) {
        self.retain_annotations(|key| {
            !key.starts_with(INTERNAL) && key != ORIGIN && key != TRANSFORMATIONS
        });
    }

    /// Every identity it ever had, the present one last.
    pub fn ids(&self) -> impl Iterator<Item = Id> + '_ {
        self.previous.iter().map(|id| Id::clone(id)).chain(std::iter::once(self.id()))
    }
}

/// Its [`Id`].
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().fmt(f)
    }
}

/// The API group of an object; empty for the core group.
pub(crate) fn group(object: &Object) -> &str {
    let api = object.node.str_at(&["apiVersion"]).unwrap_or_default();
    api.rsplit_once('/').map_or("", |(group, _)| group)
}
