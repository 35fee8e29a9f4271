//! Custom resources, from the Rust types that kopium writes from the definitions of the custom
//! resources. Only the few forms of Rust that kopium uses are read; any other line is an error.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use kustomize_lint::api::definition::{Definition, Field, Name, Type};
use regex::Regex;

use super::{Content, EVERY, Kind, Sources, name, object_meta, values};

/// Kinds of the group `argoproj.io` that the Argo CD Operator brings, not Argo CD.
const OPERATOR: [&str; 2] = ["ArgoCD", "ArgoCDExport"];

/// Fields that are required and have a default, which the API server fills in before it looks
/// for what is missing. The types do not tell.
const DEFAULTED: [(&str, &str); 3] = [
    ("ProviderOnboardbase", "apiHost"),
    ("ProviderOnboardbase", "environment"),
    ("ProviderOnboardbase", "project"),
];

/// Adds the custom resources of the crates.
pub(super) fn add(sources: &Sources, content: &mut Content) -> Result<(), String> {
    for folder in sources.crates.values() {
        let mut shared = Shared::default();
        for version in entries(folder)?.iter().filter(|path| path.is_dir()) {
            for file in entries(version)?.iter().filter(|path| !path.ends_with("mod.rs")) {
                add_file(file, &mut shared, content)
                    .map_err(|error| format!("{}: {error}", file.display()))?;
            }
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>, String> {
    let listed = folder.read_dir().and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let listed = listed.map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<_> = listed.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn add_file(file: &Path, shared: &mut Shared, content: &mut Content) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let parsed = Parser::default().parse(&text)?;
    let root = parsed.root.as_ref().ok_or("no custom resource")?;
    if OPERATOR.contains(&root.kind.as_str()) {
        return Ok(());
    }
    let field = |name: &str, required, r#type| Field { name: name.into(), required, r#type };
    let mut part = |name: &str| {
        shared.resolve(&root.group, &Type::Named(self::name("", name)), &parsed, content)
    };
    let spec = part(&root.spec)?;
    let status = root.status.as_deref().map(part).transpose()?;
    let mut fields = vec![
        field("apiVersion", true, Type::Text),
        field("kind", true, Type::Text),
        field("metadata", false, object_meta()),
    ];
    // Argo CD's Application has it beside its specification.
    if root.kind == "Application" {
        fields.push(field("operation", false, Type::AnyMapping));
    }
    // The definitions of these alone do not require it.
    let optional = root.group == "external-secrets.io" || root.kind == "ReferenceGrant";
    fields.push(field("spec", !optional, spec));
    fields.extend(status.map(|status| field("status", false, status)));
    let definition = shared.name(&root.group, Definition::Object(fields), content);
    content.add_kind(Kind {
        api_version: format!("{}/{}", root.group, root.version),
        kind: root.kind.clone(),
        definition,
        builtin: false,
        versions: EVERY,
    });
    Ok(())
}

/// Equal types of a group have one definition, whatever they are called: a SecretStore and a
/// ClusterSecretStore differ in little else than their names. Nobody sees these, so they are
/// numbers.
#[derive(Default)]
struct Shared {
    names: HashMap<Definition, Name>,
}

impl Shared {
    fn name(&mut self, group: &str, definition: Definition, content: &mut Content) -> Name {
        let next = name(group, &self.names.len().to_string());
        let name = self.names.entry(definition.clone()).or_insert(next).clone();
        content.add(name.clone(), definition, EVERY);
        name
    }

    /// The type with the names of the file replaced by those of the bundle.
    fn resolve(
        &mut self,
        group: &str,
        r#type: &Type,
        file: &File,
        content: &mut Content,
    ) -> Result<Type, String> {
        let mut inner = |r#type: &Type| self.resolve(group, r#type, file, content).map(Box::new);
        let Type::Named(local) = r#type else {
            return Ok(match r#type {
                Type::List(item) => Type::List(inner(item)?),
                Type::Map(value) => Type::Map(inner(value)?),
                other => other.clone(),
            });
        };
        if local.name == "Condition" && !file.types.contains_key("Condition") {
            return Ok(Type::Named(name("meta/v1", "Condition")));
        }
        let known = file.types.get(&local.name).ok_or_else(|| format!("no type {}", local.name))?;
        match known {
            Definition::Alias(alias) => Ok(alias.clone()),
            Definition::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|field| {
                        let numbers = file.types.get(&(local.name.clone() + &pascal(&field.name)));
                        let narrow =
                            values::narrow_custom(group, &local.name, &field.name, &field.r#type);
                        let r#type = match (&field.r#type, numbers, narrow) {
                            (Type::Int64, Some(Definition::Alias(numbers)), _) => numbers.clone(),
                            (_, _, Some(narrow)) => narrow,
                            (other, _, None) => self.resolve(group, other, file, content)?,
                        };
                        Ok(Field { r#type, ..field.clone() })
                    })
                    .collect::<Result<_, String>>()?;
                let definition = Definition::Object(fields);
                Ok(Type::Named(self.name(group, definition, content)))
            }
        }
    }
}

/// The types of a file.
#[derive(Default)]
struct File {
    root: Option<Root>,
    types: BTreeMap<String, Definition>,
}

/// A custom resource.
struct Root {
    group: String,
    version: String,
    kind: String,
    spec: String,
    status: Option<String>,
}

#[derive(Default)]
struct Parser {
    file: File,
    /// The type that the lines are in, and its fields or values.
    open: Option<(String, Body)>,
    rename: Option<String>,
    /// The facts of the next type's attributes on the custom resource.
    attributes: BTreeMap<String, String>,
}

enum Body {
    Struct(Vec<Field>),
    Enum(Vec<String>),
}

impl Parser {
    fn parse(mut self, text: &str) -> Result<File, String> {
        let serde = Regex::new(
            r#"^#\[serde\((?:default, skip_serializing_if = "Option::is_none"(?:, )?)?(?:rename = "([^"]*)")?\)\]$"#,
        )
        .map_err(|error| error.to_string())?;
        let pair = Regex::new(r#"(\w+) ?= ?"([^"]*)""#).map_err(|error| error.to_string())?;
        let mut prelude = false;
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            let fail = || format!("line {}: {line}", at + 1);
            if prelude || line.is_empty() || line.starts_with("//") {
                prelude &= line != "}";
            } else if line.starts_with("mod prelude") {
                prelude = true;
            } else if let Some(found) = serde.captures(line) {
                self.rename = found.get(1).map(|name| name.as_str().to_owned());
            } else if line.starts_with("#[kube(") {
                for found in pair.captures_iter(line) {
                    self.attributes.insert(found[1].to_owned(), found[2].to_owned());
                }
            } else if line.starts_with("#[derive(")
                || line.starts_with("#[allow(")
                || line.starts_with("use ")
            {
                // Nothing that the API knows of.
            } else if let Some(name) = opened(line, "pub struct ") {
                self.open = Some((name.to_owned(), Body::Struct(Vec::new())));
            } else if let Some(name) = opened(line, "pub enum ") {
                self.open = Some((name.to_owned(), Body::Enum(Vec::new())));
            } else if line == "}" {
                let (name, body) = self.open.take().ok_or_else(fail)?;
                self.close(name, body);
            } else {
                let rename = self.rename.take();
                let (name, body) = self.open.as_mut().ok_or_else(fail)?;
                let line = line.strip_suffix(',').ok_or_else(fail)?;
                match body {
                    Body::Enum(values) => {
                        values.push(rename.unwrap_or_else(|| bare(line).to_owned()));
                    }
                    Body::Struct(fields) => {
                        let declared =
                            line.strip_prefix("pub ").and_then(|line| line.split_once(": "));
                        let (ident, r#type) = declared.ok_or_else(fail)?;
                        let field = rename.unwrap_or_else(|| bare(ident).to_owned());
                        let optional =
                            r#type.strip_prefix("Option<").and_then(|t| t.strip_suffix('>'));
                        let defaulted = DEFAULTED
                            .iter()
                            .any(|(owner, known)| name.ends_with(owner) && field == *known);
                        let r#type = rust_type(optional.unwrap_or(r#type)).ok_or_else(fail)?;
                        let required = optional.is_none() && !defaulted;
                        fields.push(Field { name: field, required, r#type });
                    }
                }
            }
        }
        Ok(self.file)
    }

    fn close(&mut self, name: String, body: Body) {
        let mut attributes = std::mem::take(&mut self.attributes);
        if let (Some(group), Some(version), Some(kind)) =
            (attributes.remove("group"), attributes.remove("version"), attributes.remove("kind"))
        {
            let status = attributes.remove("status");
            self.file.root = Some(Root { group, version, kind, spec: name.clone(), status });
        }
        let definition = match body {
            Body::Struct(mut fields) => {
                fields.sort_by(|a, b| a.name.cmp(&b.name));
                Definition::Object(fields)
            }
            Body::Enum(values) => {
                // Kopium writes the values of an integer as names, and the field does not use them.
                let numbers: Result<Vec<i64>, _> =
                    values.iter().map(|value| value.parse()).collect();
                Definition::Alias(numbers.map_or(Type::OneOf(values), Type::OneOfInts))
            }
        };
        self.file.types.insert(name, definition);
    }
}

fn opened<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.strip_prefix(start)?.strip_suffix(" {")
}

fn pascal(field: &str) -> String {
    let (first, rest) = field.split_at(field.chars().next().map_or(0, char::len_utf8));
    first.to_uppercase() + rest
}

fn bare(ident: &str) -> &str {
    ident.strip_prefix("r#").unwrap_or(ident)
}

fn rust_type(text: &str) -> Option<Type> {
    let inner = |start: &str| text.strip_prefix(start)?.strip_suffix('>');
    if let Some(item) = inner("Vec<") {
        return Some(Type::List(Box::new(rust_type(item)?)));
    }
    if let Some(value) = inner("BTreeMap<String, ") {
        return Some(Type::Map(Box::new(rust_type(value)?)));
    }
    Some(match text {
        "String" => Type::Text,
        "bool" => Type::Bool,
        "i32" => Type::Int32,
        "i64" => Type::Int64,
        "f64" => Type::Number,
        "IntOrString" => Type::IntOrText,
        "serde_json::Value" => Type::Any,
        name if name.chars().all(char::is_alphanumeric) => Type::Named(self::name("", name)),
        _ => return None,
    })
}
