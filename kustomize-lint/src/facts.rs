//! The steps of a rendering, for rules to judge: kustomize is silent about most of it.

use crate::id::Id;
use crate::object::ObjectKey;
use crate::tree::Place;
use crate::tree::StepId;

/// The kind of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StepKind {
    /// An entry of `configMapGenerator` or `secretGenerator`.
    Generator,
    /// A strategic-merge patch.
    MergePatch,
    /// A JSON 6902 patch.
    JsonPatch,
    /// `namespace`.
    Namespace,
    /// `namePrefix`.
    Prefix,
    /// `nameSuffix`.
    Suffix,
    /// An entry of `labels`, or `commonLabels`.
    Labels,
    /// `commonAnnotations`.
    Annotations,
    /// An entry of `replicas`.
    Replicas,
    /// An entry of `images`.
    Image,
    /// A replacement.
    Replacement,
    /// The hash behind generated names.
    Hash,
    /// A reference that follows a changed name.
    Reference,
    /// An entry of `vars`.
    Var,
    /// A plug-in that adds a value.
    ValueAdd,
    /// An entry of `buildMetadata`.
    BuildMetadata,
}

impl StepKind {
    /// The word for messages.
    pub fn name(self) -> &'static str {
        match self {
            StepKind::Generator => "generator",
            StepKind::MergePatch => "merge patch",
            StepKind::JsonPatch => "JSON patch",
            StepKind::Namespace => "namespace",
            StepKind::Prefix => "namePrefix",
            StepKind::Suffix => "nameSuffix",
            StepKind::Labels => "labels",
            StepKind::Annotations => "commonAnnotations",
            StepKind::Replicas => "replicas",
            StepKind::Image => "images",
            StepKind::Replacement => "replacement",
            StepKind::Hash => "name hash",
            StepKind::Reference => "name reference",
            StepKind::Var => "vars",
            StepKind::ValueAdd => "ValueAddTransformer",
            StepKind::BuildMetadata => "buildMetadata",
        }
    }
}

/// One step of the rendering.
#[derive(Clone, Debug)]
pub struct Step {
    /// The kind of the step.
    pub kind: StepKind,
    /// Its entry in the kustomization file. A patch's own lines are in the values it set.
    pub place: Place,
    /// The content of the step where that is a file of its own: the patch document.
    pub content: Option<Place>,
}

/// How a step chose its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// By the identity written in the patch.
    Identity,
    /// By a `target` with at least one condition.
    Selector,
    /// By a `target` without any condition: every object.
    Everything,
}

/// The record of a step.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The step.
    pub step: StepId,
    /// The place to show: an entry of the kustomization, or a line of a patch.
    pub place: Place,
    /// The kind of effect, with its details.
    pub kind: FactKind,
}

/// The kinds of facts.
#[derive(Clone, Debug)]
pub enum FactKind {
    /// A patch was applied. One fact per patch document.
    Patch {
        /// How it chose.
        target: Target,
        /// The objects it chose.
        matched: Vec<ObjectKey>,
        /// The objects whose content has changed.
        changed: Vec<ObjectKey>,
        /// The objects that it deleted.
        deleted: Vec<ObjectKey>,
        /// Whether it is a JSON patch of nothing but `test`, which is to change nothing.
        tests: bool,
    },
    /// A JSON operation did what it does not say: a `replace` created a key, an `add` without a value, or a
    /// `copy` of a missing path, wrote `null`. One fact per object.
    Lenient {
        /// The object.
        object: ObjectKey,
        /// The action.
        message: String,
    },
    /// A merge patch replaced a list of a custom resource as a whole, for want of a schema.
    ListReplaced {
        /// The object.
        object: ObjectKey,
        /// The list.
        path: String,
        /// Elements of the list that is lost which the new one has no counterpart for, in number or in
        /// fields. None when it was written anew as a whole.
        dropped: Vec<Place>,
    },
    /// A merge patch dropped an item of a list because another item of the base has the same keys.
    ItemLost {
        /// The object.
        object: ObjectKey,
        /// The list.
        path: String,
    },
    /// An entry of `images` was applied.
    Image {
        /// The name it looks for.
        name: String,
        /// Objects with such an image.
        matched: Vec<ObjectKey>,
        /// Whether the entry says both a tag and a digest.
        tag_and_digest: bool,
    },
    /// Labels were set.
    Labels {
        /// Objects whose selector changed; a running Deployment does not accept that.
        selectors: Vec<ObjectKey>,
    },
    /// A target of a replacement was written. One fact per target.
    ReplacementTarget {
        /// Objects that the target selects, after `reject`.
        matched: Vec<ObjectKey>,
    },
}

/// A part of a kustomization that is not rendered: its objects are unknown.
#[derive(Clone, Debug)]
pub struct NotAnalysed {
    /// Its place.
    pub place: Place,
    /// The name of the part: a remote base, a Helm chart, a function.
    pub name: String,
    /// The objects that may be missing for it.
    pub effect: Effect,
}

/// The possible effect of a part that is not rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Add objects, or change them in any way.
    Objects,
    /// Choose the fields of known objects that the other steps change.
    Fields,
    /// Give a value that is empty here.
    Value,
    /// Nothing: kustomize passes over it.
    Nothing,
}

impl Effect {
    /// Whether the objects are known without the part.
    pub fn is_harmless(self) -> bool {
        matches!(self, Effect::Value | Effect::Nothing)
    }
}

/// A key that stands twice in one mapping.
#[derive(Clone, Copy, Debug)]
pub struct DuplicateKey {
    /// The later key.
    pub place: Place,
    /// The earlier.
    pub earlier: Place,
    /// Whether the later one counts.
    pub last: bool,
}

/// A kind of problem; each has one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The kustomization cannot be built for another reason than those below.
    Build,
    /// A file or folder that is named and not there.
    MissingFile,
    /// A file or folder that the user may not read.
    Forbidden,
    /// A file outside the folder of the kustomization that names it.
    OutsideRoot,
    /// A base that includes itself.
    Cycle,
    /// Not YAML, or not the shape that is expected.
    Malformed,
    /// A step that must match, matches nothing: a replacement, a generator, an operation.
    NoMatch,
    /// A patch names an object that is not there.
    PatchNoMatch,
    /// A key that stands twice where kustomize refuses it.
    DuplicateKey,
}

/// A problem that keeps a kustomization from being built.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Its kind.
    pub kind: ProblemKind,
    /// The place; problems of a whole folder have none.
    pub place: Option<Place>,
    /// The problem.
    pub message: String,
    /// Another place that explains.
    pub also: Option<(Place, String)>,
    /// The object that a patch names and that is not there.
    pub missing: Option<Id>,
}

impl ProblemKind {
    /// Why a file or folder could not be read.
    pub(crate) fn unread(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::PermissionDenied => ProblemKind::Forbidden,
            _ => ProblemKind::MissingFile,
        }
    }

    /// A stable code for messages.
    pub fn code(self) -> &'static str {
        match self {
            ProblemKind::Build => "build-failed",
            ProblemKind::MissingFile | ProblemKind::Forbidden => "missing-file",
            ProblemKind::OutsideRoot => "outside-root",
            ProblemKind::Cycle => "cycle",
            ProblemKind::Malformed => "malformed",
            ProblemKind::NoMatch => "no-match",
            ProblemKind::PatchNoMatch => "patch-no-match",
            ProblemKind::DuplicateKey => "duplicate-key",
        }
    }
}
