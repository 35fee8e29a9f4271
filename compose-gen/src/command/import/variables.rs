//! `$` in a Compose file: references that stay variable are declared under `x-variables`, with the
//! value of the project's `.env` or their default; all other references are resolved now.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common::compose::dotenv;
use common::compose::variables::{Part, parts};
use common::diagnostic::Report;
use common::project::Env;
use common::secrets::tree::REFERENCES;
use common::secrets::{has_only_references, is_secret, names_secret, shows_secret};
use serde_json::Value as Json;

use super::tree::{Fate, Tree, Value};
use crate::spec::include::{escape, references, resolve};
use crate::spec::uncarried;

/// Puts what Compose reads in the place of a text with variables. Returns whether it could.
pub(super) fn fix(tree: &mut Tree, env: &Env) -> bool {
    let Some(text) = tree.text() else { return true };
    let names = named(text);
    fix_named(tree, env, &names)
}

fn fix_named(tree: &mut Tree, env: &Env, names: &[String]) -> bool {
    let Some(text) = tree.text().filter(|text| text.contains('$')) else { return true };
    let Some(fixed) = resolve(text, env) else { return false };
    if !names.is_empty() {
        tree.say(Fate::Rewritten, format!("{} cannot vary here; resolved now", names.join(", ")));
    }
    tree.value = Value::Text(escape(&fixed));
    true
}

/// The text with `$$` for each `$` that Compose takes for itself, because neither a name nor `{` follows.
pub(super) fn doubled(text: &str) -> Option<String> {
    let piece = |part: Part<'_>| match part {
        Part::Literal("$") | Part::Lone(_) => "$$".to_owned(),
        Part::Literal(raw) | Part::Bad(raw) => raw.to_owned(),
        Part::Reference(reference) => match doubled(reference.argument) {
            Some(argument) => format!("${{{}{}{argument}}}", reference.name, reference.operator),
            None => text[reference.span].to_owned(),
        },
    };
    let out: String = parts(text).into_iter().map(piece).collect();
    (out != text).then_some(out)
}

/// The names that a text mentions, with `$` before each.
pub(super) fn named(text: &str) -> Vec<String> {
    let found = references(text);
    let names: BTreeSet<&str> = found.iter().map(|reference| reference.name).collect();
    match has_only_references(text) || !shows_secret(text) {
        true => names.into_iter().map(|name| format!("${name}")).collect(),
        false => names.first().map(|_| "a variable".to_owned()).into_iter().collect(),
    }
}

/// Whether a text at this path may stay variable until `docker compose up`. Amounts, paths and
/// switches may not: their meaning decides what is generated.
fn may_vary(path: &[String], text: &str) -> bool {
    let steps: Vec<&str> = path.iter().map(String::as_str).collect();
    match steps.as_slice() {
        ["services", _, "environment" | "labels" | "command" | "entrypoint" | "image", ..] => true,
        ["services", _, "user" | "working_dir"] | ["services", _, "healthcheck", "test", ..] => {
            true
        }
        ["services", _, "build", "args", ..] | ["configs", _, "content"] => true,
        ["services", _, "ports", _] => only_publishes(text),
        ["services", _, key, ..] => uncarried::reason(key).is_some(),
        _ => false,
    }
}

/// Whether the variable of a port is the host's port and nothing else.
fn only_publishes(text: &str) -> bool {
    let found = references(text);
    let [reference] = found.as_slice() else { return false };
    let plain = reference.argument.bytes().all(|byte| byte.is_ascii_digit());
    let behind = &text[reference.span.end..];
    reference.span.start == 0 && plain && behind.starts_with(':') && !behind[1..].contains(':')
}

/// Resolves what cannot vary and declares the rest.
pub(super) fn declare(root: &mut Tree, env: &Env, folder: &Path) {
    of_env_files(root, env, folder);
    let mut uses: BTreeMap<String, Uses> = BTreeMap::new();
    root.texts(&mut |path, tree| {
        let Some(text) = tree.text().filter(|text| text.contains('$')).map(str::to_owned) else {
            return;
        };
        if path.first().is_some_and(|top| top.starts_with("x-")) {
            return;
        }
        if is_in_secret(path, tree, &text, env) {
            fix_named(tree, env, &["a variable".to_owned()]);
            return;
        }
        if !may_vary(path, &text) || is_nested(&text) || in_name(path, &text) {
            fix(tree, env);
            return;
        }
        for reference in references(&text) {
            let entry = uses.entry(reference.name.to_owned()).or_insert_with(|| Uses {
                place: tree.place.clone(),
                operators: BTreeSet::new(),
                defaults: BTreeSet::new(),
            });
            entry.operators.insert(reference.operator.to_owned());
            if reference.operator.ends_with('-') {
                entry.defaults.insert(reference.argument.to_owned());
            }
        }
    });
    let (mut fixed, mut blank) = (BTreeSet::new(), BTreeSet::new());
    for (name, usage) in uses {
        match (env.get(&name), usage.only_default()) {
            (Some(value), _) => {
                let warning = match is_secret(&name, value) {
                    true => "the value of .env; if it is a secret, it belongs under x-secrets",
                    false => "the value of .env",
                };
                variable(root, &name, value, &usage, warning);
            }
            (None, Some(default)) => {
                variable(root, &name, &default, &usage, "its default");
            }
            (None, None) if usage.operators.iter().all(String::is_empty) => {
                let why = "nothing in the project defines it: blank, as Compose takes it";
                blank.insert(name.clone());
                variable(root, &name, "", &usage, why);
            }
            (None, None) if usage.operators.iter().any(|operator| operator.ends_with('?')) => {}
            (None, None) => {
                fixed.insert(name);
            }
        }
    }
    root.texts(&mut |path, tree| {
        if path.first().is_none_or(|top| !top.starts_with("x-")) {
            settle(tree, &fixed);
            tell_blank(tree, &blank);
        }
    });
}

/// Says where a variable that nothing sets leaves a blank.
fn tell_blank(tree: &mut Tree, names: &BTreeSet<String>) {
    let Some(text) = tree.text() else { return };
    let found = references(text).into_iter().map(|reference| reference.name.to_owned());
    let found: BTreeSet<String> = found.filter(|name| names.contains(name)).collect();
    for name in found {
        tree.say(
            Fate::Carried,
            format!("nothing sets {name}: blank, unless docker compose up does"),
        );
    }
}

/// Whether a text is a secret in which a `$` and what follows may be a part of it: beside other
/// text, with a name that nothing sets.
fn is_in_secret(path: &[String], tree: &Tree, text: &str, env: &Env) -> bool {
    let secret = |step: &String| names_secret(step) && !REFERENCES.contains(&step.as_str());
    // A message about the place hides an argument behind the option of a secret, too.
    let source = tree.place.source.text().get(tree.anchor..).unwrap_or_default();
    let source: String = source.chars().take(text.chars().count()).collect();
    let hidden = source.contains("**") && !text.contains("**");
    (path.iter().any(secret) || shows_secret(text) || hidden)
        && !has_only_references(text)
        && references(text).iter().any(|reference| !env.contains_key(reference.name))
}

/// Whether a reference has another one in its default, or stands for another text where its name is set:
/// one declaration cannot say either.
fn is_nested(text: &str) -> bool {
    let all = references(text);
    all.iter().any(|reference| {
        reference.operator.ends_with('+') || !references(reference.argument).is_empty()
    })
}

/// Whether a variable is a part of the name in `NAME=value`.
fn in_name(path: &[String], text: &str) -> bool {
    let list = path.len() == 4 && ["environment", "labels"].contains(&path[2].as_str());
    list && path[3].parse::<usize>().is_ok()
        && references(text)
            .iter()
            .any(|reference| text.find('=').is_none_or(|at| reference.span.start < at))
}

/// Declares the variables of `.env` that env files mention: the specification reads these files itself.
fn of_env_files(root: &mut Tree, env: &Env, folder: &Path) {
    let mut found: Vec<(String, common::diagnostic::Place)> = Vec::new();
    for (_, service) in root.get("services").into_iter().flat_map(Tree::members) {
        let Some(files) = service.get("env_file") else { continue };
        for file in files.items().chain(files.text().map(|_| files)) {
            let path = file.text().or_else(|| file.get("path").and_then(Tree::text));
            let Some(path) = path.map(|path| folder.join(path.replace("$$", "$"))) else {
                continue;
            };
            let Ok(read) = dotenv::read(&path, &mut Report::default()) else { continue };
            for assignment in &read.assignments {
                let dotenv::Value::Text(text) = &assignment.value else { continue };
                let names = references(text).into_iter().map(|reference| reference.name.to_owned());
                found.extend(names.map(|name| (name, file.place.clone())));
            }
        }
    }
    for (name, place) in found {
        let Some(value) = env.get(&name) else { continue };
        let section = root.section("x-variables");
        if section.get(&name).is_none() {
            let value = Value::Text(value.clone());
            section.insert(&name, Tree::added(&place, value, "an env file mentions it"));
        }
    }
}

/// Where a name is used, and how.
struct Uses {
    place: common::diagnostic::Place,
    operators: BTreeSet<String>,
    defaults: BTreeSet<String>,
}

impl Uses {
    /// The default that every use has.
    fn only_default(&self) -> Option<String> {
        let all = self.operators.iter().all(|operator| operator.ends_with('-'));
        let default = self.defaults.first().filter(|_| all && self.defaults.len() == 1)?;
        if references(default).is_empty() { resolve(default, &Env::new()) } else { None }
    }
}

fn variable(root: &mut Tree, name: &str, default: &str, uses: &Uses, why: &str) {
    let section = root.section("x-variables");
    if section.get(name).is_some() {
        return;
    }
    let at = |value| Tree::new(uses.place.clone(), value);
    let members = vec![
        ("at-up".to_owned(), at(Value::Plain(Json::Bool(true), "true".into()))),
        ("default".to_owned(), at(Value::Text(default.to_owned()))),
    ];
    // Compose would end such a default at its first brace.
    let (value, rest) = match default.contains('}') {
        true => (Value::Text(default.to_owned()), "it cannot vary"),
        false => (Value::Map(members), "docker compose up may change it"),
    };
    section.insert(name, Tree::added(&uses.place, value, format!("{why}; {rest}")));
}

/// Resolves the names that one declaration cannot say: their uses have different defaults.
fn settle(tree: &mut Tree, names: &BTreeSet<String>) {
    let Some(text) = tree.text() else { return };
    let mut out = text.to_owned();
    let mut done = Vec::new();
    for reference in references(text).iter().rev() {
        // A default with names of its own stays: the reader takes it as it is.
        let nested = !references(reference.argument).is_empty();
        if !names.contains(reference.name) || nested {
            continue;
        }
        let Some(literal) = resolve(&text[reference.span.clone()], &Env::new()) else { continue };
        out.replace_range(reference.span.clone(), &escape(&literal));
        done.push(format!("${}", reference.name));
    }
    if !done.is_empty() {
        tree.value = Value::Text(out);
        let why = format!("{} is not one thing everywhere; resolved now", done.join(", "));
        tree.say(Fate::Rewritten, why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_and_what_is_unknown_is_blank() {
        let text = "a$$B ${A:-x${C}}-$D ${E?m}";
        let found: Vec<_> =
            references(text).iter().map(|r| (r.name, r.operator, r.argument)).collect();
        assert_eq!(found, [("A", ":-", "x${C}"), ("D", "", ""), ("E", "?", "m")]);
        assert_eq!(resolve(text, &Env::new()), None);
        let env = Env::from([("E".to_owned(), "$".to_owned())]);
        assert_eq!(resolve(text, &env).unwrap(), "a$B x- $");
    }

    #[test]
    fn a_dollar_that_begins_nothing_is_doubled() {
        for (text, expected) in [
            ("^/(sys|proc)($|/)", Some("^/(sys|proc)($$|/)")),
            ("100$% $1 a$", Some("100$$% $$1 a$$")),
            ("$A${B:-c$ ${D}$$}$5", Some("$A${B:-c$$ ${D}$$}$$5")),
            ("$$ $A ${B:-c}", None),
        ] {
            assert_eq!(doubled(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_a_published_port_may_vary() {
        assert!(only_publishes("${PORT:-80}:80"));
        for text in ["${IP:-127.0.0.1}:80:80", "80:${PORT}", "${A}${B}:80", "${A:-1:2}:80"] {
            assert!(!only_publishes(text), "{text}");
        }
    }
}
