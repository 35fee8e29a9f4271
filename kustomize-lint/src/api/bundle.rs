//! The schemas in the binary, unpacked a part at a time.
//!
//! The file begins with the length of its index, 4 bytes, little-endian. The index and every
//! chunk behind it are deflate streams of their own. The index lists the chunks, with their
//! length packed and unpacked, and the kinds.

use std::collections::HashMap;
use std::sync::OnceLock;

use common::diagnostic::nearest;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde_json::Value as Json;

use super::definition::{Definition, Name, parse};
use super::version::Version;

static BYTES: &[u8] = include_bytes!("schemas.bin");

/// Far above the largest part, and no promise that memory could not keep.
const LARGEST_PART: usize = 16 << 20;

/// The schemas of one version of Kubernetes.
#[derive(Debug)]
pub struct Schemas {
    version: Version,
    chunks: HashMap<String, Chunk>,
    api_versions: HashMap<String, Vec<Kind>>,
    rules: HashMap<(String, String), Rules>,
}

/// The rules for the values of a custom resource.
#[derive(Debug)]
struct Rules {
    packed: &'static [u8],
    schema: OnceLock<Json>,
}

#[derive(Debug)]
struct Chunk {
    packed: &'static [u8],
    definitions: OnceLock<HashMap<String, Definition>>,
}

/// A kind of an API version.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) kind: String,
    pub(super) name: Name,
    /// Whether it is Kubernetes' own.
    pub(super) builtin: bool,
    versions: u16,
}

impl Kind {
    pub(super) fn is_in(&self, version: Version) -> bool {
        self.versions & bit(version) != 0
    }
}

fn bit(version: Version) -> u16 {
    1 << version.index()
}

impl Schemas {
    /// The schemas of a version. The index is read at the first call, everything else when it is
    /// needed.
    pub fn of(version: Version) -> &'static Schemas {
        static LOADED: [OnceLock<Schemas>; Version::KNOWN.len()] =
            [const { OnceLock::new() }; Version::KNOWN.len()];
        LOADED[version.index()].get_or_init(|| {
            Self::read(BYTES, version).expect("the bundle in the binary is complete")
        })
    }

    fn read(bytes: &'static [u8], version: Version) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (index, mut rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let mut schemas = Schemas {
            version,
            chunks: HashMap::new(),
            api_versions: HashMap::new(),
            rules: HashMap::new(),
        };
        for line in unpack(index)?.lines() {
            let mut words = line.split('\t');
            let mut word = || words.next();
            match word()? {
                "chunk" => {
                    let (name, length) = (word()?, word()?.parse().ok()?);
                    let (packed, behind) = rest.split_at_checked(length)?;
                    rest = behind;
                    let chunk = Chunk { packed, definitions: OnceLock::new() };
                    schemas.chunks.insert(name.to_owned(), chunk);
                }
                "rules" => {
                    let (api_version, kind) = (word()?.to_owned(), word()?.to_owned());
                    let (packed, behind) = rest.split_at_checked(word()?.parse().ok()?)?;
                    rest = behind;
                    let rules = Rules { packed, schema: OnceLock::new() };
                    schemas.rules.insert((api_version, kind), rules);
                }
                origin @ ("builtin" | "custom") => {
                    let kinds = schemas.api_versions.entry(word()?.to_owned()).or_default();
                    let kind = word()?.to_owned();
                    let (chunk, name) = word()?.split_once('#')?;
                    kinds.push(Kind {
                        kind,
                        name: Name { chunk: chunk.to_owned(), name: name.to_owned() },
                        builtin: origin == "builtin",
                        versions: u16::from_str_radix(word()?, 16).ok()?,
                    });
                }
                _ => return None,
            }
        }
        Some(schemas)
    }

    /// The version that these schemas are of.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The kinds of an API version, of whatever version of Kubernetes.
    pub(super) fn kinds(&self, api_version: &str) -> &[Kind] {
        self.api_versions.get(api_version).map_or(&[], Vec::as_slice)
    }

    /// The API versions of a group that have a kind in this version of Kubernetes.
    pub(super) fn served(&self, group: &str, kind: &str) -> Vec<&str> {
        let serves = |known: &Kind| known.kind == kind && known.is_in(self.version);
        let mut found: Vec<&str> = self
            .api_versions
            .iter()
            .filter(|(api_version, _)| group_of(api_version) == group)
            .filter(|(_, kinds)| kinds.iter().any(serves))
            .map(|(api_version, _)| api_version.as_str())
            .collect();
        found.sort_unstable();
        found
    }

    /// The rules for the values of a custom resource, as the schema of its definition without what
    /// types say.
    pub(super) fn values(api_version: &str, kind: &str) -> Option<&'static Json> {
        let schemas = Self::of(Version::default());
        // Groups of custom resources are domains.
        if !api_version.contains('.') {
            return None;
        }
        let rules = schemas.rules.get(&(api_version.to_owned(), kind.to_owned()))?;
        Some(rules.schema.get_or_init(|| {
            let text = unpack(rules.packed).expect("the bundle in the binary is complete");
            serde_json::from_str(&text).expect("the bundle in the binary is complete")
        }))
    }

    /// The known API versions with the kind that differ from the given one by a slip of the keyboard in the
    /// group.
    pub(super) fn near_versions(&self, api_version: &str, kind: &str) -> Vec<String> {
        let Some((group, version)) = api_version.rsplit_once('/') else { return Vec::new() };
        let mut found: Vec<String> = self
            .api_versions
            .iter()
            .filter(|(_, kinds)| {
                kinds.iter().any(|known| known.kind == kind && known.is_in(self.version))
            })
            .filter(|(known, _)| {
                let known = group_of(known);
                known != group
                    && nearest(group, std::iter::once(known)).is_some()
                    && known.contains('.')
            })
            .map(|(known, _)| known.clone())
            .collect();
        // The same version, where there is one.
        if found.iter().any(|known| known.ends_with(&format!("/{version}"))) {
            found.retain(|known| known.ends_with(&format!("/{version}")));
        }
        found.sort_unstable();
        found
    }

    /// The API versions of Kubernetes itself that have a kind in this version.
    pub(super) fn built_in(&self, kind: &str) -> Vec<&str> {
        let serves =
            |known: &Kind| known.kind == kind && known.builtin && known.is_in(self.version);
        let all = self.api_versions.iter().filter(|(_, kinds)| kinds.iter().any(serves));
        let mut found: Vec<&str> = all.map(|(api_version, _)| api_version.as_str()).collect();
        found.sort_unstable();
        found
    }

    /// Whether the group is one of Kubernetes itself.
    pub(super) fn is_builtin(&self, group: &str) -> bool {
        self.api_versions.iter().any(|(api_version, kinds)| {
            group_of(api_version) == group && kinds.iter().any(|kind| kind.builtin)
        })
    }

    pub(super) fn definition(&self, name: &Name) -> Option<&Definition> {
        let chunk = self.chunks.get(&name.chunk)?;
        let definitions = chunk.definitions.get_or_init(|| {
            let text = unpack(chunk.packed).expect("the bundle in the binary is complete");
            let found = parse(&text, bit(self.version));
            found.expect("the bundle in the binary is complete").into_iter().collect()
        });
        definitions.get(&name.name)
    }
}

/// The group of an `apiVersion`; empty for the first group.
pub(super) fn group_of(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}

fn unpack(packed: &[u8]) -> Option<String> {
    String::from_utf8(decompress_to_vec_with_limit(packed, LARGEST_PART).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::definition::Type;
    use super::*;

    fn names(r#type: &Type) -> Option<&Name> {
        match r#type {
            Type::List(inner) | Type::Map(inner) => names(inner),
            Type::Named(name) => Some(name),
            _ => None,
        }
    }

    /// Nothing at run time has to reckon with a name that leads nowhere.
    #[test]
    fn every_name_leads_to_a_definition_in_every_version() {
        for version in Version::KNOWN {
            let schemas = Schemas::of(version);
            let mut open: Vec<&Name> = schemas
                .api_versions
                .values()
                .flatten()
                .filter(|kind| kind.is_in(version))
                .map(|kind| &kind.name)
                .collect();
            let mut seen = std::collections::HashSet::new();
            while let Some(name) = open.pop() {
                if !seen.insert(name) {
                    continue;
                }
                let definition = schemas.definition(name);
                match definition.unwrap_or_else(|| panic!("{version}: {name:?}")) {
                    Definition::Alias(alias) => open.extend(names(alias)),
                    Definition::Object(fields) => {
                        assert!(fields.is_sorted_by(|a, b| a.name < b.name), "{name:?}");
                        open.extend(fields.iter().filter_map(|field| names(&field.r#type)));
                    }
                }
            }
            assert!(seen.len() > 1000, "{version}: {}", seen.len());
        }
    }

    #[test]
    fn a_cut_bundle_is_refused() {
        for length in [0, 3, 4, 100] {
            assert!(Schemas::read(&BYTES[..length], Version::default()).is_none(), "{length}");
        }
        assert!(Schemas::read(BYTES, Version::default()).is_some());
    }
}
