//! The settings of the configuration file, the command line and the specification.
//!
//! `.kustomize-lint.toml`, in the current folder or the nearest parent that has one:
//!
//! ```toml
//! kubernetes = "1.35"                    # the API that the objects are checked against
//! compose = ["docker/compose.yaml"]      # for the rules of parity
//! repository = "https://github.com/example/shop"   # this one, as Argo CD's Applications name it
//! specification = "infrastructure/platform"
//! externals = ["StorageClass/standard", "Secret/prod/tls-*"]
//! select = ["KB", "KR", "secret-key-missing"]   # all when left out
//! deselect = ["KP006"]
//!
//! [severity]
//! KB012 = "error"
//!
//! [[environment]]
//! path = "overlays/local"                # a pattern for the folder of the overlay, "." for this
//! budget = "10Gi"                        # memory of the whole environment
//! reserved = "1Gi"                       # of which the system takes so much
//! nodes = 3
//! node-memory = "4Gi"                    # what pods may have of one node
//! parity = "names"                       # values may differ from Compose; "exact" when left out
//! absent = ["localstack"]                # services of the Compose project that are not there
//! differs = ["web/LOG_LEVEL", "*/PROXY"] # variables that may differ, or be missing
//!
//! [[ignore]]
//! rules = ["KQ004"]
//! path = "base/**"                       # optional: a pattern for the file
//! object = "Job seed-*"                  # optional: a pattern for kind and name
//! reason = "one-shot, ends before the others start"
//! ```
//!
//! Paths and patterns are relative to the folder of the configuration file.
//!
//! Permitted differences between an overlay and Compose are declared, never guessed. A specification declares
//! it where it makes the difference: `x-absent` and `x-environment` of its services count like `absent` and
//! `differs` of the environment that they are for.

mod environment;
mod file;
mod ignore;
mod settings;
mod table;

pub(crate) use environment::Environment;
pub(crate) use file::check_word;
pub(crate) use ignore::selects;
pub(crate) use settings::Settings;
