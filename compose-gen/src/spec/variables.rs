//! The declared names, with their values in each place, and the tree with them replaced.

use std::collections::{BTreeMap, BTreeSet};

use common::catalogue::Catalogue;
use common::diagnostic::{Diagnostic, Report, did_you_mean, nearest};
use common::project::{NO_VARIABLE, NO_VARIABLE_HINT};
use common::secrets::tree::REFERENCES;
use common::secrets::{has_only_references, is_secret, names_secret, shows_secret};
use common::spec::read_file;
use serde_json::Value;

use super::sources::{MAYBE_SECRET, MAYBE_SECRET_HINT, Sources, at};
use super::text::{INTERPOLATED, Names, Problem, interpolate, secrets};

/// The keys of a service whose entries belong to one environment each.
const BY_ENVIRONMENT: [&str; 4] = ["x-environment", "x-resources", "x-replicas", "x-patches"];

/// The declared variables.
pub(super) struct Declared {
    base: Names,
    /// Environment → its own names, and the file that a deployment fills.
    environments: BTreeMap<String, (Names, Option<String>)>,
}

impl Declared {
    pub(super) fn read(
        whole: &Value,
        catalogue: &Catalogue,
        sources: &Sources,
        report: &mut Report,
    ) -> Self {
        let secrets: BTreeSet<String> = catalogue
            .secrets
            .iter()
            .flat_map(common::catalogue::Secret::variables)
            .map(str::to_owned)
            .collect();
        let mut values = BTreeMap::new();
        let mut late = BTreeSet::new();
        for (name, value) in entries(whole.get("x-variables")) {
            let default = value.get("default").unwrap_or(value);
            if plain(default).is_some_and(|default| is_secret(name, &default)) {
                let message =
                    format!("{name} looks like a secret and is written to the generated files");
                let diagnostic = Diagnostic::warning(MAYBE_SECRET, message).hint(MAYBE_SECRET_HINT);
                report.push(at(diagnostic, sources, &["x-variables", name]));
            }
            if secrets.contains(name) {
                let message = format!("\"{name}\" is already a secret's variable");
                let path = ["x-variables", name];
                report.push(at(Diagnostic::error("duplicate", message), sources, &path));
            }
            match value {
                Value::Object(long) => {
                    if let Some(default) = long.get("default").and_then(plain) {
                        values.insert(name.clone(), default);
                    }
                    if long.get("at-up") == Some(&Value::Bool(true)) {
                        late.insert(name.clone());
                        if values.get(name).is_some_and(|default: &String| default.contains('}')) {
                            let message = format!("Compose would end the default of {name} at }}");
                            let path = ["x-variables", name, "default"];
                            report.push(at(
                                Diagnostic::error("bad-default", message),
                                sources,
                                &path,
                            ));
                        }
                    }
                }
                value => values.extend(plain(value).map(|value| (name.clone(), value))),
            }
        }
        let mut environments = BTreeMap::new();
        for (name, environment) in entries(whole.get("x-environments")) {
            let mut merged = values.clone();
            let file = environment.get("values").and_then(Value::as_str);
            if let Some(file) = file {
                merged.extend(filled(name, file, sources, report));
            }
            let names = Names { values: merged, late: BTreeSet::new(), secrets: secrets.clone() };
            environments.insert(name.clone(), (names, file.map(str::to_owned)));
        }
        Declared { base: Names { values, late, secrets }, environments }
    }

    /// The values of the declared names.
    pub(super) fn values(&self) -> &BTreeMap<String, String> {
        &self.base.values
    }

    /// The whole specification with names replaced. `late` keeps what `docker compose up` may
    /// change; everywhere else the default stands.
    pub(super) fn resolve(
        &self,
        whole: &Value,
        late: bool,
        sources: &Sources,
        report: &mut Report,
    ) -> Value {
        let base = Names {
            values: self.base.values.clone(),
            late: if late { self.base.late.clone() } else { BTreeSet::new() },
            secrets: self.base.secrets.clone(),
        };
        let mut walk = Walk { declared: self, base, sources, report, missing: BTreeMap::new() };
        let mut value = whole.clone();
        walk.value(&mut value, &mut Vec::new(), None);
        walk.say_missing();
        value
    }

    /// A value of a key that only Compose has, in which names stay variable.
    pub(super) fn resolve_value(
        &self,
        value: &mut Value,
        path: [&str; 3],
        sources: &Sources,
        report: &mut Report,
    ) {
        let base = Names {
            values: self.base.values.clone(),
            late: self.base.late.clone(),
            secrets: self.base.secrets.clone(),
        };
        let mut walk = Walk { declared: self, base, sources, report, missing: BTreeMap::new() };
        walk.value(value, &mut path.map(str::to_owned).to_vec(), None);
    }
}

/// The values a deployment has filled in.
fn filled(
    environment: &str,
    file: &str,
    sources: &Sources,
    report: &mut Report,
) -> BTreeMap<String, String> {
    let place = ["x-environments", environment, "values"];
    let root = match read_file(&sources.folder.join(file), report) {
        Ok(Some(read)) => read,
        Ok(None) => return BTreeMap::new(),
        Err(diagnostic) => {
            let hint = format!("it holds the values that {environment} needs, NAME: value");
            report.push(at(*diagnostic, sources, &place).hint(hint));
            return BTreeMap::new();
        }
    };
    let mut values = BTreeMap::new();
    for entry in root.root().entries().unwrap_or_default() {
        match entry.value.as_str() {
            Some(text) if !text.is_empty() => {
                values.insert(entry.key.clone(), text.to_owned());
            }
            Some(_) => {}
            None if entry.value.is_null() => {}
            None => report.push(
                Diagnostic::error("wrong-type", format!("\"{}\" must be a string", entry.key))
                    .at(root.place(&entry.value.span), "")
                    .hint("put it in quotes"),
            ),
        }
    }
    values
}

struct Walk<'a> {
    declared: &'a Declared,
    base: Names,
    sources: &'a Sources,
    report: &'a mut Report,
    /// Environment and name → the paths that need it.
    missing: BTreeMap<(String, String), Vec<Vec<String>>>,
}

impl Walk<'_> {
    fn value(&mut self, value: &mut Value, path: &mut Vec<String>, environment: Option<&str>) {
        match value {
            Value::String(text) => self.text(text, path, environment),
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    path.push(index.to_string());
                    self.value(item, path, environment);
                    path.pop();
                }
            }
            Value::Object(map) => {
                for (key, value) in map {
                    path.push(key.clone());
                    let inner = own_environment(path).map(str::to_owned);
                    if !["x-variables", "x-secrets", "x-env-files"].contains(&path[0].as_str()) {
                        self.value(value, path, inner.as_deref().or(environment));
                    }
                    path.pop();
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &mut String, path: &[String], environment: Option<&str>) {
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        if let Some(bad) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        {
            let message = format!("U+{:04X} is a control character", u32::from(bad));
            let diagnostic = Diagnostic::error("bad-character", message)
                .hint("no file that Kubernetes reads can hold it");
            self.report.push(at(diagnostic, self.sources, &steps));
        }
        if !text.contains(INTERPOLATED) {
            return;
        }
        let declared = environment.and_then(|name| self.declared.environments.get(name));
        let names = declared.map_or(&self.base, |(names, _)| names);
        let problems = match interpolate(text, names) {
            Ok(resolved) => {
                if !secrets(&resolved).is_empty() && !may_mention_secrets(&steps) {
                    self.misplaced(&steps);
                    return;
                }
                *text = resolved;
                return;
            }
            Err(problems) => problems,
        };
        for problem in problems {
            let diagnostic = match problem {
                Problem::Unknown(name) if self.is_in_secret(&name, text, &steps) => {
                    let message = "nothing declares the variable behind a $ of this secret";
                    Diagnostic::error("unknown-variable", message).hint(
                        "declare the variable under x-variables, or write $$ for a dollar sign",
                    )
                }
                Problem::Unknown(name) => {
                    let file = declared.and_then(|(_, file)| file.as_ref());
                    if let (Some(environment), Some(_)) = (environment, file)
                        && nearest(&name, names.values.keys().map(String::as_str)).is_none()
                    {
                        let key = (environment.to_owned(), name);
                        self.missing.entry(key).or_default().push(path.to_vec());
                        continue;
                    }
                    let known = names.values.keys().chain(&names.secrets).map(String::as_str);
                    let declare = "declare it under x-variables, or write $$ for a dollar sign";
                    let hint = did_you_mean(&name, known).unwrap_or_else(|| declare.into());
                    let message = format!("nothing declares ${{{name}}}");
                    Diagnostic::error("unknown-variable", message).hint(hint)
                }
                Problem::Syntax => {
                    Diagnostic::error("interpolation", NO_VARIABLE).hint(NO_VARIABLE_HINT)
                }
                Problem::Operator(name) => {
                    let message = format!("${{{name}}} cannot have this operator");
                    Diagnostic::error("interpolation", message).hint(
                        "a secret has no default, and a variable of docker compose up no +; write $$ for a dollar sign",
                    )
                }
                Problem::Mark => Diagnostic::error(
                    "bad-character",
                    "U+F0000 and U+F0001 are for private use and cannot stand here",
                ),
            };
            self.report.push(at(diagnostic, self.sources, &steps));
        }
    }

    /// Whether a `$name` of a text may be a part of a secret: the text is hidden in messages, and is
    /// more than references.
    fn is_in_secret(&self, name: &str, text: &str, steps: &[&str]) -> bool {
        let place = self.sources.place(steps);
        let shown = place.source.text().get(place.span.clone());
        let secret = steps.iter().any(|step| names_secret(step) && !REFERENCES.contains(step));
        (secret || shows_secret(text) || !shown.is_some_and(|shown| shown.contains(name)))
            && !has_only_references(text)
    }

    /// A secret's variable in a place that is fixed before the container starts.
    fn misplaced(&mut self, steps: &[&str]) {
        let key = steps.get(2).or(steps.first()).copied().unwrap_or_default();
        let message = format!("a secret's variable cannot stand in {key}");
        let diagnostic = Diagnostic::error("secret-here", message)
            .hint("use it in environment:, or write $$NAME for a shell of the container");
        self.report.push(at(diagnostic, self.sources, steps));
    }

    /// Reports the names that a deployment has not filled in: one error for each name, with every place.
    fn say_missing(&mut self) {
        for ((environment, name), paths) in std::mem::take(&mut self.missing) {
            let file = self.declared.environments.get(&environment).and_then(|(_, f)| f.clone());
            let message = format!("the environment \"{environment}\" needs a value for {name}");
            let mut diagnostic = Diagnostic::error("no-value", message);
            for (index, path) in paths.iter().enumerate() {
                let steps: Vec<&str> = path.iter().map(String::as_str).collect();
                let place = self.sources.place(&steps);
                diagnostic = match index {
                    0 => diagnostic.at(place, "used here"),
                    _ => diagnostic.also(place, "and here"),
                };
            }
            let file = file.unwrap_or_default();
            self.report.push(diagnostic.hint(format!("write {name} in {file}")));
        }
    }
}

/// Only a variable's text is put together when the container starts. Configs say it themselves.
fn may_mention_secrets(steps: &[&str]) -> bool {
    matches!(
        steps,
        ["services", _, "environment" | "x-environment", ..] | ["configs", _, "content"]
    )
}

/// The environment that a path leads into with its last step.
fn own_environment(path: &[String]) -> Option<&str> {
    match path {
        [top, name] if top == "x-environments" => Some(name),
        [top, _, key, name] if top == "services" && BY_ENVIRONMENT.contains(&key.as_str()) => {
            Some(name)
        }
        _ => None,
    }
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}
