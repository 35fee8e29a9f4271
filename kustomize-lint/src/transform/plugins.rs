//! `transformers`, `generators` and `validators`: the built-in kinds, configured in objects of their own.
//!
//! A configuration is an object: it stands in the kustomization, in a file, or is rendered by another
//! kustomization. Kinds that are not built in are programs, which are never run here.

use crate::facts::{Effect, ProblemKind, StepKind};
use crate::generate;
use crate::kustomization::{Fields, Generator, PatchText, Spot, reading};
use crate::load::{Accumulated, Context, Folder};
use crate::object::Object;
use crate::objects::Objects;
use crate::tree::{FieldSpec, Node, Origin, Place};

use super::patches::Form;
use super::{
    affixes, annotations, hash, images, labels, marks, namespace, patches, replacements, replicas,
    value_add,
};

/// The version of the built-in kinds.
const BUILTIN: &str = "builtin";

/// The objects that configure transformers and validators.
pub(crate) struct Plugins {
    pub(crate) transformers: Vec<Object>,
    pub(crate) validators: Vec<Object>,
}

/// Runs the transformers and validators that the kustomization configures in objects.
pub(super) fn transform(
    folder: &Folder,
    plugins: &Plugins,
    done: &mut Accumulated,
    context: &mut Context,
) {
    for object in &plugins.transformers {
        if is_builtin(object, context) {
            run(folder, object, &mut done.objects, context);
            mark(object, &mut done.objects, context);
        }
    }
    for object in &plugins.validators {
        if !is_builtin(object, context) {
            continue;
        }
        let before: Vec<Node> = done.objects.list.iter().map(|one| one.node.clone()).collect();
        run(folder, object, &mut done.objects, context);
        let list = &done.objects.list;
        let same = before.len() == list.len()
            && before.iter().zip(list).all(|(node, object)| node.same(&object.node));
        if !same {
            let message = "a validator may not change objects; move it to `transformers`";
            context.problem(ProblemKind::Build, Some(object.head()), message);
        }
    }
}

/// Runs the generators that the kustomization configures in objects.
pub(crate) fn generate(
    folder: &Folder,
    generators: &[Object],
    objects: &mut Objects,
    context: &mut Context,
) {
    for object in generators {
        if !is_builtin(object, context) {
            continue;
        }
        let origin = origin_of(object, context);
        let mut wrong = Vec::new();
        match object.kind() {
            kind @ ("ConfigMapGenerator" | "SecretGenerator") => {
                let secret = kind == "SecretGenerator";
                let read = |f: &mut Fields<'_>| reading::generator(f, secret);
                let mut generator: Generator = document(&object.node, &mut wrong, read);
                let metadata = |key| object.node.str_at(&["metadata", key]).map(str::to_owned);
                // Its own fields come before the name of the configuration.
                if generator.name.is_empty() {
                    generator.name = metadata("name").unwrap_or_default();
                }
                generator.namespace = generator.namespace.or_else(|| metadata("namespace"));
                if wrong.is_empty() {
                    generate::one(folder, &generator, None, origin, objects, context);
                }
            }
            "IAMPolicyGenerator" => {
                let account = service_account(&object.node, object.head());
                if let Some(node) = account {
                    let mut made = context.object(node);
                    made.marks.origin = origin;
                    crate::load::add(objects, made, context);
                } else {
                    let message = "this generator knows the cloud `gke` only";
                    context.malformed(object.head(), message);
                }
            }
            "HelmChartInflationGenerator" => {
                let part = "the Helm chart of this generator";
                context.not_analysed(object.head(), part, Effect::Objects);
            }
            kind => {
                let message = format!("`{kind}` is not a built-in generator");
                context.malformed(object.head(), message);
            }
        }
        report(wrong, context);
    }
}

/// Whether the object configures a built-in kind; anything else is a program.
fn is_builtin(object: &Object, context: &mut Context) -> bool {
    if object.id().api_version() == BUILTIN {
        return true;
    }
    let part = format!("the program {object}, which kubectl does not run either,");
    context.not_analysed(object.head(), part, Effect::Objects);
    false
}

fn origin_of(object: &Object, context: &Context) -> Option<String> {
    let path = object.marks.origin.as_deref().filter(|_| context.is_marking)?;
    let file = path.strip_prefix("path: ")?.trim_end();
    Some(marks::configured(file, BUILTIN, object.kind(), Some(&object.id())))
}

fn mark(configuration: &Object, objects: &mut Objects, context: &Context) {
    if let Some(text) = origin_of(configuration, context) {
        objects.list.iter_mut().for_each(|object| marks::add(object, &text));
    }
}

fn report(wrong: Vec<(Place, String)>, context: &mut Context) {
    for (place, message) in wrong {
        context.malformed(place, message);
    }
}

/// Reads a configuration. kustomize passes over fields that it does not know here.
fn document<T>(
    node: &Node,
    wrong: &mut Vec<(Place, String)>,
    read: impl FnOnce(&mut Fields<'_>) -> T,
) -> T {
    read(&mut Fields::of(node, wrong))
}

/// Runs a transformer.
fn run(folder: &Folder, object: &Object, objects: &mut Objects, context: &mut Context) {
    let mut wrong = Vec::new();
    let node = &object.node;
    let mut f = Fields::of(node, &mut wrong);
    let place = object.head();
    let fields: Vec<FieldSpec> = reading::field_specs(&mut f, "fieldSpecs");
    match object.kind() {
        kind @ ("PrefixTransformer" | "SuffixTransformer") => {
            let (key, kind) = match kind {
                "PrefixTransformer" => ("prefix", StepKind::Prefix),
                _ => ("suffix", StepKind::Suffix),
            };
            let affix = f.spot(key).unwrap_or(Spot { value: String::new(), place });
            affixes::apply(&affix, kind, &fields, objects, context);
        }
        // The name of both in old configurations.
        "PrefixSuffixTransformer" => {
            for (key, kind) in [("prefix", StepKind::Prefix), ("suffix", StepKind::Suffix)] {
                if let Some(affix) = f.spot(key) {
                    affixes::apply(&affix, kind, &fields, objects, context);
                }
            }
        }
        "NamespaceTransformer" => {
            let value = node.at(&["metadata", "namespace"]).filter(|value| value.word().is_some());
            let subjects = match f.text("setRoleBindingSubjects").as_str() {
                "" | "defaultOnly" => namespace::Subjects::Default,
                "allServiceAccounts" => namespace::Subjects::ServiceAccounts,
                "none" => namespace::Subjects::None,
                _ => {
                    let message =
                        "`setRoleBindingSubjects` is defaultOnly, allServiceAccounts or none";
                    f.complain(place, message);
                    namespace::Subjects::None
                }
            };
            let options = namespace::Options { unset_only: f.flag("unsetOnly"), subjects };
            if let Some(value) = value {
                let spot = Spot::of(value, value.word().unwrap_or_default());
                namespace::apply(&spot, options, &fields, objects, context);
            }
        }
        "LabelTransformer" => {
            if let Some(Spot { value: pairs, place }) = f.pairs("labels") {
                labels::set(place, &pairs, &fields, objects, context);
            }
        }
        "AnnotationsTransformer" => {
            if let Some(pairs) = f.pairs("annotations") {
                annotations::apply(&pairs, &fields, objects, context);
            }
        }
        "ImageTagTransformer" => {
            if let Some(node) = f.get("imageTag") {
                let image = f.inside(node, reading::image);
                images::apply(&image, &fields, objects, context);
            }
        }
        "ReplicaCountTransformer" => {
            if let Some(node) = f.get("replica") {
                let replica = f.inside(node, reading::replica);
                replicas::apply(&replica, &fields, objects, context);
            }
        }
        "PatchTransformer" => {
            let patch = reading::patch(&mut f);
            patches::apply(folder, (Form::Either, &[patch]), objects, context);
        }
        "PatchJson6902Transformer" => {
            let mut patch = reading::patch_of(&mut f, "jsonOp");
            if let PatchText::Inline(text) = &mut patch.text {
                text.value = text.value.trim().to_owned();
            }
            patches::apply(folder, (Form::Json, &[patch]), objects, context);
        }
        "PatchStrategicMergeTransformer" => {
            let mut list: Vec<_> = f.texts("paths").into_iter().map(reading::merge).collect();
            list.extend(f.spot("patches").map(reading::inline_merge));
            patches::apply(folder, (Form::Merge, &list), objects, context);
        }
        "ReplacementTransformer" => {
            let list = reading::replacements(&mut f);
            replacements::apply(folder, &list, objects, context);
        }
        "HashTransformer" => hash::apply(objects, context),
        "ValueAddTransformer" => value_add::apply(folder, node, place, objects, context),
        kind => f.complain(place, format!("`{kind}` is not a built-in transformer")),
    }
    report(wrong, context);
}

/// The account that `IAMPolicyGenerator` makes for Google's clusters.
fn service_account(node: &Node, place: Place) -> Option<Node> {
    let text = |path: &[&str]| node.word_at(path).unwrap_or_default();
    if text(&["cloud"]) != "gke" {
        return None;
    }
    let origin = Origin::new(place);
    let leaf = |text: &str| Node::text(text, origin);
    let mut annotations = Node::mapping(origin);
    let (account, project) =
        (text(&["serviceAccount", "name"]), text(&["serviceAccount", "projectId"]));
    let address = format!("{account}@{project}.iam.gserviceaccount.com");
    annotations.set("iam.gke.io/gcp-service-account", leaf(&address));
    let mut metadata = Node::mapping(origin);
    metadata.set("annotations", annotations);
    metadata.set("name", leaf(text(&["kubernetesService", "name"])));
    let namespace = Some(text(&["kubernetesService", "namespace"]));
    if let Some(namespace) = namespace.filter(|namespace| !namespace.is_empty()) {
        metadata.set("namespace", leaf(namespace));
    }
    let mut account = Node::mapping(origin);
    account.set("apiVersion", leaf("v1"));
    account.set("kind", leaf("ServiceAccount"));
    account.set("metadata", metadata);
    Some(account)
}
