//! The files of `configurations` and `crds`: further fields that transformers change.

use serde_json::{Map, Value as Json};

use super::fields::{Fields, Wrong};
use super::parse::field_specs;
use crate::schema::{Config, Reference};
use crate::tree::{FieldSpec, Node};

/// Reads a file of `configurations`. kustomize passes over fields that it does not know there.
pub(crate) fn configuration(node: &Node, wrong: &mut Vec<Wrong>) -> Config {
    let mut f = Fields::of(node, wrong);
    let references = f
        .list("nameReference")
        .iter()
        .map(|node| {
            f.loosely(node, |f| Reference {
                group: f.text("group"),
                version: f.text("version"),
                kind: f.text("kind"),
                fields: field_specs(f, "fieldSpecs"),
            })
        })
        .collect();
    Config {
        prefixes: field_specs(&mut f, "namePrefix"),
        suffixes: field_specs(&mut f, "nameSuffix"),
        namespaces: field_specs(&mut f, "namespace"),
        labels: field_specs(&mut f, "labels"),
        common_labels: field_specs(&mut f, "commonLabels"),
        template_labels: field_specs(&mut f, "templateLabels"),
        annotations: field_specs(&mut f, "commonAnnotations"),
        references,
        vars: field_specs(&mut f, "varReference"),
        images: field_specs(&mut f, "images"),
        replicas: field_specs(&mut f, "replicas"),
    }
}

/// Reads a file of `crds`: definitions of types by name, whose marks say which fields hold labels,
/// annotations and names of other objects.
pub(crate) fn crds(node: &Node) -> Config {
    let mut config = Config::default();
    let document = node.to_json();
    let Some(types) = document.as_object() else { return config };
    for (name, r#type) in types {
        let properties = properties(r#type);
        let is_object = |key: &str| properties.is_some_and(|known| known.contains_key(key));
        if ["kind", "apiVersion", "metadata"].into_iter().all(is_object) {
            let kind = name.rsplit('.').next().unwrap_or(name);
            Reader { kind, types, config: &mut config }.read(name, &mut Vec::new());
        }
    }
    config
}

fn properties(r#type: &Json) -> Option<&Map<String, Json>> {
    let schema = r#type.get("Schema").or_else(|| r#type.get("schema"))?;
    schema.get("properties")?.as_object()
}

struct Reader<'a> {
    kind: &'a str,
    types: &'a Map<String, Json>,
    config: &'a mut Config,
}

impl Reader<'_> {
    fn read(&mut self, name: &str, path: &mut Vec<String>) {
        // A type may contain itself.
        const DEPTH: usize = 12;
        let types = self.types;
        let Some(properties) = types.get(name).and_then(properties) else { return };
        if path.len() > DEPTH {
            return;
        }
        for (name, property) in properties {
            path.push(name.clone());
            let text = |key: &str| property.get(key).and_then(Json::as_str);
            let field = |path: &[String]| FieldSpec {
                group: String::new(),
                version: String::new(),
                kind: self.kind.to_owned(),
                path: path.join("/"),
                create: false,
            };
            if text("x-kubernetes-annotation").is_some() {
                self.config.annotations.push(field(path));
            }
            if text("x-kubernetes-label-selector").is_some() {
                self.config.common_labels.push(field(path));
            }
            if text("x-kubernetes-identity").is_some() {
                self.config.prefixes.push(field(path));
            }
            let version = text("x-kubernetes-object-ref-api-version");
            if let (Some(version), Some(kind)) = (version, text("x-kubernetes-object-ref-kind")) {
                let key = text("x-kubernetes-object-ref-name-key").unwrap_or("name");
                let mut named = path.clone();
                named.push(key.to_owned());
                self.config.references.push(Reference {
                    group: String::new(),
                    version: version.to_owned(),
                    kind: kind.to_owned(),
                    fields: vec![field(&named)],
                });
            }
            if let Some(inner) = text("$ref") {
                self.read(inner, path);
            }
            path.pop();
        }
    }
}
