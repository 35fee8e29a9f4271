//! The configuration file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::diagnostic::{Diagnostic, Place, Report, Source};
use common::fault;
use common::spec;
use globset::{Glob, GlobBuilder, GlobMatcher};
use toml::Spanned;
use toml::de::DeTable;

use super::environment::{self, Environment};
use super::ignore::Ignore;
use super::settings::Settings;
use super::table::Table;
use crate::rule::Severity;
use crate::rules;
use common::quantity::Quantity;

const NAME: &str = ".kustomize-lint.toml";

impl Settings {
    /// Reads the configuration: the file that is named, or the nearest one, or none.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn read(named: Option<&Path>) -> Result<Self, Report> {
        let mut report = Report::default();
        let here = std::env::current_dir().map_err(|error| {
            Report::from(Diagnostic::error("configuration", format!("no current folder: {error}")))
        })?;
        let file = named.map(Path::to_owned).or_else(|| nearest_file(&here));
        // Without a configuration paths are relative to the checkout, from wherever it is linted.
        let checkout = here.ancestors().find(|folder| folder.join(".git").exists());
        let folder = checkout.unwrap_or(&here).to_owned();
        let mut settings = Settings { folder, ..Settings::default() };
        let mut specification = None;
        if let Some(file) = file {
            specification = read_file(&file, &mut settings, &mut report);
        }
        if let Some(folder) = specification.or_else(|| spec::find(&here)) {
            settings.specified = environment::of_specification(&folder, &mut report);
        }
        if report.has_errors() { Err(report) } else { Ok(settings) }
    }
}

fn nearest_file(start: &Path) -> Option<PathBuf> {
    let up = start.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file())?;
    // As a user would write it: in the current folder without its path.
    Some(up.strip_prefix(start).map(Path::to_owned).unwrap_or(up))
}

/// Reads the file into the settings; returns the specification's folder where it names one.
fn read_file(file: &Path, settings: &mut Settings, report: &mut Report) -> Option<PathBuf> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            let kind = "configuration file";
            report.push(fault::unreadable("configuration", kind, file.display(), &error));
            return None;
        }
    };
    let source = Arc::new(Source::new(file.display().to_string(), &text, &[]));
    let document = match DeTable::parse(&text) {
        Ok(document) => document,
        Err(error) => {
            let place = Place { source, span: error.span().unwrap_or(0..0) };
            report.push(Diagnostic::error("configuration", error.message()).at(place, ""));
            return None;
        }
    };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    settings.folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    settings.file = Some((file.to_owned(), text.clone()));
    let mut table = Table::new(&document, source, report);
    fill(&mut table, folder, settings);
    let specification = table.text("specification");
    let named = specification.map(|path| (path.span(), folder.join(path.get_ref())));
    if let Some((span, path)) = &named
        && !path.is_dir()
    {
        table.complain(span.clone(), format!("there is no folder {}", path.display()));
    }
    table.finish();
    named.map(|(_, path)| path).filter(|path| path.is_dir())
}

fn fill(table: &mut Table<'_, '_>, folder: &Path, settings: &mut Settings) {
    if let Some(text) = table.text("kubernetes") {
        match text.get_ref().parse() {
            Ok(version) => settings.kubernetes = version,
            Err(error) => table.complain(text.span(), error.to_string()),
        }
    }
    for path in table.texts("compose") {
        let path = folder.join(path.into_inner());
        settings.compose.push(path.strip_prefix(".").map(Path::to_owned).unwrap_or(path));
    }
    settings.repository = table.text("repository").map(Spanned::into_inner);
    for pattern in table.texts("externals") {
        let shape = pattern.get_ref().split('/').count();
        if !(2..=3).contains(&shape) {
            let message = "an external object is `Kind/name` or `Kind/namespace/name`";
            table.complain(pattern.span(), message);
        }
        settings.externals.extend(glob(table, &pattern));
    }
    for domain in table.texts("example_domains") {
        settings.example_domains.push(domain.into_inner());
    }
    settings.select = rule_words(table, "select");
    settings.deselect = rule_words(table, "deselect");
    for (code, weight) in table.pairs("severity") {
        let rule = rules::find(code.get_ref());
        if rule.is_none() {
            table.complain(code.span(), format!("there is no rule `{}`", code.get_ref()));
        }
        let severity = severity(weight.get_ref());
        if severity.is_none() {
            table.complain(weight.span(), "a severity is error, warning or info");
        }
        settings.severity.extend(rule.map(|rule| rule.code).zip(severity));
    }
    let mut environments = Vec::new();
    table.tables("environment", |table| environments.extend(environment(table)));
    settings.environments = environments;
    let mut ignores = Vec::new();
    table.tables("ignore", |table| ignores.extend(ignore(table)));
    settings.ignores = ignores;
}

/// A severity by its name.
fn severity(word: &str) -> Option<Severity> {
    [Severity::Error, Severity::Warning, Severity::Info].into_iter().find(|s| s.name() == word)
}

fn environment(table: &mut Table<'_, '_>) -> Option<environment::Rule> {
    let path = table.text("path");
    let budget = quantity(table, "budget");
    let reserved = quantity(table, "reserved").unwrap_or_default();
    if let Some(budget) = budget.filter(|budget| reserved > *budget) {
        let span = table.span();
        table.complain(span, format!("more is `reserved` than the budget of {budget}"));
    }
    let node_memory = quantity(table, "node-memory");
    let nodes = table.number("nodes");
    if let Some(nodes) = nodes.as_ref().filter(|nodes| *nodes.get_ref() < 1) {
        table.complain(nodes.span(), "there is at least one node");
    }
    let parity = table.text("parity");
    let names_only = match parity.as_ref().map(|word| (word.get_ref().as_str(), word.span())) {
        None | Some(("exact", _)) => false,
        Some(("names", _)) => true,
        Some((_, span)) => {
            table.complain(span, "parity is `exact`, or `names` where values may differ");
            false
        }
    };
    let absent = table.texts("absent").into_iter().map(Spanned::into_inner).collect();
    let mut differs = Vec::new();
    for pair in table.texts("differs") {
        match pair.get_ref().split_once('/') {
            Some((service, name)) => differs.push((service.to_owned(), name.to_owned())),
            None => table.complain(pair.span(), "write `SERVICE/VARIABLE`, or `*/VARIABLE`"),
        }
    }
    let Some(path) = path else {
        let span = table.span();
        table.complain(span, "an environment needs a `path`: the folder of its overlay");
        return None;
    };
    let name = path.get_ref().rsplit('/').next().unwrap_or_default().to_owned();
    let nodes = nodes.map(Spanned::into_inner);
    let environment =
        Environment { name, budget, reserved, nodes, node_memory, names_only, absent, differs };
    Some(environment::Rule { path: glob(table, &path)?, environment })
}

/// An amount of memory, as the specification writes it and every tool reads it.
fn quantity(table: &mut Table<'_, '_>, key: &'static str) -> Option<Quantity> {
    let text = table.text(key)?;
    let amount = common::environment::memory(text.get_ref());
    if amount.is_none() {
        table.complain(text.span(), "an amount of memory is written like 512Mi or 10g");
    }
    amount
}

fn ignore(table: &mut Table<'_, '_>) -> Option<Ignore> {
    let rules = rule_words(table, "rules");
    let path = table.text("path");
    let path = path.and_then(|path| glob(table, &path));
    let object = table.text("object");
    let object = object.and_then(|object| glob(table, &object));
    let reason = table.text("reason").filter(|reason| !reason.get_ref().trim().is_empty());
    let span = table.span();
    if rules.is_empty() {
        table.complain(span.clone(), "write the `rules` that are ignored");
    }
    if reason.is_none() {
        table.complain(span.clone(), "write the `reason` why this is ignored");
    }
    Some(Ignore { rules, path, object, span })
}

/// Codes, names and beginnings of codes, each of at least one rule.
fn rule_words(table: &mut Table<'_, '_>, key: &'static str) -> Vec<String> {
    let words = table.texts(key);
    for word in &words {
        if let Err(message) = check_word(word.get_ref()) {
            table.complain(word.span(), message);
        }
    }
    words.into_iter().map(Spanned::into_inner).collect()
}

/// Whether a word means at least one rule.
///
/// # Errors
/// What to say when it does not.
pub(crate) fn check_word(word: &str) -> Result<(), String> {
    let words = [word.to_owned()];
    if rules::all().any(|rule| super::ignore::selects(&words, rule)) {
        return Ok(());
    }
    let known = rules::all().flat_map(|rule| [rule.code, rule.name]);
    Err(match common::diagnostic::nearest(word, known) {
        Some(near) => format!("there is no rule `{word}`; did you mean `{near}`?"),
        None => format!("there is no rule `{word}`; `kustomize-lint rules` lists them"),
    })
}

fn glob(table: &mut Table<'_, '_>, pattern: &Spanned<String>) -> Option<GlobMatcher> {
    // One star stays within a folder, two do not.
    let built: Result<Glob, _> =
        GlobBuilder::new(pattern.get_ref()).literal_separator(true).build();
    match built {
        Ok(glob) => Some(glob.compile_matcher()),
        Err(error) => {
            table.complain(pattern.span(), error.to_string());
            None
        }
    }
}
