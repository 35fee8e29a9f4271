//! A kustomization's objects: resources, generators, components, transformers, in this order.

use std::sync::Arc;

use super::bases::{self, MAX_OBJECTS, MAX_ROOTS};
use super::charts;
use super::config;
use super::configurations::configurations;
use crate::facts::{Effect, ProblemKind};
use crate::generate;
use crate::kustomization::{FILE_NAMES, Spot, parse};
use crate::load::{
    Accumulated, Context, Folder, Found, Root, add, is_remote, marks, read_bounded, resources,
};
use crate::transform;
use crate::transform::plugins::{self, Plugins};
use crate::tree::{Dialect, Place};

/// Adds to `base` what the kustomization in `folder` makes. A component changes what it is
/// added to; for everything else `base` is empty.
pub(crate) fn accumulate(
    folder: &Folder,
    mut base: Accumulated,
    context: &mut Context,
) -> Accumulated {
    if context.roots.len() >= MAX_ROOTS || context.identities.len() >= MAX_OBJECTS {
        let message = "too many kustomizations or objects; does one include itself many times?";
        if !std::mem::replace(&mut context.is_full, true) {
            context.problem(ProblemKind::Build, None, message);
        }
        return base;
    }
    let Some(at) = open(folder, context) else {
        base.is_incomplete = true;
        return base;
    };
    let outer = std::mem::replace(&mut context.is_incomplete, base.is_incomplete);
    let kustomization = Arc::clone(&context.roots[at].kustomization);
    for part in &kustomization.not_analysed {
        context.not_analysed(part.place, format!("`{}`", part.value), Effect::Objects);
    }
    if context.roots.len() == 1 {
        context.is_marking = !kustomization.build_metadata.is_empty();
    }
    config::schema(folder, &kustomization, context);
    for path in &kustomization.resources {
        resource(folder, path, &mut base, context);
    }
    charts::load(&kustomization, &mut base, context);
    config::load(folder, &kustomization, &mut base, context);
    generate::apply(folder, &kustomization, &mut base.objects, context);
    let generators = configurations(folder, &kustomization.generators, resource, context);
    plugins::generate(folder, &generators, &mut base.objects, context);
    for path in &kustomization.components {
        if is_remote(&path.value) && folder.copy_of(path, context).is_none() {
            let part = format!("the remote component {}", path.value);
            context.not_analysed(path.place, part, Effect::Objects);
            continue;
        }
        if let Some(inner) = folder.enter(path, context) {
            let (next, before) = (context.roots.len(), context.problems.len());
            base.is_incomplete = context.is_incomplete;
            base = accumulate(&inner, base, context);
            context.is_incomplete |= base.is_incomplete;
            blame(before, path, context);
            expect(next, true, path, context);
        }
    }
    let plugins = Plugins {
        transformers: configurations(folder, &kustomization.transformers, resource, context),
        validators: configurations(folder, &kustomization.validators, resource, context),
    };
    transform::apply(folder, &kustomization, &plugins, &mut base, context);
    base.vars.extend(transform::vars::bind(&kustomization.vars, &base.objects, context));
    base.is_incomplete = std::mem::replace(&mut context.is_incomplete, outer);
    base
}

/// Reads the kustomization file of a folder into the list of roots.
fn open(folder: &Folder, context: &mut Context) -> Option<usize> {
    let present: Vec<_> = FILE_NAMES
        .iter()
        .map(|name| folder.canonical.join(name))
        .filter(|path| path.is_file())
        .collect();
    let path = match present.as_slice() {
        [path] => path,
        [] => {
            let message = format!("{} has no kustomization.yaml", folder.shown.display());
            context.problem(ProblemKind::MissingFile, None, message);
            return None;
        }
        _ => {
            let message = format!("{} has several kustomization files", folder.shown.display());
            context.problem(ProblemKind::Build, None, message);
            return None;
        }
    };
    let shown = folder.shown(path.file_name()?);
    let bytes = read_bounded(path, None, context)?;
    let text = String::from_utf8_lossy(&bytes);
    let before = context.problems.len();
    let documents = resources::documents(&shown, &text, Dialect::Kustomization, context);
    if context.problems.len() > before {
        return None;
    }
    let file = context.files.add(&shown, &text);
    let Some(node) = documents.first().filter(|node| !node.is_null()) else {
        let message = format!("{} is empty", shown.display());
        context.problem(ProblemKind::Malformed, Some(Place::new(file, &(0..0))), message);
        return None;
    };
    if let Some(second) = documents.get(1) {
        let part = "a document behind the first, which kustomize passes over,";
        context.not_analysed(context.files.first_line(second.origin.base), part, Effect::Nothing);
    }
    let says = |key: &str| !matches!(key, "kind" | "apiVersion");
    if node.is_mapping() && !node.entries().iter().any(|e| says(&e.key)) {
        context.malformed(node.origin.base, "this kustomization says nothing");
    }
    let mut wrong = Vec::new();
    let kustomization = parse(node, &mut wrong);
    crate::transform::patches::hide_inline(&kustomization, context);
    for (place, message) in wrong {
        context.malformed(place, message);
    }
    context.roots.push(Root {
        path: folder.shown.clone(),
        canonical: folder.canonical.clone(),
        file,
        kustomization: Arc::new(kustomization),
    });
    Some(context.roots.len() - 1)
}

/// Gives the problems of a folder as a whole the place where the folder is named.
fn blame(before: usize, path: &Spot<String>, context: &mut Context) {
    for problem in context.problems.iter_mut().skip(before) {
        problem.place.get_or_insert(path.place);
    }
}

/// Reports a component where a kustomization belongs, or the reverse.
fn expect(at: usize, component: bool, path: &Spot<String>, context: &mut Context) {
    let Some(root) = context.roots.get(at) else { return };
    if root.kustomization.component != component {
        let message = if component {
            format!("{} is not a component (`kind: Component`)", path.value)
        } else {
            format!("{} is a component; it belongs in `components`", path.value)
        };
        context.problem(ProblemKind::Build, Some(path.place), message);
    }
}

/// Adds what an entry of `resources` leads to.
fn resource(folder: &Folder, path: &Spot<String>, base: &mut Accumulated, context: &mut Context) {
    // An existing path is local, whatever it looks like.
    if is_remote(&path.value)
        && !folder.canonical.join(&path.value).exists()
        && folder.copy_of(path, context).is_none()
    {
        let part = format!("the remote base {}", path.value);
        context.not_analysed(path.place, part, Effect::Objects);
        return;
    }
    match folder.find(path, context) {
        // A file that cannot be read may have the objects that later steps look for.
        None => context.is_incomplete = true,
        Some(Found::File(_)) => {
            let Some((shown, text)) = folder.read_text(path, context) else {
                context.is_incomplete = true;
                return;
            };
            for mut object in resources::resources(&shown, &text, context) {
                object.marks.origin = marks::read(folder, &path.value, context);
                add(&mut base.objects, object, context);
            }
        }
        Some(Found::Folder(inner)) => {
            let (next, before) = (context.roots.len(), context.problems.len());
            let sub = bases::base(&inner, accumulate, context);
            context.is_incomplete |= sub.is_incomplete;
            blame(before, path, context);
            expect(next, false, path, context);
            for object in sub.objects.list {
                add(&mut base.objects, object, context);
            }
            base.vars.extend(sub.vars);
            if let Some(config) = &sub.config {
                config::merge(&mut base.config, config, path.place, context);
            }
        }
    }
}
