//! From a document to a [`Kustomization`].

use super::fields::{Fields, Wrong};
use super::model::*;
use crate::tree::{FieldSpec, Node, Place};

/// Fields that are not rendered here.
const NOT_ANALYSED: &str = "\
    helmChartInflationGenerator";

/// Reads the document. Mistakes are added to `wrong`; a kustomization with anything wrong does not build.
pub(crate) fn parse(node: &Node, wrong: &mut Vec<Wrong>) -> Kustomization {
    let mut f = Fields::of(node, wrong);
    let kind = f.text("kind");
    let version = f.text("apiVersion");
    f.get("metadata");
    let component = kind == "Component";
    let place = f.place();
    if !matches!(kind.as_str(), "" | "Kustomization" | "Component") {
        f.complain(place, format!("kind `{kind}` is not Kustomization or Component"));
    }
    let wanted = if component {
        "kustomize.config.k8s.io/v1alpha1"
    } else {
        "kustomize.config.k8s.io/v1beta1"
    };
    if !version.is_empty() && version != wanted {
        f.complain(place, format!("apiVersion `{version}` should be `{wanted}`"));
    }
    let mut deprecated = Vec::new();
    for field in
        ["bases", "commonLabels", "patchesStrategicMerge", "patchesJson6902", "vars", "imageTags"]
    {
        if let Some(place) = f.key_place(field) {
            deprecated.push(Spot { value: field, place });
        }
    }
    let mut not_analysed = Vec::new();
    for field in NOT_ANALYSED.split(' ') {
        let empty = |node: &Node| node.items().is_empty() && node.entries().is_empty();
        if f.get(field).is_some_and(|node| !empty(node)) {
            not_analysed.push(Spot { value: field, place: f.key_place(field).unwrap_or(place) });
        }
    }
    let mut resources = f.texts("resources");
    resources.extend(f.texts("bases"));
    let components = f.texts("components");
    let config_maps = generators(&mut f, "configMapGenerator", false);
    let secrets = generators(&mut f, "secretGenerator", true);
    let generator_options = f.get("generatorOptions").map(|node| f.inside(node, generator_options));
    let patches = patches(&mut f, "patches");
    let patches_json6902 = self::patches(&mut f, "patchesJson6902");
    let labels = f.list("labels").iter().map(|node| f.inside(node, labels)).collect();
    let replicas = f.list("replicas").iter().map(|node| f.inside(node, replica)).collect();
    // kustomize reads the old name of the field as the new one.
    let images = f.list("images").iter().chain(f.list("imageTags"));
    let images = images.map(|node| f.inside(node, image)).collect();
    let replacements = replacements(&mut f);
    let vars = f.list("vars").iter().map(|node| f.inside(node, var)).collect();
    let order = order(&mut f);
    let openapi = f.get("openapi").map(|node| {
        f.loosely(node, |f| OpenApiField { path: f.spot("path"), version: f.spot("version") })
    });
    let build_metadata = f.texts("buildMetadata");
    f.get("helmGlobals");
    let chart = |f: &mut Fields<'_>| Chart {
        place: f.place(),
        name: f.text("name"),
        release: f.text("releaseName"),
    };
    let charts = f.list("helmCharts").iter().map(|node| f.loosely(node, chart)).collect();
    let read = Kustomization {
        place,
        component,
        resources,
        components,
        config_maps,
        secrets,
        generator_options,
        patches_strategic_merge: f.texts("patchesStrategicMerge").into_iter().map(merge).collect(),
        patches,
        patches_json6902,
        namespace: filled(f.spot("namespace")),
        name_prefix: filled(f.spot("namePrefix")),
        name_suffix: filled(f.spot("nameSuffix")),
        labels,
        common_labels: f.pairs("commonLabels"),
        common_annotations: f.pairs("commonAnnotations"),
        replicas,
        images,
        replacements,
        vars,
        charts,
        configurations: f.texts("configurations"),
        crds: f.texts("crds"),
        openapi,
        build_metadata,
        generators: f.texts("generators"),
        transformers: f.texts("transformers"),
        validators: f.texts("validators"),
        order,
        deprecated,
        not_analysed,
    };
    f.finish();
    read
}

/// Reads `replacements`.
pub(crate) fn replacements(f: &mut Fields<'_>) -> Vec<Spot<Result<Replacement, String>>> {
    let read = |f: &mut Fields<'_>| match f.spot("path") {
        Some(path) => Err(path.value),
        None => Ok(replacement(f)),
    };
    let nodes = f.list("replacements").iter();
    nodes.map(|node| Spot { value: f.inside(node, read), place: node.origin.base }).collect()
}

/// Reads `sortOptions`.
fn order(f: &mut Fields<'_>) -> Order {
    let mut order = Order::default();
    let Some(node) = f.get("sortOptions") else { return order };
    let place = f.key_place("sortOptions").unwrap_or(node.origin.base);
    f.inside(node, |f| {
        let said = f.text("order");
        order.kind = match said.as_str() {
            "fifo" => OrderKind::Appearance,
            "legacy" => OrderKind::Kind,
            _ => {
                f.complain(place, "`order` is `fifo` or `legacy`");
                OrderKind::Kind
            }
        };
        let Some(node) = f.get("legacySortOptions").filter(|node| !node.is_null()) else { return };
        if order.kind == OrderKind::Appearance {
            f.complain(node.origin.base, "`legacySortOptions` belong to the order `legacy`");
        }
        f.inside(node, |f| {
            let texts = |spots: Vec<Spot<String>>| spots.into_iter().map(|s| s.value).collect();
            order.lists = Some((texts(f.texts("orderFirst")), texts(f.texts("orderLast"))));
        });
    });
    order
}

/// Reads a list of fields that a transformer changes.
pub(crate) fn field_specs(f: &mut Fields<'_>, key: &'static str) -> Vec<FieldSpec> {
    f.list(key).iter().map(|node| f.loosely(node, field_spec)).collect()
}

fn field_spec(f: &mut Fields<'_>) -> FieldSpec {
    FieldSpec {
        group: f.text("group"),
        version: f.text("version"),
        kind: f.text("kind"),
        path: f.text("path"),
        create: f.flag("create"),
    }
}

/// Reads a file of one replacement or a list of them.
pub(crate) fn replacement_file(node: &Node, wrong: &mut Vec<Wrong>) -> Vec<Replacement> {
    let nodes = if node.is_sequence() { node.items() } else { std::slice::from_ref(node) };
    nodes
        .iter()
        .map(|node| {
            let mut fields = Fields::of(node, wrong);
            let read = replacement(&mut fields);
            fields.finish();
            read
        })
        .collect()
}

fn filled(spot: Option<Spot<String>>) -> Option<Spot<String>> {
    spot.filter(|spot| !spot.value.is_empty())
}

fn generators(f: &mut Fields<'_>, key: &'static str, secret: bool) -> Vec<Generator> {
    f.list(key).iter().map(|node| f.inside(node, |f| generator(f, secret))).collect()
}

/// Reads an entry of `configMapGenerator` or `secretGenerator`.
pub(crate) fn generator(f: &mut Fields<'_>, secret: bool) -> Generator {
    let behavior = f.spot("behavior");
    let behavior = match behavior.as_ref().map(|spot| spot.value.as_str()) {
        Some("create") => Behavior::Create,
        Some("replace") => Behavior::Replace,
        Some("merge") => Behavior::Merge,
        // kustomize takes a word that it does not know for none.
        _ => Behavior::Unspecified,
    };
    let mut envs = f.texts("envs");
    envs.extend(filled(f.spot("env")));
    let place = f.place();
    let name = f.text("name");
    Generator {
        place,
        secret,
        name,
        namespace: filled(f.spot("namespace")).map(|spot| spot.value),
        kind: if secret { filled(f.spot("type")).map(|spot| spot.value) } else { None },
        behavior,
        literals: f.texts("literals"),
        files: f.texts("files"),
        envs,
        options: f.get("options").map(|node| f.inside(node, generator_options)),
    }
}

fn generator_options(f: &mut Fields<'_>) -> GeneratorOptions {
    GeneratorOptions {
        labels: f.pairs("labels").map(|spot| spot.value).unwrap_or_default(),
        annotations: f.pairs("annotations").map(|spot| spot.value).unwrap_or_default(),
        disable_name_suffix_hash: f.flag("disableNameSuffixHash"),
        immutable: f.flag("immutable"),
    }
}

/// An item of `patchesStrategicMerge`. A patch in place of a file name has several lines, or braces.
pub(crate) fn merge(entry: Spot<String>) -> Patch {
    let inline = entry.value.contains('\n') || entry.value.trim_start().starts_with('{');
    if inline { inline_merge(entry) } else { merge_of(entry.place, PatchText::File(entry)) }
}

/// A patch for the object that it names, in place.
pub(crate) fn inline_merge(entry: Spot<String>) -> Patch {
    merge_of(entry.place, PatchText::Inline(entry))
}

fn merge_of(place: Place, text: PatchText) -> Patch {
    Patch { place, text, target: None, allow_name_change: false, allow_kind_change: false }
}

fn patches(f: &mut Fields<'_>, key: &'static str) -> Vec<Patch> {
    f.list(key).iter().map(|node| f.inside(node, patch)).collect()
}

/// Reads an entry of `patches`.
pub(crate) fn patch(f: &mut Fields<'_>) -> Patch {
    patch_of(f, "patch")
}

/// Reads a patch whose text stands in the field `key`.
pub(crate) fn patch_of(f: &mut Fields<'_>, key: &'static str) -> Patch {
    let place = f.place();
    let (path, inline) = (filled(f.spot("path")), filled(f.spot(key)));
    let text = match (path, inline) {
        (Some(path), None) => PatchText::File(path),
        (None, Some(text)) => PatchText::Inline(text),
        (both, _) => {
            let message = if both.is_some() {
                format!("a patch has `path` or `{key}`, not both")
            } else {
                format!("a patch needs `path` or `{key}`")
            };
            f.complain(place, message);
            PatchText::Inline(Spot { value: String::new(), place })
        }
    };
    let target = target(f, "target");
    let (mut names, mut kinds) = (false, false);
    if let Some(node) = f.get("options") {
        f.inside(node, |f| {
            names = f.flag("allowNameChange");
            kinds = f.flag("allowKindChange");
        });
    }
    Patch { place, text, target, allow_name_change: names, allow_kind_change: kinds }
}

/// A selector, at the condition that says most about what is meant.
fn target(f: &mut Fields<'_>, key: &'static str) -> Option<Spot<Selector>> {
    let node = f.get(key)?;
    let conditions = ["name", "labelSelector", "annotationSelector", "kind", "namespace"];
    let first = conditions.iter().find_map(|key| node.get(key)).unwrap_or(node);
    Some(Spot { value: f.inside(node, selector), place: first.origin.base })
}

pub(crate) fn selector(f: &mut Fields<'_>) -> Selector {
    Selector {
        group: f.text("group"),
        version: f.text("version"),
        kind: f.text("kind"),
        name: f.text("name"),
        namespace: f.text("namespace"),
        labels: f.text("labelSelector"),
        annotations: f.text("annotationSelector"),
    }
}

fn labels(f: &mut Fields<'_>) -> Labels {
    let place = f.place();
    let fields = f.list("fields").iter().map(|node| f.inside(node, field_spec)).collect();
    Labels {
        place,
        pairs: f.pairs("pairs").map(|spot| spot.value).unwrap_or_default(),
        selectors: f.flag("includeSelectors"),
        templates: f.flag("includeTemplates"),
        fields,
    }
}

pub(crate) fn replica(f: &mut Fields<'_>) -> Replica {
    Replica { place: f.place(), name: f.text("name"), count: f.int("count").unwrap_or_default() }
}

pub(crate) fn image(f: &mut Fields<'_>) -> Image {
    let name = f.spot("name");
    Image {
        place: f.place(),
        name_place: name.as_ref().map_or(f.place(), |name| name.place),
        name: name.map(|name| name.value).unwrap_or_default(),
        new_name: filled(f.spot("newName")),
        new_tag: filled(f.spot("newTag")),
        digest: filled(f.spot("digest")),
        tag_suffix: filled(f.spot("tagSuffix")),
    }
}

fn replacement(f: &mut Fields<'_>) -> Replacement {
    let place = f.place();
    let source = f.get("source").map(|node| {
        f.inside(node, |f| ReplacementSource {
            place: f.place(),
            selector: Selector {
                group: f.text("group"),
                version: f.text("version"),
                kind: f.text("kind"),
                name: f.text("name"),
                namespace: f.text("namespace"),
                ..Selector::default()
            },
            path: f.text("fieldPath"),
            options: f.get("options").map(|node| f.inside(node, options)).unwrap_or_default(),
        })
    });
    let targets = f
        .list("targets")
        .iter()
        .map(|node| {
            f.inside(node, |f| ReplacementTarget {
                place: f.place(),
                select: target(f, "select"),
                reject: f.list("reject").iter().map(|node| f.inside(node, selector)).collect(),
                paths: f.texts("fieldPaths"),
                options: f.get("options").map(|node| f.inside(node, options)).unwrap_or_default(),
            })
        })
        .collect();
    Replacement { place, source, targets }
}

fn options(f: &mut Fields<'_>) -> FieldOptions {
    f.get("encoding");
    FieldOptions {
        delimiter: f.text("delimiter"),
        index: f.int("index").unwrap_or_default(),
        create: f.flag("create"),
    }
}

fn var(f: &mut Fields<'_>) -> Var {
    let place = f.place();
    let name = f.text("name");
    let mut object = Selector::default();
    if let Some(node) = f.get("objref") {
        f.inside(node, |f| {
            let (group, version) = crate::id::split(&f.text("apiVersion"));
            object = Selector {
                group: if group.is_empty() { f.text("group") } else { group },
                version: if version.is_empty() { f.text("version") } else { version },
                kind: f.text("kind"),
                name: f.text("name"),
                namespace: f.text("namespace"),
                ..Selector::default()
            };
            let _ = (f.get("group"), f.get("version"));
        });
    }
    let mut path = String::new();
    if let Some(node) = f.get("fieldref") {
        f.inside(node, |f| path = f.text("fieldpath"));
    }
    if path.is_empty() {
        path = "metadata.name".to_owned();
    }
    Var { place, name, object, path }
}
