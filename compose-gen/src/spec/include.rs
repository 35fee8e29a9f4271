//! The parts of an included or extended file that depend on its folder: paths that start at its own folder, and
//! the variables of its own `.env`. Everything behind this step knows one folder and one `.env`.

use std::path::Path;
use std::sync::Arc;

use common::compose::OPAQUE;
use common::compose::variables::{self, Names, Part, Reference};
use common::project::{Env, Scope, Tree, Value, paths};

use crate::path::relative;

/// Makes the relative paths of every file start at `folder`.
pub(super) fn relocate(root: &mut Tree, folder: &Path) {
    let folder = whole(folder);
    paths::each(root, &mut |tree, kind| {
        let from = whole(&tree.origin.folder);
        let Value::Text(text) = &tree.value else { return };
        let written = text.written().into_owned();
        if from == folder {
            return;
        }
        if let Some((path, rest)) = kind.relative(&written) {
            let path = path.strip_prefix("./").unwrap_or(path);
            tree.rewrite(&format!("{}/{path}{rest}", relative(&from, &folder)));
        }
    });
}

fn whole(path: &Path) -> std::path::PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Replaces the variables that only the `.env` of an included file has, and shows `rewritten` each
/// text. A specification has one name for one thing.
pub(crate) fn substitute(root: &mut Tree, outer: &Arc<Scope>, rewritten: &mut impl FnMut(&Tree)) {
    root.texts(&mut |tree| {
        let Value::Text(text) = &tree.value else { return };
        let written = text.written();
        if Arc::ptr_eq(&tree.origin.scope, outer) || !written.contains('$') {
            return;
        }
        let mut env = blanked(&tree.origin.scope);
        env.retain(|name, _| !outer.env.contains_key(name));
        let found: Vec<_> = references(&written)
            .into_iter()
            .filter(|reference| env.contains_key(reference.name))
            .filter_map(|reference| {
                Some((reference.span.clone(), resolve(&written[reference.span], &env)?))
            })
            .collect();
        let mut text = written.to_string();
        for (span, literal) in found.iter().rev() {
            text.replace_range(span.clone(), &escape(literal));
        }
        if !found.is_empty() {
            tree.rewrite(&text);
            rewritten(tree);
        }
    });
}

/// The values of a scope, in which a variable without a value is blank.
pub(crate) fn blanked(scope: &Scope) -> Env {
    scope.env.iter().map(|(name, value)| (name.clone(), value.replace(OPAQUE, ""))).collect()
}

/// The references of a text, without those inside their arguments.
pub(crate) fn references(text: &str) -> Vec<Reference<'_>> {
    let of = |part| match part {
        Part::Reference(reference) => Some(reference),
        _ => None,
    };
    variables::parts(text).into_iter().filter_map(of).collect()
}

/// The text as Compose reads it with these values: a variable without a value is blank. `None`
/// where Compose would refuse it.
pub(crate) fn resolve(text: &str, env: &Env) -> Option<String> {
    let value = |name: &str| env.get(name).cloned();
    let missing = |reference: &Reference<'_>| reference.operator.is_empty().then(String::new);
    variables::resolve(text, &Names { value: &value, missing: &missing }).ok()
}

/// A literal as a Compose file writes it.
pub(crate) fn escape(literal: &str) -> String {
    literal.replace('$', "$$")
}
