//! The command line. Its doc comments are the help and the man page.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use common::cli::Verbosity;
use common::duration;

const AFTER_HELP: &str = "\
Examples:
  kind-cluster preflight                     is this machine ready?
  kind-cluster create && kind-cluster load && kind-cluster deploy
  kind-cluster deploy --profile core --dry-run
  kind-cluster status --format json
  kind-cluster smoke --format junit > smoke.xml
  kind-cluster teardown --preserve-data --backup-dir backups
  kind-cluster restore backups/rideshare-local-20260101T120000Z.tar

Exit status:
  0    done, or everything is well
  1    the answer is no: this machine is not ready, drift, over budget, a dangling reference, a
       missing image, a conflict, a pod or Job that failed, a check that failed, a bad archive
  2    usage, bad input, no such cluster, or a program that is not there
  3    could not finish: a deadline passed, another run is changing the cluster, the engine or the
       API server did not answer, or a disk is full
  130  interrupted, or terminated

Environment:
  KIND_EXPERIMENTAL_PROVIDER
               the engine, as kind reads it: docker, podman, nerdctl or finch;
               without it, the first one that is installed
  KUBECONFIG   where the context kind-NAME is read and written; the current context is neither
               used nor changed
  NO_COLOR     no colours in messages";

/// The local Kind cluster's whole life.
///
/// Creates the cluster from its generated configuration, deploys an overlay in the order of its
/// dependencies, says what is wrong, and backs up its data before it is deleted. Every call to
/// Kubernetes names the context kind-NAME.
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
    /// Kustomize overlay
    /// [default: infrastructure/kubernetes/overlays/local here or in a parent folder]
    #[arg(long, value_name = "DIR", env = "KIND_OVERLAY", global = true)]
    pub overlay: Option<PathBuf>,
    /// Name of the overlay's inventory in the cluster
    /// [default: from the overlay's folder in its Git repository, or else from its path]
    #[arg(long, value_name = "NAME", env = "KIND_INVENTORY", global = true)]
    #[arg(value_parser = cluster_name)]
    pub inventory: Option<String>,
    /// Profile of the overlay, a folder in it; again, or with commas, for several
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
    /// When to give up, such as 90s or 15m
    #[arg(long, value_name = duration::METAVAR, env = "KIND_TIMEOUT", global = true)]
    #[arg(value_parser = duration::timeout, default_value = "15m")]
    pub timeout: Duration,
    /// How results are written to stdout
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    pub format: Format,
    /// Say what would be created, applied and deleted, in order, and change nothing; with `server`,
    /// `deploy` also asks the API server what it would refuse
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
    /// Only the objects that are there are looked at
    Client,
    /// The API server is asked what it would say to each object
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
    /// Check that this machine can run the cluster; changes nothing
    Preflight(Preflight),
    /// Create the cluster, or bring what is there to what the configuration says
    Create(Create),
    /// Load the images that the overlay needs and the nodes lack
    Load(Load),
    /// Apply the overlay in the order of its dependencies and wait until it is ready
    Deploy(Deploy),
    /// Show what deploy would change, as the API server sees it; secrets are masked
    Diff(Diff),
    /// Say everything that is wrong in the cluster
    Status(StatusOptions),
    /// Print what containers write; the values of Secrets are masked
    Logs(Logs),
    /// Give workloads new pods, and wait until they are ready
    Restart(Restart),
    /// Give a workload the template that it had before its last change
    Rollback(Rollback),
    /// Reach a Service of the overlay on this machine, until it is ended
    PortForward(PortForward),
    /// Stop the cluster's nodes; all data stays
    Stop,
    /// Start nodes that were stopped, and wait until they are ready
    Start,
    /// Use the platform: Kafka, Redis, MinIO, DNS, a volume, the routes
    Smoke(Smoke),
    /// Write the data of every volume and database to a verified archive
    Backup(Backup),
    /// Delete the cluster, after a verified backup or not at all
    Teardown(Teardown),
    /// Put an archive's data back
    Restore(Restore),
    /// Everything at once: this machine, drift, what an interrupted run left, the cluster
    Doctor(Doctor),
}

/// Failed checks that somebody has chosen to ignore.
#[derive(Clone, Debug, Default, Args)]
pub struct Ignore {
    /// Check of this machine whose failure is only a warning: its code (`port-taken`), its name
    /// (`helm`) or its group (`disk`); again, or with commas, for several
    #[arg(long, value_name = "CHECK", env = "KIND_IGNORE", value_delimiter = ',')]
    pub ignore: Vec<String>,
}

/// Options of `preflight`.
#[derive(Clone, Debug, Args)]
pub struct Preflight {
    /// The components that will be installed: Helm is asked for only when one is a chart [default:
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
    /// The components that are installed beside the platform [default:
    /// infrastructure/config/kind/components.yaml here or in a parent folder]
    #[arg(long, value_name = "FILE", env = "KIND_COMPONENTS")]
    pub components: Option<PathBuf>,
    /// Folder with the components' manifests and charts, by the names that `--dry-run` shows;
    /// nothing is downloaded
    #[arg(long, value_name = "DIR", env = "KIND_MANIFEST_DIR")]
    pub manifest_dir: Option<PathBuf>,
    /// Record the checksum of every manifest and chart that has none yet
    #[arg(long)]
    pub update_lock: bool,
    /// The cluster alone, without Gateway API, Envoy Gateway and External Secrets
    #[arg(long)]
    pub no_components: bool,
    /// Delete a cluster that an interrupted creation has left half-made, although its API server
    /// has run, and make it anew. One whose volumes hold data stays all the same
    #[arg(long)]
    pub recreate: bool,
    /// Certificates in PEM, such as a company's, that every node trusts when it pulls images; again
    /// for several
    #[arg(long, value_name = "FILE", env = "KIND_CA_FILE", value_delimiter = ',')]
    pub ca_file: Vec<PathBuf>,
    /// Registry whose images are kept in a container beside the cluster, which outlives it, such as
    /// docker.io; again, or with commas, for several
    #[arg(long, value_name = "HOST", env = "KIND_REGISTRY_CACHE", value_delimiter = ',')]
    #[arg(value_parser = crate::create::registry)]
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
    /// Images that are built here: one that starts so and is nowhere is an error, because no
    /// registry has it
    #[arg(long, value_name = "PREFIX", default_value = "rideshare/", env = "KIND_BUILT_HERE")]
    pub built_here: String,
}

/// Options of `deploy`.
#[derive(Clone, Debug, Args)]
pub struct Deploy {
    /// Delete what an earlier deployment applied and the overlay no longer has. Claims,
    /// namespaces and definitions of custom resources stay: data would go with them
    #[arg(long)]
    pub prune: bool,
    /// Take over fields that somebody else has set
    #[arg(long)]
    pub force_conflicts: bool,
    /// Make objects again whose change the API server refuses, where no data is lost: StatefulSets
    /// while their pods run on, Deployments and running Jobs with their pods, Services, bindings.
    /// Claims grow where their class allows it, and are never deleted
    #[arg(long)]
    pub recreate: bool,
    /// Run Jobs again that have failed
    #[arg(long)]
    pub retry_jobs: bool,
    /// Restarts of a container during the deployment that are no failure yet; 0 takes a crash loop
    /// for one at once
    #[arg(long, value_name = "N", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(i64).range(0..=1_000_000))]
    pub tolerate_restarts: i64,
    /// Make the objects of another inventory this overlay's: after its folder was moved or renamed;
    /// again for several
    #[arg(long, value_name = "INVENTORY")]
    pub adopt: Vec<String>,
    /// Images that are built here must be on the nodes before anything is applied
    #[command(flatten)]
    pub images: Load,
    /// Do not look for images on the nodes
    #[arg(long)]
    pub no_image_check: bool,
}

/// Options of `diff`.
#[derive(Clone, Debug, Args)]
pub struct Diff {
    /// Show the change of fields that somebody else has set, too
    #[arg(long)]
    pub force_conflicts: bool,
}

/// Options of `status`.
#[derive(Clone, Debug, Args)]
pub struct StatusOptions {
    /// Look again every two seconds, until it is ended
    #[arg(long)]
    pub watch: bool,
    /// Draw namespaces, workloads, pods and claims as a tree
    #[arg(long)]
    pub tree: bool,
}

/// Options of `logs`.
#[derive(Clone, Debug, Args)]
pub struct Logs {
    /// Workloads of the overlay's namespaces, NAME or KIND/NAME; all without any
    #[arg(value_name = "WORKLOAD")]
    pub workloads: Vec<String>,
    /// Go on with lines that are still to come
    #[arg(long, short)]
    pub follow: bool,
    /// Lines of the containers that ran before a restart
    #[arg(long)]
    pub previous: bool,
    /// Lines of each container to begin with
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub tail: u32,
}

/// Options of `restart`.
#[derive(Clone, Debug, Args)]
pub struct Restart {
    /// Workloads of the overlay's namespaces, NAME or KIND/NAME; all without any
    #[arg(value_name = "WORKLOAD")]
    pub workloads: Vec<String>,
}

/// Options of `rollback`.
#[derive(Clone, Debug, Args)]
pub struct Rollback {
    /// Workload of the overlay's namespaces, NAME or KIND/NAME
    #[arg(value_name = "WORKLOAD")]
    pub workload: String,
}

/// Options of `port-forward`.
#[derive(Clone, Debug, Args)]
pub struct PortForward {
    /// Service of the overlay's namespaces
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// Ports, PORT or LOCAL:PORT [default: every port of the Service]
    #[arg(value_name = "PORT")]
    pub ports: Vec<String>,
}

/// Options of `smoke`.
#[derive(Clone, Debug, Args)]
pub struct Smoke {
    /// Where the gateway answers
    #[arg(long, value_name = "URL", env = "KIND_GATEWAY", default_value = "http://localhost")]
    pub gateway: String,
}

/// Options of `backup`.
#[derive(Clone, Debug, Args)]
pub struct Backup {
    /// Folder that the archive goes to
    #[arg(long, value_name = "DIR", env = "KIND_BACKUP_DIR")]
    pub backup_dir: PathBuf,
    /// Claim that is left out, CLAIM or NAMESPACE/CLAIM; again for several. Its workloads run on
    #[arg(long, value_name = "CLAIM")]
    pub exclude: Vec<String>,
    /// Archives of this cluster that stay in the folder; older ones go once the new one is verified
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: Option<u32>,
}

/// Options of `teardown`.
#[derive(Clone, Debug, Args)]
pub struct Teardown {
    /// Back up first, and delete only when the archive has been read back and verified
    #[arg(long, requires = "backup_dir", conflicts_with = "discard_data")]
    pub preserve_data: bool,
    /// Folder that the archive goes to
    #[arg(long, value_name = "DIR", env = "KIND_BACKUP_DIR")]
    pub backup_dir: Option<PathBuf>,
    /// Delete the data of all volumes, too
    #[arg(long)]
    pub discard_data: bool,
}

/// Options of `restore`.
#[derive(Clone, Debug, Args)]
pub struct Restore {
    /// The archive that `backup` wrote
    #[arg(value_name = "ARCHIVE")]
    pub archive: PathBuf,
    /// Replace the data of volumes that hold some
    #[arg(long)]
    pub force: bool,
    /// Check the archive and say what it holds; needs no cluster
    #[arg(long)]
    pub verify_only: bool,
    /// Do not run the smoke test afterwards
    #[arg(long)]
    pub no_smoke: bool,
    /// Where the gateway answers, for the smoke test
    #[command(flatten)]
    pub smoke: Smoke,
}

/// Options of `doctor`.
#[derive(Clone, Debug, Args)]
pub struct Doctor {
    /// Folder with backups, to look for what an interrupted one left
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
