//! The fields of a kustomization file, with the place of each entry.

use crate::tree::{FieldSpec, Node, Place};

/// A value and its place in the kustomization file.
#[derive(Clone, Debug)]
pub struct Spot<T> {
    pub value: T,
    pub place: Place,
}

/// Keys and texts, in the order of the file.
pub(crate) type Pairs = Vec<(String, Spot<String>)>;

/// A kustomization file. Every field is as written; nothing is resolved.
#[derive(Clone, Debug)]
pub struct Kustomization {
    /// The whole document.
    pub place: Place,
    /// Whether `kind` is `Component`.
    pub component: bool,
    /// `resources`, and behind them the deprecated `bases`.
    pub resources: Vec<Spot<String>>,
    pub components: Vec<Spot<String>>,
    /// `configMapGenerator`.
    pub config_maps: Vec<Generator>,
    /// `secretGenerator`.
    pub secrets: Vec<Generator>,
    pub generator_options: Option<GeneratorOptions>,
    /// `patchesStrategicMerge`: file names, or patches.
    pub patches_strategic_merge: Vec<Patch>,
    pub patches: Vec<Patch>,
    pub patches_json6902: Vec<Patch>,
    pub namespace: Option<Spot<String>>,
    pub name_prefix: Option<Spot<String>>,
    pub name_suffix: Option<Spot<String>>,
    pub labels: Vec<Labels>,
    pub common_labels: Option<Spot<Pairs>>,
    pub common_annotations: Option<Spot<Pairs>>,
    pub replicas: Vec<Replica>,
    pub images: Vec<Image>,
    /// `replacements`; those in files of their own are read when they are applied.
    pub replacements: Vec<Spot<Result<Replacement, String>>>,
    pub vars: Vec<Var>,
    /// `helmCharts`.
    pub charts: Vec<Chart>,
    /// `configurations`: files with further fields that transformers change.
    pub configurations: Vec<Spot<String>>,
    /// `crds`: files with types whose marks say the same.
    pub crds: Vec<Spot<String>>,
    pub openapi: Option<OpenApiField>,
    /// `buildMetadata`.
    pub build_metadata: Vec<Spot<String>>,
    /// `generators`: objects that configure generators, or the paths of such.
    pub generators: Vec<Spot<String>>,
    /// `transformers`.
    pub transformers: Vec<Spot<String>>,
    /// `validators`.
    pub validators: Vec<Spot<String>>,
    /// `sortOptions`.
    pub order: Order,
    /// Fields that kustomize calls deprecated: the field and its place.
    pub deprecated: Vec<Spot<&'static str>>,
    /// Fields that are not rendered here, each with its place.
    pub not_analysed: Vec<Spot<&'static str>>,
}

/// An entry of `helmCharts`.
#[derive(Clone, Debug)]
pub struct Chart {
    pub place: Place,
    pub name: String,
    /// The release, which names the chart's objects.
    pub release: String,
}

/// `openapi`: the schema that says how lists are merged.
#[derive(Clone, Debug)]
pub struct OpenApiField {
    /// A file with the schema.
    pub path: Option<Spot<String>>,
    /// The version of a schema that kustomize has built in.
    pub version: Option<Spot<String>>,
}

/// `sortOptions`.
#[derive(Clone, Debug, Default)]
pub struct Order {
    pub kind: OrderKind,
    /// The kinds that come first and those that come last; `None` for kustomize's own.
    pub lists: Option<(Vec<String>, Vec<String>)>,
}

/// The sort order of objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderKind {
    /// `legacy`.
    #[default]
    Kind,
    /// `fifo`.
    Appearance,
}

/// An entry of `configMapGenerator` or `secretGenerator`.
#[derive(Clone, Debug)]
pub struct Generator {
    pub place: Place,
    /// Whether it makes a Secret.
    pub secret: bool,
    pub name: String,
    /// The namespace, or nothing.
    pub namespace: Option<String>,
    /// A Secret's type.
    pub kind: Option<String>,
    /// The behaviour when the object exists.
    pub behavior: Behavior,
    /// `key=value`.
    pub literals: Vec<Spot<String>>,
    /// `file`, or `key=file`.
    pub files: Vec<Spot<String>>,
    /// Files of lines `KEY=value`.
    pub envs: Vec<Spot<String>>,
    pub options: Option<GeneratorOptions>,
}

/// A generator's behaviour when the object exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behavior {
    /// As `Create`.
    Unspecified,
    /// It must not be there.
    Create,
    /// It must be there; its content is replaced.
    Replace,
    /// It must be there; keys are added and overwritten.
    Merge,
}

#[derive(Clone, Debug, Default)]
pub struct GeneratorOptions {
    pub labels: Pairs,
    pub annotations: Pairs,
    /// No hash behind the name.
    pub disable_name_suffix_hash: bool,
    /// `immutable: true` in the object.
    pub immutable: bool,
}

/// An entry of a list of patches.
#[derive(Clone, Debug)]
pub struct Patch {
    pub place: Place,
    pub text: PatchText,
    /// The objects it is for. The place is that of the condition to look at first: the name, or
    /// a selector.
    pub target: Option<Spot<Selector>>,
    /// Whether the patch may change the name.
    pub allow_name_change: bool,
    /// Whether the patch may change the kind.
    pub allow_kind_change: bool,
}

#[derive(Clone, Debug)]
pub enum PatchText {
    File(Spot<String>),
    /// In the kustomization.
    Inline(Spot<String>),
}

/// A selection of objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// A regular expression for the group; empty for any.
    pub group: String,
    pub version: String,
    pub kind: String,
    pub name: String,
    pub namespace: String,
    /// A label selector.
    pub labels: String,
    /// A selector of annotations.
    pub annotations: String,
}

impl Selector {
    /// Whether it has no condition.
    pub fn is_empty(&self) -> bool {
        *self == Selector::default()
    }
}

/// An entry of `labels`.
#[derive(Clone, Debug)]
pub struct Labels {
    pub place: Place,
    pub pairs: Pairs,
    /// Also in selectors and templates.
    pub selectors: bool,
    /// Also in templates.
    pub templates: bool,
    /// Further fields.
    pub fields: Vec<FieldSpec>,
}

/// An entry of `replicas`.
#[derive(Clone, Debug)]
pub struct Replica {
    pub place: Place,
    pub name: String,
    pub count: i64,
}

/// An entry of `images`.
#[derive(Clone, Debug)]
pub struct Image {
    pub place: Place,
    /// The image as resources write it, without tag.
    pub name: String,
    /// Where that is written.
    pub name_place: Place,
    pub new_name: Option<Spot<String>>,
    pub new_tag: Option<Spot<String>>,
    /// The new digest.
    pub digest: Option<Spot<String>>,
    /// The suffix of the tag.
    pub tag_suffix: Option<Spot<String>>,
}

#[derive(Clone, Debug)]
pub struct Replacement {
    pub place: Place,
    /// Where the value comes from.
    pub source: Option<ReplacementSource>,
    /// Where it goes to.
    pub targets: Vec<ReplacementTarget>,
}

/// Where a replacement's value comes from.
#[derive(Clone, Debug)]
pub struct ReplacementSource {
    pub place: Place,
    /// Selects exactly one object.
    pub selector: Selector,
    /// The field; `metadata.name` when nothing is said.
    pub path: String,
    /// The part of the field.
    pub options: FieldOptions,
}

/// Where a replacement's value goes to.
#[derive(Clone, Debug)]
pub struct ReplacementTarget {
    pub place: Place,
    /// The objects, with the place of the condition to look at first.
    pub select: Option<Spot<Selector>>,
    /// Selected objects that are left alone.
    pub reject: Vec<Selector>,
    pub paths: Vec<Spot<String>>,
    /// The part of the fields.
    pub options: FieldOptions,
}

/// The selection of a part of a field.
#[derive(Clone, Debug, Default)]
pub struct FieldOptions {
    /// The separator of the parts.
    pub delimiter: String,
    /// The part; below 0 before the first, beyond the last behind it.
    pub index: i64,
    /// Whether a missing field is made.
    pub create: bool,
}

/// An entry of `vars`.
#[derive(Clone, Debug)]
pub struct Var {
    pub place: Place,
    /// The name in `$(NAME)`.
    pub name: String,
    pub object: Selector,
    /// The field.
    pub path: String,
}

impl Spot<String> {
    /// The text of a scalar node.
    pub(crate) fn of(node: &Node, text: &str) -> Self {
        Spot { value: text.to_owned(), place: node.origin.base }
    }
}
