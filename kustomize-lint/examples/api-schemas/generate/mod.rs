//! From the sources to the bytes of the bundle: the same bytes for the same sources.

mod custom;
mod kubernetes;
mod rules;
mod sources;
mod values;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use kustomize_lint::api::Version;
use kustomize_lint::api::definition::{Definition, Name, Type, write};
use miniz_oxide::deflate::compress_to_vec;
use serde_json::Value as Json;

pub(crate) use sources::Sources;

/// The strongest that the compressor has.
const LEVEL: u8 = 10;

/// Versions of Kubernetes as bits.
type Versions = u16;

/// Every version.
const EVERY: Versions = (1 << Version::KNOWN.len()) - 1;

/// The contents of the bundle.
#[derive(Default)]
pub(crate) struct Content {
    kinds: Vec<Kind>,
    /// The meaning of a name, and its versions.
    definitions: BTreeMap<Name, Vec<(Definition, Versions)>>,
    /// The rules for values of a custom resource, by its API version and kind.
    rules: BTreeMap<(String, String), Json>,
}

struct Kind {
    api_version: String,
    kind: String,
    definition: Name,
    builtin: bool,
    versions: Versions,
}

/// Where the bundle is in the project.
pub(crate) fn committed() -> PathBuf {
    rideshare_tests::root().join("kustomize-lint/src/api/schemas.bin")
}

/// The bundle.
pub(crate) fn bundle(sources: &Sources) -> Result<Vec<u8>, String> {
    let mut content = Content::default();
    kubernetes::add(sources, &mut content)?;
    custom::add(sources, &mut content)?;
    rules::add(sources, &mut content)?;
    Ok(content.pack())
}

impl Content {
    fn add(&mut self, name: Name, definition: Definition, versions: Versions) {
        let variants = self.definitions.entry(name).or_default();
        match variants.iter_mut().find(|(known, _)| *known == definition) {
            Some((_, known)) => *known |= versions,
            None => variants.push((definition, versions)),
        }
    }

    fn add_kind(&mut self, new: Kind) {
        let same =
            |kind: &&mut Kind| (&kind.api_version, &kind.kind) == (&new.api_version, &new.kind);
        match self.kinds.iter_mut().find(same) {
            Some(known) => known.versions |= new.versions,
            None => self.kinds.push(new),
        }
    }

    fn pack(mut self) -> Vec<u8> {
        self.kinds.sort_by(|a, b| (&a.api_version, &a.kind).cmp(&(&b.api_version, &b.kind)));
        let mut texts: BTreeMap<&str, String> = BTreeMap::new();
        for (name, variants) in &self.definitions {
            let text = texts.entry(&name.chunk).or_default();
            for (definition, versions) in variants {
                text.push_str(&write(&name.name, *versions, definition));
            }
        }
        let mut index = String::new();
        let mut chunks = Vec::new();
        for (name, text) in texts {
            let packed = compress_to_vec(text.as_bytes(), LEVEL);
            let _ = writeln!(index, "chunk\t{name}\t{}", packed.len());
            chunks.extend(packed);
        }
        for ((api_version, kind), rules) in &self.rules {
            let packed = compress_to_vec(rules.to_string().as_bytes(), LEVEL);
            let _ = writeln!(index, "rules\t{api_version}\t{kind}\t{}", packed.len());
            chunks.extend(packed);
        }
        for kind in &self.kinds {
            let origin = if kind.builtin { "builtin" } else { "custom" };
            let Kind { api_version, kind, definition: Name { chunk, name }, versions, .. } = kind;
            let _ =
                writeln!(index, "{origin}\t{api_version}\t{kind}\t{chunk}#{name}\t{versions:x}");
        }
        let index = compress_to_vec(index.as_bytes(), LEVEL);
        let length = u32::try_from(index.len()).unwrap_or(u32::MAX).to_le_bytes();
        [length.as_slice(), &index, &chunks].concat()
    }
}

/// The name of a definition of Kubernetes.
fn name(chunk: &str, name: &str) -> Name {
    Name { chunk: chunk.to_owned(), name: name.to_owned() }
}

/// The metadata of every object.
fn object_meta() -> Type {
    Type::Named(name("meta/v1", "ObjectMeta"))
}
