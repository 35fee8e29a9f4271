//! Bases that several kustomizations share: each is rendered once, and copied for the others.

use crate::facts::{FactKind, Problem, ProblemKind};
use crate::load::{Accumulated, Context, Folder, Rendered};
use crate::object::ObjectKey;

/// The limits of a rendering: beyond that it is a mistake or an attack.
pub(super) const MAX_OBJECTS: usize = 200_000;
pub(super) const MAX_ROOTS: usize = 5_000;

/// Adds to a base the objects of the kustomization in a folder.
type Render = fn(&Folder, Accumulated, &mut Context) -> Accumulated;

/// The objects of the kustomization in `folder`, which is included as a base.
pub(super) fn base(folder: &Folder, accumulate: Render, context: &mut Context) -> Accumulated {
    context.bases.include(&folder.canonical);
    // The schema that a kustomization chooses, and marks of the way from the outside, change the result.
    if context.has_schema || context.is_marking {
        context.bases.rendered += 1;
        return accumulate(folder, Accumulated::default(), context);
    }
    let name = (folder.canonical.clone(), folder.shown.clone());
    let fits = |known: &Rendered| {
        !known.roots.iter().any(|root| folder.is_below(&root.canonical))
            && context.roots.len() + known.roots.len() <= MAX_ROOTS
            && context.identities.len() + known.identities.len() <= MAX_OBJECTS
    };
    if context.bases.known.get(&name).is_some_and(fits)
        && let Some(known) = context.bases.take(&name)
    {
        context.bases.copied += 1;
        return put(known, context);
    }
    let start = counters(context);
    let done = accumulate(folder, Accumulated::default(), context);
    context.bases.rendered += 1;
    let cycle = |problem: &Problem| problem.kind == ProblemKind::Cycle;
    let same = !context.has_schema
        && !context.is_full
        && !context.problems[start.problems..].iter().any(cycle);
    if same && context.bases.is_shared(&folder.canonical) {
        let rendered = copy(&done, start, context);
        context.bases.known.insert(name, rendered);
    }
    done
}

/// The lengths of the lists of a rendering.
#[derive(Clone, Copy)]
struct Counters {
    steps: usize,
    facts: usize,
    problems: usize,
    not_analysed: usize,
    duplicate_keys: usize,
    roots: usize,
    objects: usize,
}

fn counters(context: &Context) -> Counters {
    Counters {
        steps: context.steps.len(),
        facts: context.facts.len(),
        problems: context.problems.len(),
        not_analysed: context.not_analysed.len(),
        duplicate_keys: context.duplicate_keys.len(),
        roots: context.roots.len(),
        objects: context.identities.len(),
    }
}

/// Everything that has come since `start`.
fn copy(done: &Accumulated, start: Counters, context: &Context) -> Rendered {
    Rendered {
        first_object: start.objects,
        objects: done.objects.list.clone(),
        vars: done.vars.clone(),
        config: done.config.clone(),
        is_incomplete: done.is_incomplete,
        steps: context.steps[start.steps..].to_vec(),
        facts: context.facts[start.facts..].to_vec(),
        problems: context.problems[start.problems..].to_vec(),
        not_analysed: context.not_analysed[start.not_analysed..].to_vec(),
        duplicate_keys: context.duplicate_keys[start.duplicate_keys..].to_vec(),
        roots: context.roots[start.roots..].to_vec(),
        identities: context.identities[start.objects..].to_vec(),
        heads: context.heads[start.objects..].to_vec(),
    }
}

/// Adds a base to another rendering, whose objects have other numbers. Its steps keep theirs, so that the
/// trees of its objects stay shared.
fn put(mut base: Rendered, context: &mut Context) -> Accumulated {
    let (first_object, objects) = (base.first_object, context.identities.len());
    let key = |key: ObjectKey| ObjectKey((key.0 as usize - first_object + objects) as u32);
    for object in &mut base.objects {
        object.key = key(object.key);
    }
    for fact in &mut base.facts {
        keys(&mut fact.kind, &key);
    }
    for bound in &mut base.vars {
        bound.object = bound.object.map(key);
    }
    context.steps.append(&mut base.steps);
    context.facts.append(&mut base.facts);
    context.problems.append(&mut base.problems);
    context.not_analysed.append(&mut base.not_analysed);
    context.add_duplicates(base.duplicate_keys);
    context.roots.append(&mut base.roots);
    context.identities.append(&mut base.identities);
    context.heads.append(&mut base.heads);
    let mut done = Accumulated {
        vars: base.vars,
        config: base.config,
        is_incomplete: base.is_incomplete,
        ..Accumulated::default()
    };
    done.objects.list = base.objects;
    done.objects.reindex();
    done
}

/// Changes the objects that a fact names.
fn keys(kind: &mut FactKind, key: &impl Fn(ObjectKey) -> ObjectKey) {
    let all = |list: &mut Vec<ObjectKey>| list.iter_mut().for_each(|handle| *handle = key(*handle));
    match kind {
        FactKind::Patch { matched, changed, deleted, target: _, tests: _ } => {
            [matched, changed, deleted].into_iter().for_each(all);
        }
        FactKind::Lenient { object, message: _ }
        | FactKind::ListReplaced { object, path: _, dropped: _ }
        | FactKind::ItemLost { object, path: _ } => *object = key(*object),
        FactKind::Image { matched, name: _, tag_and_digest: _ }
        | FactKind::ReplacementTarget { matched } => all(matched),
        FactKind::Labels { selectors } => all(selectors),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use tempfile::TempDir;

    use crate::load::Bases;
    use crate::render::{Options, Rendering, render_sharing, render_with};
    use crate::tree::{Files, StepId};

    /// Two overlays of a base that needs every kind of step, and a root with both of them.
    const PROJECT: [(&str, &str); 9] = [
        (
            "base/kustomization.yaml",
            "resources: [web.yaml, inner]\nnamePrefix: p-\nlabels: [{pairs: {a: b}, includeSelectors: true}]\n\
             configMapGenerator: [{name: settings, literals: [A=1]}]\nimages: [{name: w, newTag: '2'}]\n\
             components: [../component]\n\
             patches:\n- {target: {kind: Deployment}, patch: '[{op: add, path: /spec/paused, value: true}]'}\n\
             - {path: patch.yaml}\n\
             replacements: [{source: {kind: ConfigMap, name: data, fieldPath: data.a}, \
             targets: [{select: {kind: Deployment}, fieldPaths: [spec.replicas]}]}]\n\
             vars: [{name: V, objref: {apiVersion: v1, kind: ConfigMap, name: data}}]\n",
        ),
        (
            "base/web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  template:\n    \
             spec:\n      containers:\n      - {name: w, image: w, args: [$(V)], envFrom: [{configMapRef: {name: settings}}]}\n",
        ),
        (
            "base/patch.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2, x: 1, x: 2}\n",
        ),
        (
            "base/inner/kustomization.yaml",
            "resources: [data.yaml, gone.yaml, 'https://example.com/a']\n",
        ),
        (
            "base/inner/data.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: data}\ndata: {a: '3'}\n",
        ),
        (
            "component/kustomization.yaml",
            "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\ncommonAnnotations: {c: d}\n",
        ),
        ("one/kustomization.yaml", "resources: [../base]\nnameSuffix: -one\n"),
        ("two/kustomization.yaml", "resources: [../base]\nnameSuffix: -two\nnamespace: two\n"),
        ("both/kustomization.yaml", "resources: [../one, ../two]\n"),
    ];

    fn project(files: &[(&str, &str)]) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        folder
    }

    /// Everything that a rendering says, with its steps counted from the first one.
    fn said(rendering: &Rendering) -> String {
        let number = |id: &mut StepId| id.0 = rendering.steps.range(..*id).count() as u32;
        let (mut objects, mut facts) = (rendering.objects.clone(), rendering.facts.clone());
        for object in &mut objects {
            object.generator.iter_mut().for_each(number);
            object.node.each_origin_mut(&mut |origin| {
                origin.last.iter_mut().for_each(|touch| number(&mut touch.step));
            });
        }
        facts.iter_mut().for_each(|fact| number(&mut fact.step));
        let steps: Vec<_> = rendering.steps.values().collect();
        format!(
            "{:#?}",
            (
                objects,
                &rendering.problems,
                facts,
                &rendering.not_analysed,
                &rendering.duplicate_keys,
                &rendering.roots,
                (steps, &rendering.identities, &rendering.heads),
            )
        )
    }

    #[test]
    fn overlays_share_with_their_base_what_they_leave_alone() {
        let folder = project(&PROJECT);
        let (mut files, mut bases) = (Files::default(), Bases::default());
        let mut render = |name: &str| {
            render_sharing(&folder.path().join(name), &Options::default(), &mut files, &mut bases)
        };
        let (one, two) = (render("one"), render("two"));
        for (object, path, key, shared) in [
            ("data", &[][..], "data", true),
            ("web", &[][..], "metadata", false),
            ("web", &["spec"][..], "selector", true),
            // The name of the ConfigMap in it follows.
            ("web", &["spec"][..], "template", false),
        ] {
            let line = |rendering: &Rendering| {
                let mut objects = rendering.objects.iter();
                let object = objects.find(|one| one.original.name == object).expect("an object");
                object.node.at(path).and_then(|node| node.entry(key).cloned()).expect("a line")
            };
            assert_eq!(line(&one).is(&line(&two)), shared, "{object} {path:?} {key}");
        }
    }

    #[track_caller]
    fn same(root: &Path, roots: &[&str]) -> (usize, usize) {
        let (mut files, mut bases) = (Files::default(), Bases::default());
        for name in roots {
            let folder = root.join(name);
            let shared = render_sharing(&folder, &Options::default(), &mut files, &mut bases);
            let alone = render_with(&folder, &Options::default(), &mut files);
            assert!(said(&shared) == said(&alone), "{name}:\n{}\n{}", said(&shared), said(&alone));
        }
        (bases.rendered, bases.copied)
    }

    #[test]
    fn a_copied_base_is_the_one_that_would_be_rendered() {
        let folder = project(&PROJECT);
        // The base and what is inside it once, and in "both" the two overlays.
        assert_eq!(same(folder.path(), &["one", "two", "both"]), (4, 3));
    }

    #[test]
    fn a_base_of_one_root_is_rendered_once_however_often_it_is_included() {
        let mut files =
            vec![("base/kustomization.yaml".to_owned(), "resources: [a.yaml]\n".to_owned())];
        let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
        files.push(("base/a.yaml".into(), object.into()));
        let mut names = Vec::new();
        for index in 0..20 {
            let text = format!("resources: [../base]\nnamePrefix: n{index}-\n");
            files.push((format!("o{index}/kustomization.yaml"), text));
            names.push(format!("../o{index}"));
        }
        files.push((
            "root/kustomization.yaml".into(),
            format!("resources: [{}]\n", names.join(", ")),
        ));
        let files: Vec<(&str, &str)> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let folder = project(&files);
        assert_eq!(same(folder.path(), &["root"]), (21, 19));
        // A run that was not asked to lint the base does not know how often it is included.
        let (mut files, mut bases) = (Files::default(), Bases::expecting(Default::default()));
        let root = folder.path().join("root");
        render_sharing(&root, &Options::default(), &mut files, &mut bases);
        assert_eq!((bases.rendered, bases.copied), (21, 19));
    }

    #[test]
    fn a_cycle_through_a_known_base_is_found() {
        let folder = project(&[
            ("one/kustomization.yaml", "resources: [../base]\n"),
            ("base/kustomization.yaml", "resources: [../two]\n"),
            ("two/kustomization.yaml", "resources: [../base, a.yaml]\n"),
            ("two/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        ]);
        same(folder.path(), &["one", "two", "base"]);
    }

    #[test]
    fn a_base_is_forgotten_when_nobody_else_includes_it() {
        let folder = project(&PROJECT);
        let base = folder.path().join("base").canonicalize().expect("a folder");
        let inner = base.join("inner");
        let mut bases = Bases::expecting([(base, 2), (inner, 1)].into());
        let mut files = Files::default();
        for (name, known) in [("one", 1), ("two", 0)] {
            let root = folder.path().join(name);
            render_sharing(&root, &Options::default(), &mut files, &mut bases);
            assert_eq!(bases.known.len(), known, "{name}");
        }
    }
}
