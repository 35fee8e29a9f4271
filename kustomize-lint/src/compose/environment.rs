//! The variables of a service: env files in their order, then `environment`, which wins.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use common::compose::dotenv;
use common::fault;
use common::project::{Env, Scope, Tree, Value, known, pairs, paths, with};

use super::model::{EnvVar, Origin};
use super::typed::Typed;

/// The variables in the order of their names, and whether there may be more.
pub(super) fn read(service: &Tree, scope: &Scope, typed: &mut Typed<'_>) -> (Vec<EnvVar>, bool) {
    let mut all = BTreeMap::new();
    let mut more = false;
    if let Some(files) = service.get("env_file") {
        let mut earlier = Env::new();
        let items = match &files.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(files),
        };
        for item in items {
            match path(item, typed) {
                Some((Some(path), required)) => {
                    let path = paths::below(&item.origin.folder, &path);
                    file(&path, required, item, scope, &mut earlier, &mut all, typed);
                }
                Some((None, _)) => more = true,
                None => {}
            }
        }
    }
    if let Some(tree) = service.get("environment") {
        inline(tree, scope, &mut all, typed);
    }
    (all.into_values().collect(), more)
}

/// The path of an entry, if it is known, and whether the file must be there.
fn path(item: &Tree, typed: &mut Typed<'_>) -> Option<(Option<String>, bool)> {
    if item.text().is_some() {
        return Some((typed.text("env_file", item)?.value, true));
    }
    let Some(path) = item.get("path") else {
        return typed.wrong("env_file", "a path, or a mapping with a path", item);
    };
    let required = typed.switch("required", item.get("required"), true);
    Some((typed.text("path", path)?.value, required))
}

fn file(
    path: &Path,
    required: bool,
    item: &Tree,
    scope: &Scope,
    earlier: &mut Env,
    all: &mut BTreeMap<String, EnvVar>,
    typed: &mut Typed<'_>,
) {
    let file = match dotenv::read(path, typed.report) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound && !required => return,
        Err(error) => {
            let diagnostic = fault::unreadable("no-env-file", "env file", path.display(), &error)
                .at(item.place(), "");
            let hint = "if the file may be missing, write required: false";
            return typed.report.push(diagnostic.hint(hint));
        }
    };
    let value = |name: &str| earlier.get(name).or_else(|| scope.env.get(name)).cloned();
    let values = with(&value, |names| dotenv::values(&file.assignments, names));
    // Read as it stands, such a file may mean something else.
    let raw = item.get("format").is_some();
    for assignment in &file.assignments {
        let Some(value) = values.get(&assignment.name) else { continue };
        let variable = EnvVar {
            name: assignment.name.clone(),
            value: known(value).filter(|_| !raw),
            from: Origin::EnvFile,
            place: file.place(assignment),
        };
        all.insert(variable.name.clone(), variable);
    }
    earlier.extend(values);
}

fn inline(tree: &Tree, scope: &Scope, all: &mut BTreeMap<String, EnvVar>, typed: &mut Typed<'_>) {
    let Some(pairs) = pairs(tree) else {
        typed.wrong::<()>("environment", "a mapping, or a list of NAME=value", tree);
        return;
    };
    for (name, tree) in pairs {
        let text = match tree.printed() {
            _ if tree.is_null() => scope.env.get(&name).cloned(),
            None => {
                typed.wrong::<()>("the value of a variable", "a string or a number", &tree);
                continue;
            }
            text => text,
        };
        let value = text.as_deref().and_then(known);
        let variable =
            EnvVar { name: name.clone(), value, from: Origin::Environment, place: tree.place() };
        all.insert(name, variable);
    }
}
