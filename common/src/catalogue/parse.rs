//! From the files' trees to a draft: shapes are checked here, relations in `check`.

use secrecy::SecretString;

use super::names;
use super::template::Template;
use super::types::{Composed, Format, Key, Secret};
use crate::diagnostic::{Diagnostic, Place, Report, did_you_mean};
use crate::fault;
use crate::spec::File;
use crate::yaml::{Entry, Node};

/// The content of the files, before anything is compared.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) secrets: Vec<Secret>,
    /// For each secret the place of each service it names.
    pub(super) uses: Vec<Vec<(String, Place)>>,
    pub(super) env_files: Vec<EnvFileDraft>,
    /// Every service and its profiles; none means that it runs in all of them.
    pub(super) services: Vec<(String, Vec<String>)>,
}

/// An env file, its profiles with their places, and its own place.
type EnvFileDraft = (String, Vec<(String, Place)>, Place);

const SECRET_KEYS: [&str; 7] =
    ["composed", "description", "dev", "format", "keys", "services", "variable"];
const KEY_KEYS: [&str; 4] = ["dev", "key", "nested", "variable"];
const COMPOSED_KEYS: [&str; 2] = ["text", "url"];

pub(super) fn draft(files: &[File], report: &mut Report) -> Draft {
    let mut draft = Draft::default();
    for file in files {
        let mut reader = Reader { file, report };
        for entry in reader.mapping(file.section("services"), "services") {
            let profiles = reader.strings(entry.value.get("profiles"), "profiles");
            let profiles = profiles.into_iter().map(|(name, _)| name).collect();
            draft.services.push((entry.key.clone(), profiles));
        }
        for entry in reader.mapping(file.section("x-env-files"), "x-env-files") {
            let place = file.place(&entry.span);
            if let Some(problem) = names::file_problem(&entry.key) {
                let shown = if names::is_word(&entry.key) { &*entry.key } else { "" };
                reader.bad_name("an env file", shown, problem, place.clone());
            }
            let profiles = reader.strings(Some(&entry.value), "x-env-files");
            draft.env_files.push((entry.key.clone(), profiles, place));
        }
        for entry in reader.mapping(file.section("x-secrets"), "x-secrets") {
            reader.secret(entry, &mut draft);
        }
    }
    draft
}

struct Reader<'a> {
    file: &'a File,
    report: &'a mut Report,
}

impl<'a> Reader<'a> {
    fn secret(&mut self, entry: &Entry, draft: &mut Draft) {
        let place = self.file.place(&entry.span);
        if let Some(problem) =
            names::secret_problem(&entry.key).filter(|_| entry.value.entries().is_some())
        {
            let shown = if entry.key.contains(char::is_whitespace) { "" } else { &*entry.key };
            self.bad_name("a secret", shown, problem, place.clone());
        }
        let node = &entry.value;
        self.mapping(Some(node), "a secret");
        self.known_keys(node, &SECRET_KEYS);
        let format = self.format(node);
        let keys = match format {
            Format::Json => self.keys(node, &place),
            Format::Text | Format::Base64 => {
                if let Some(keys) = node.get("keys") {
                    self.push(
                        "no-keys-here",
                        "only a JSON secret has keys; this one is one value".into(),
                        self.file.place(&keys.span),
                    );
                }
                if node.get("variable").is_none() {
                    self.push(
                        "no-variable",
                        format!("secret \"{}\" is one value and needs a variable", entry.key),
                        place.clone(),
                    );
                }
                vec![self.key(None, node, &place)]
            }
        };
        let composed = self.composed(node, &keys);
        let uses = self.strings(node.get("services"), "services");
        if uses.is_empty() {
            self.push(
                "no-services",
                format!("secret \"{}\" names no service, so no env file would hold it", entry.key),
                place.clone(),
            );
        }
        let description = match node.get("description") {
            Some(text) => self.string(text, "description").unwrap_or_default(),
            None => String::new(),
        };
        let mut services: Vec<String> = uses.iter().map(|(name, _)| name.clone()).collect();
        services.sort();
        services.dedup();
        draft.uses.push(uses);
        draft.secrets.push(Secret {
            name: entry.key.clone(),
            description,
            format,
            keys,
            composed,
            services,
            place,
        });
    }

    fn format(&mut self, node: &Node) -> Format {
        let Some(format) = node.get("format") else { return Format::Json };
        match format.as_str() {
            Some("json") => Format::Json,
            Some("text") => Format::Text,
            Some("base64") => Format::Base64,
            _ => {
                self.push(
                    "bad-format",
                    "the format of a secret is json, text or base64".into(),
                    self.file.place(&format.span),
                );
                Format::Json
            }
        }
    }

    fn keys(&mut self, node: &Node, secret: &Place) -> Vec<Key> {
        for name in ["variable", "dev"] {
            if let Some(entry) = node.entries().unwrap_or_default().iter().find(|e| e.key == name) {
                let message = format!("\"{name}\" belongs to a key, or to a secret of one value");
                let diagnostic = Diagnostic::error("unknown-key", message);
                let hint = "write it under keys:, or write format: text or format: base64";
                self.report.push(diagnostic.at(self.file.place(&entry.span), "").hint(hint));
            }
        }
        let Some(keys) = node.get("keys") else {
            self.push("no-keys", "a JSON secret needs its keys".into(), secret.clone());
            return Vec::new();
        };
        let entries = self.mapping(Some(keys), "keys");
        if entries.is_empty() && keys.entries().is_some() {
            self.push("no-keys", "a JSON secret needs its keys".into(), secret.clone());
        }
        entries
            .iter()
            .map(|entry| {
                let place = self.file.place(&entry.span);
                self.mapping(Some(&entry.value), "a key of a secret");
                self.known_keys(&entry.value, &KEY_KEYS);
                self.key(Some(&entry.key), &entry.value, &place)
            })
            .collect()
    }

    /// A key of a JSON secret, or a whole secret that is one value.
    fn key(&mut self, name: Option<&str>, node: &Node, place: &Place) -> Key {
        let (variable, place) = match node.get("variable") {
            Some(variable) => (
                self.string(variable, "variable").unwrap_or_default(),
                self.file.place(&variable.span),
            ),
            None => (name.unwrap_or_default().to_owned(), place.clone()),
        };
        let named = node.entries().is_some() && (name.is_some() || node.get("variable").is_some());
        if let Some(problem) = names::variable_problem(&variable).filter(|_| named) {
            // A text that cannot be a name may be a value that lost its key.
            let shown = if names::is_word(&variable) { &*variable } else { "" };
            self.bad_name("a variable", shown, &problem, place.clone());
        }
        let nested = match node.get("nested").map(|nested| (nested, nested.kind())) {
            None => false,
            Some((nested, "a boolean")) if nested.text() == Some("true") => true,
            Some((nested, "a boolean")) if nested.text() == Some("false") => false,
            Some((nested, _)) => {
                let place = self.file.place(&nested.span);
                self.push("wrong-type", "\"nested\" is true or false".into(), place);
                false
            }
        };
        let dev = match node.get("dev") {
            Some(dev) => self.string(dev, "dev").unwrap_or_default(),
            None => {
                if node.entries().is_some() {
                    let label = match name {
                        None => "this secret".to_owned(),
                        Some(name) if names::is_word(name) => format!("\"{name}\""),
                        Some(_) => "this key".to_owned(),
                    };
                    self.push(
                        "no-dev-value",
                        format!("{label} has no development value (dev:)"),
                        place.clone(),
                    );
                }
                String::new()
            }
        };
        if dev.contains('\0') {
            self.push("nul", "a value cannot hold a NUL character".into(), place.clone());
        }
        let given = node.get("key").filter(|_| name.is_some());
        let path = given.and_then(|key| self.string(key, "key"));
        if path.as_deref().is_some_and(|path| path.split('.').any(str::is_empty)) {
            let message = "a key is a name, or names with dots between them".to_owned();
            self.push("bad-key", message, place.clone());
        }
        let dev = SecretString::from(dev);
        let name = path.as_deref().or(name).map(str::to_owned);
        Key {
            name,
            path: path.is_some_and(|path| path.contains('.')),
            variable,
            dev,
            nested,
            place,
        }
    }

    /// The variables that are put together from those of `keys`.
    fn composed(&mut self, node: &Node, keys: &[Key]) -> Vec<Composed> {
        let entries = self.mapping(node.get("composed"), "composed");
        entries.iter().filter_map(|entry| self.composed_variable(entry, keys)).collect()
    }

    fn composed_variable(&mut self, entry: &Entry, keys: &[Key]) -> Option<Composed> {
        let place = self.file.place(&entry.span);
        self.mapping(Some(&entry.value), "a composed variable");
        self.known_keys(&entry.value, &COMPOSED_KEYS);
        entry.value.entries()?;
        if let Some(problem) = names::variable_problem(&entry.key) {
            let shown = if names::is_word(&entry.key) { &*entry.key } else { "" };
            self.bad_name("a variable", shown, &problem, place.clone());
        }
        let (text, url) = match (entry.value.get("url"), entry.value.get("text")) {
            (Some(url), None) => (url, true),
            (None, Some(text)) => (text, false),
            _ => {
                let message = "a composed variable has either url: or text:".to_owned();
                self.push("bad-template", message, place);
                return None;
            }
        };
        let at = self.file.place(&text.span);
        let text = self.string(text, if url { "url" } else { "text" })?;
        let template = match Template::parse(&text, url) {
            Ok(template) => template,
            Err(problem) => {
                self.push("bad-template", format!("the template {}", problem.0), at);
                return None;
            }
        };
        let known = || keys.iter().map(|key| key.variable.as_str());
        let unknown: Vec<&str> =
            template.variables().filter(|name| !known().any(|known| known == *name)).collect();
        for name in &unknown {
            let message = "the template names a variable that no key of this secret becomes";
            let names: Vec<&str> = known().filter(|name| names::is_word(name)).collect();
            let hint = fault::available(name, names.iter().copied());
            self.report
                .push(Diagnostic::error("unknown-part", message).at(at.clone(), "").hint(hint));
        }
        let variable = entry.key.clone();
        unknown.is_empty().then_some(Composed { variable, template, place })
    }

    fn known_keys(&mut self, node: &Node, known: &[&'static str]) {
        for entry in node.entries().unwrap_or_default() {
            if known.contains(&entry.key.as_str()) {
                continue;
            }
            let place = self.file.place(&entry.span);
            // A key near to none of ours may be a piece of a value that lacks its quotes.
            let near = did_you_mean(&entry.key, known.iter().copied());
            let message = match near {
                Some(_) => format!("unknown key \"{}\"", entry.key),
                None => "unknown key".to_owned(),
            };
            let known = fault::all(known.iter().copied());
            let all = || format!("{known}; a value with a comma or a # needs quotes");
            let diagnostic = Diagnostic::error("unknown-key", message).at(place, "");
            self.report.push(diagnostic.hint(near.unwrap_or_else(all)));
        }
    }

    /// The entries of an optional mapping; anything else is reported.
    fn mapping<'n>(&mut self, node: Option<&'n Node>, field: &str) -> &'n [Entry] {
        let Some(node) = node else { return &[] };
        if node.entries().is_none() {
            self.wrong_type(node, field, "a mapping");
        }
        node.entries().unwrap_or_default()
    }

    /// The strings of an optional list, with their places; anything else is reported.
    fn strings(&mut self, node: Option<&Node>, field: &str) -> Vec<(String, Place)> {
        let Some(node) = node else { return Vec::new() };
        let Some(items) = node.items() else {
            self.wrong_type(node, field, "a list of names");
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| Some((self.string(item, field)?, self.file.place(&item.span))))
            .collect()
    }

    fn string(&mut self, node: &Node, field: &str) -> Option<String> {
        let text = node.as_str();
        if text.is_none() {
            self.wrong_type(node, field, "a string");
        }
        text.map(str::to_owned)
    }

    fn wrong_type(&mut self, node: &Node, field: &str, wanted: &str) {
        let message = format!("{field} must be {wanted}, and this is {}", node.kind());
        let diagnostic = Diagnostic::error("wrong-type", message);
        let scalar = !matches!(node.kind(), "a list" | "a mapping" | "a string");
        let hint = (wanted == "a string" && scalar)
            .then_some("put it in quotes: YAML reads it as something else");
        self.report.push(diagnostic.at(self.file.place(&node.span), "").hint_if(hint));
    }

    fn bad_name(&mut self, label: &str, name: &str, problem: &str, place: Place) {
        let message = match name {
            "" => format!("{label} cannot be called this: {problem}"),
            name => format!("{label} cannot be called \"{name}\": {problem}"),
        };
        self.report.push(Diagnostic::error("bad-name", message).at(place, ""));
    }

    fn push(&mut self, code: &'static str, message: String, place: Place) {
        self.report.push(Diagnostic::error(code, message).at(place, ""));
    }
}
