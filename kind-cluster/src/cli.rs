//! The command line. Its doc comments are the help and the man page.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use common::cli::Verbosity;
use common::duration;

const AFTER_HELP: &str = "\
Examples:
  kind-cluster preflight                     check this machine
  kind-cluster create && kind-cluster load && kind-cluster deploy
  kind-cluster deploy --profile core --dry-run
  kind-cluster status --format json
  kind-cluster smoke --format junit > smoke.xml
  kind-cluster teardown --preserve-data --backup-dir backups
  kind-cluster restore backups/rideshare-local-20260101T120000Z.tar

Exit status:
  0    done, or every check passed
  1    a check failed: this machine is not ready, drift, over budget, a dangling reference, a
       missing image, a conflict, a failed pod or Job, a failed smoke test, a bad archive
  2    wrong usage, wrong input, no such cluster, or a missing program
  3    could not finish: the deadline has passed, another run is changing the cluster, the engine
       or the API server did not answer, or a disk is full
  130  interrupted (143: terminated)

Environment:
  KIND_EXPERIMENTAL_PROVIDER
               the engine, as kind reads it: docker, podman, nerdctl or finch;
               without it, the first one that is installed
  KUBECONFIG   file with the context kind-NAME; the current context is neither used nor changed
  NO_COLOR     switches colours off";

/// Create, fill, check, back up and delete the local Kind cluster.
///
/// The cluster is created from its generated configuration. Overlays are deployed in the order of
/// their dependencies, faults are reported with their cause, and data is backed up before the cluster
/// is deleted. Every request to Kubernetes uses the context kind-NAME.
#[derive(Debug, Parser)]
#[command(name = "kind-cluster", version, after_help = AFTER_HELP)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    /// The command to run.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub shared: Shared,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Shared {
    /// Name of the cluster
    #[arg(long, env = "CLUSTER_NAME", default_value = "rideshare-local", global = true)]
    #[arg(value_parser = cluster_name)]
    pub name: String,
    /// Folder of the Kustomize overlay
    /// [default: infrastructure/kubernetes/overlays/local here or in a parent folder]
    #[arg(long, value_name = "DIR", env = "KIND_OVERLAY", global = true)]
    pub overlay: Option<PathBuf>,
    /// Name of the overlay's inventory, the list of its objects in the cluster
    /// [default: made of the overlay's path in its Git repository]
    #[arg(long, value_name = "NAME", env = "KIND_INVENTORY", global = true)]
    #[arg(value_parser = cluster_name)]
    pub inventory: Option<String>,
    /// Profile of the overlay, which is a folder in it; may be repeated, or separated by commas
    /// [default: the whole overlay]
    #[arg(long, value_name = "NAME", env = "KIND_PROFILE", value_delimiter = ',', global = true)]
    pub profile: Vec<String>,
    /// Generated Kind configuration
    /// [default: infrastructure/kubernetes/kind/cluster.yaml here or in a parent folder]
    #[arg(long, value_name = "FILE", env = "KIND_CONFIG", global = true)]
    pub kind_config: Option<PathBuf>,
    /// Folder with the platform's specification, which holds the memory budget
    /// [default: infrastructure/platform here or in a parent folder]
    #[arg(long, value_name = "DIR", env = "PLATFORM_SPEC", global = true)]
    pub spec: Option<PathBuf>,
    /// Deadline of the whole run, such as 90s or 15m; exit with 3 when it has passed
    #[arg(long, value_name = duration::METAVAR, env = "KIND_TIMEOUT", global = true)]
    #[arg(value_parser = duration::timeout, default_value = "15m")]
    pub timeout: Duration,
    /// Format of the results on stdout
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    pub format: Format,
    /// Change nothing; print what would be created, applied and deleted, in order. With `server`,
    /// `deploy` also sends each object to the API server as a dry run
    #[arg(long, value_name = "WHERE", value_enum, global = true)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "client")]
    pub dry_run: Option<DryRun>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub verbosity: Verbosity,
}

impl Shared {
    /// Whether nothing may change.
    pub fn dry_run(&self) -> bool {
        self.dry_run.is_some()
    }
}

/// Who is asked in a dry run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DryRun {
    /// Compare with the existing objects only
    Client,
    /// Also let the API server check each object
    Server,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For CI systems that read JUnit's XML
    Junit,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check that this machine can run the cluster
    Preflight(Preflight),
    /// Create the cluster, or bring an existing one in line with the configuration
    Create(Create),
    /// Load the images that the overlay needs and the nodes lack
    Load(Load),
    /// Apply the overlay in the order of its dependencies and wait until it is ready
    Deploy(Deploy),
    /// Show the changes that deploy would make, by a dry run of the API server; secrets are masked
    Diff(Diff),
    /// Report every fault in the cluster
    Status(StatusOptions),
    /// Print the logs of containers; the values of Secrets are masked
    Logs(Logs),
    /// Replace the pods of workloads, and wait until the new ones are ready
    Restart(Restart),
    /// Return a workload to the pod template before its last change
    Rollback(Rollback),
    /// Make a Service of the overlay reachable on this machine, until Ctrl-C
    PortForward(PortForward),
    /// Stop the cluster's nodes; all data stays
    Stop,
    /// Start stopped nodes, and wait until they are ready
    Start,
    /// Test the running platform: Kafka, Redis, MinIO, DNS, a volume, the routes
    Smoke(Smoke),
    /// Write the data of every volume and database to a verified archive
    Backup(Backup),
    /// Delete the cluster; its data only after a verified backup, or with --discard-data
    Teardown(Teardown),
    /// Restore the data of an archive
    Restore(Restore),
    /// Run all diagnostics: this machine, drift, leftovers of interrupted runs, the cluster
    Doctor(Doctor),
}

/// Failed checks that somebody has chosen to ignore.
#[derive(Clone, Debug, Default, Args)]
pub struct Ignore {
    /// Check of this machine whose failure is only a warning: its code (`port-taken`), its name
    /// (`helm`) or its group (`disk`); may be repeated, or separated by commas
    #[arg(long, value_name = "CHECK", env = "KIND_IGNORE", value_delimiter = ',')]
    pub ignore: Vec<String>,
}

/// Options of `preflight`.
#[derive(Clone, Debug, Args)]
pub struct Preflight {
    /// List of the components to install; Helm is required only for a chart [default:
    /// infrastructure/config/kind/components.yaml here or in a parent folder]
    #[arg(long, value_name = "FILE", env = "KIND_COMPONENTS")]
    pub components: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub ignore: Ignore,
}

/// Options of `create`.
#[derive(Clone, Debug, Args)]
pub struct Create {
    /// List of the components to install: Gateway API, Envoy Gateway, External Secrets [default:
    /// infrastructure/config/kind/components.yaml here or in a parent folder]
    #[arg(long, value_name = "FILE", env = "KIND_COMPONENTS")]
    pub components: Option<PathBuf>,
    /// Folder with the components' manifests and charts, instead of a download; `--dry-run` prints
    /// the file names
    #[arg(long, value_name = "DIR", env = "KIND_MANIFEST_DIR")]
    pub manifest_dir: Option<PathBuf>,
    /// Record the checksum of every manifest and chart that has none yet
    #[arg(long)]
    pub update_lock: bool,
    /// Create the cluster without components
    #[arg(long)]
    pub no_components: bool,
    /// Delete an incomplete cluster that an interrupted creation has left, and create it again, even
    /// if its API server has run. A cluster whose volumes hold data is never deleted
    #[arg(long)]
    pub recreate: bool,
    /// Certificates in PEM, such as a company's, that every node trusts when it pulls images; may
    /// be repeated, or separated by commas
    #[arg(long, value_name = "FILE", env = "KIND_CA_FILE", value_delimiter = ',')]
    pub ca_file: Vec<PathBuf>,
    /// Registry whose images are kept in a container beside the cluster, which outlives it, such as
    /// docker.io; may be repeated, or separated by commas
    #[arg(long, value_name = "HOST", env = "KIND_REGISTRY_CACHE", value_delimiter = ',')]
    #[arg(value_parser = registry)]
    pub registry_cache: Vec<String>,
    /// Image of the caches' containers
    #[arg(long, value_name = "IMAGE", env = "KIND_REGISTRY_CACHE_IMAGE")]
    #[arg(default_value = "docker.io/library/registry:3.0.0")]
    pub registry_cache_image: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub ignore: Ignore,
}

/// Options of `load`.
#[derive(Clone, Debug, Args)]
pub struct Load {
    /// Prefix of the images that are built locally; such an image must exist, because no registry has
    /// it
    #[arg(long, value_name = "PREFIX", default_value = "rideshare/", env = "KIND_BUILT_HERE")]
    pub built_here: String,
}

/// Options of `deploy`.
#[derive(Clone, Debug, Args)]
pub struct Deploy {
    /// Delete objects that an earlier deployment applied and that have left the overlay. Claims,
    /// namespaces and definitions of custom resources are kept, because their data would be lost
    #[arg(long)]
    pub prune: bool,
    /// Take over fields that belong to other field managers
    #[arg(long)]
    pub force_conflicts: bool,
    /// Delete and create objects with a change of an immutable field, where no data is lost:
    /// StatefulSets (their pods keep running), Deployments and running Jobs with their pods, Services,
    /// bindings. Claims are never deleted; they grow if their class allows it
    #[arg(long)]
    pub recreate: bool,
    /// Run failed Jobs again
    #[arg(long)]
    pub retry_jobs: bool,
    /// Number of restarts of a container that are tolerated during the deployment; with 0, a crash
    /// loop is a failure at once
    #[arg(long, value_name = "N", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(i64).range(0..=1_000_000))]
    pub tolerate_restarts: i64,
    /// Take over the objects of another inventory, after the overlay's folder was moved or renamed;
    /// may be repeated
    #[arg(long, value_name = "INVENTORY")]
    pub adopt: Vec<String>,
    /// Images that are built here must be on the nodes before anything is applied
    #[command(flatten)]
    pub images: Load,
    /// Do not check that the nodes have the images
    #[arg(long)]
    pub no_image_check: bool,
}

/// Options of `diff`.
#[derive(Clone, Debug, Args)]
pub struct Diff {
    /// Also show changes of fields that belong to other field managers
    #[arg(long)]
    pub force_conflicts: bool,
}

/// Options of `status`.
#[derive(Clone, Debug, Args)]
pub struct StatusOptions {
    /// Repeat every two seconds, until Ctrl-C
    #[arg(long)]
    pub watch: bool,
    /// Draw namespaces, workloads, pods and claims as a tree
    #[arg(long)]
    pub tree: bool,
}

/// Options of `logs`.
#[derive(Clone, Debug, Args)]
pub struct Logs {
    /// Workload in the overlay's namespaces, as NAME or KIND/NAME [default: all]
    #[arg(value_name = "WORKLOAD")]
    pub workloads: Vec<String>,
    /// Keep printing new lines, until Ctrl-C
    #[arg(long, short)]
    pub follow: bool,
    /// Print the logs of the containers before their last restart
    #[arg(long)]
    pub previous: bool,
    /// Number of the last lines of each container that are printed first
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub tail: u32,
}

/// Options of `restart`.
#[derive(Clone, Debug, Args)]
pub struct Restart {
    /// Workload in the overlay's namespaces, as NAME or KIND/NAME [default: all]
    #[arg(value_name = "WORKLOAD")]
    pub workloads: Vec<String>,
}

/// Options of `rollback`.
#[derive(Clone, Debug, Args)]
pub struct Rollback {
    /// Workload in the overlay's namespaces, as NAME or KIND/NAME
    #[arg(value_name = "WORKLOAD")]
    pub workload: String,
}

/// Options of `port-forward`.
#[derive(Clone, Debug, Args)]
pub struct PortForward {
    /// Name of a Service in the overlay's namespaces
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// Port, as PORT or LOCAL:PORT [default: every port of the Service]
    #[arg(value_name = "PORT")]
    pub ports: Vec<String>,
}

/// Options of `smoke`.
#[derive(Clone, Debug, Args)]
pub struct Smoke {
    /// URL of the gateway, for the check of the routes
    #[arg(long, value_name = "URL", env = "KIND_GATEWAY", default_value = "http://localhost")]
    pub gateway: String,
}

/// Options of `backup`.
#[derive(Clone, Debug, Args)]
pub struct Backup {
    /// Folder for the archive
    #[arg(long, value_name = "DIR", env = "KIND_BACKUP_DIR")]
    pub backup_dir: PathBuf,
    /// Claim to leave out, as CLAIM or NAMESPACE/CLAIM; its workloads keep running; may be repeated
    #[arg(long, value_name = "CLAIM")]
    pub exclude: Vec<String>,
    /// Number of archives of this cluster to keep; older ones are deleted after the new one is verified, except
    /// the newest one of each claim [default: all]
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: Option<u32>,
}

/// Options of `teardown`.
#[derive(Clone, Debug, Args)]
pub struct Teardown {
    /// Back up first, and delete only after the archive is verified; needs --backup-dir
    #[arg(long, requires = "backup_dir", conflicts_with = "discard_data")]
    pub preserve_data: bool,
    /// Folder for the archive
    #[arg(long, value_name = "DIR", env = "KIND_BACKUP_DIR")]
    pub backup_dir: Option<PathBuf>,
    /// Delete the data of all volumes without a backup
    #[arg(long)]
    pub discard_data: bool,
}

/// Options of `restore`.
#[derive(Clone, Debug, Args)]
pub struct Restore {
    /// The archive that `backup` wrote
    #[arg(value_name = "ARCHIVE")]
    pub archive: PathBuf,
    /// Replace the data of volumes that are not empty
    #[arg(long)]
    pub force: bool,
    /// Verify the archive and list its content; needs no cluster
    #[arg(long)]
    pub verify_only: bool,
    /// Skip the smoke test after the restore
    #[arg(long)]
    pub no_smoke: bool,
    /// Where the gateway answers, for the smoke test
    #[command(flatten)]
    pub smoke: Smoke,
}

/// Options of `doctor`.
#[derive(Clone, Debug, Args)]
pub struct Doctor {
    /// Folder with backups, to search for leftovers of an interrupted backup
    #[arg(long, value_name = "DIR", env = "KIND_BACKUP_DIR")]
    pub backup_dir: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub ignore: Ignore,
}

/// kind's own rule, and short enough for the names of its nodes.
fn cluster_name(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if text.len() <= 50
        && text.chars().all(good)
        && ends(text.chars().next())
        && ends(text.chars().last())
    {
        Ok(text.to_owned())
    } else {
        Err("a name has up to 50 of a-z, 0-9, '.' and '-', and a letter or digit at both ends"
            .into())
    }
}

/// A registry's name on the command line: a host with or without a port.
fn registry(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    let is_host = text.contains('.') && !text.starts_with(['.', '-']) && text.chars().all(good);
    match is_host {
        true => Ok(text.to_owned()),
        false => Err("a registry is a host, as images name it: docker.io, quay.io".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_a_host() {
        assert!(registry("quay.io").is_ok() && registry("https://quay.io").is_err());
        assert!(registry("a b.c").is_err() && registry("localhost").is_err());
    }
}
