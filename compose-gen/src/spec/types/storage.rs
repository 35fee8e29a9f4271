//! Mounts: files and volumes, and the claim that a volume makes in the cluster.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Pairs, Scalar};

/// A mount.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Mount {
    /// `source:target[:mode]`
    Text(String),
    /// The long form.
    Long(Box<MountLong>),
}

/// The long form of a mount.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MountLong {
    /// volume, bind or tmpfs.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The volume or the path.
    #[serde(default)]
    pub(crate) source: Option<String>,
    /// Where it is mounted.
    pub(crate) target: String,
    /// Whether it cannot be written.
    #[serde(default)]
    pub(crate) read_only: Option<bool>,
    /// Compose's own.
    #[serde(default)]
    pub(crate) bind: Option<Value>,
    /// Compose's own.
    #[serde(default)]
    pub(crate) volume: Option<Value>,
    /// Compose's own.
    #[serde(default)]
    pub(crate) tmpfs: Option<Value>,
    /// Compose's own.
    #[serde(default)]
    pub(crate) image: Option<Value>,
    /// Compose's own.
    #[serde(default)]
    pub(crate) consistency: Option<String>,
}

/// A secret of Compose.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct FileSecret {
    /// The path of its file.
    pub(crate) file: Option<String>,
    /// The variable that holds it.
    pub(crate) environment: Option<String>,
    /// Made elsewhere; the Secret must exist.
    pub(crate) external: Option<bool>,
    /// Its name for the engine.
    pub(crate) name: Option<String>,
}

/// A file of the top-level `configs`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Its path.
    #[serde(default)]
    pub(crate) file: Option<String>,
    /// Its content.
    #[serde(default)]
    pub(crate) content: Option<String>,
    /// Made elsewhere; the ConfigMap must exist.
    #[serde(default)]
    pub(crate) external: Option<bool>,
    /// Its name for the engine.
    #[serde(default)]
    pub(crate) name: Option<String>,
}

/// A service's use of a config.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ConfigUse {
    /// Its name; mounted at `/name`.
    Name(String),
    /// With a target.
    Long(ConfigUseLong),
}

/// A config and where it goes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigUseLong {
    /// Its name.
    pub(crate) source: String,
    /// Where it is mounted.
    #[serde(default)]
    pub(crate) target: Option<String>,
    /// Permission bits.
    #[serde(default)]
    pub(crate) mode: Option<Scalar>,
    /// Its owner; Compose's own.
    #[serde(default)]
    pub(crate) uid: Option<Scalar>,
    /// Its group; Compose's own.
    #[serde(default)]
    pub(crate) gid: Option<Scalar>,
}

/// A named volume.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Volume {
    /// Its name for the engine.
    pub(crate) name: Option<String>,
    /// The engine's driver.
    pub(crate) driver: Option<String>,
    /// Its options.
    pub(crate) driver_opts: Option<Value>,
    /// Made elsewhere.
    pub(crate) external: Option<bool>,
    /// Labels.
    pub(crate) labels: Option<Pairs>,
    /// The PersistentVolumeClaim.
    #[serde(rename = "x-claim")]
    pub(crate) claim: Option<Claim>,
}

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Claim {
    /// Its size, such as 5Gi [1Gi].
    pub(crate) size: Option<String>,
    /// Who may mount it [ReadWriteOnce].
    pub(crate) access: Option<Access>,
}

/// Who may mount a claim.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[allow(clippy::enum_variant_names)] // Kubernetes' own names
pub(crate) enum Access {
    /// One node.
    ReadWriteOnce,
    /// Every node.
    ReadWriteMany,
    /// Every node, without writing.
    ReadOnlyMany,
    /// One pod.
    ReadWriteOncePod,
}
