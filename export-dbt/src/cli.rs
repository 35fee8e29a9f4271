//! The command line. The doc comments are the help.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use common::cli::{Format, Verbosity};
use common::duration;

use crate::catalog::{Attached, Relation};
use crate::guard::{MaxAge, Share};
use crate::select::{Exclude, LayerRule, PartitionRule, Pattern, Selector, Shard};
use crate::units::parse_size;

/// The end of the help.
pub(crate) const AFTER_HELP: &str = "\
Examples:
  export-dbt --duckdb rideshare.duckdb
  export-dbt --duckdb rideshare.duckdb --layer gold --table 'fact_*' --dry-run
  export-dbt --duckdb rideshare.duckdb --target 'file:///tmp/lake/{layer}/{table}'
  export-dbt --manifest target/manifest.json --select tag:gold --register https://trino:8443
  export-dbt --manifest target/manifest.json --select +fct_trips --require-tests --max-shrink 20%
  export-dbt --duckdb jaffle.duckdb --layer main_marts=gold --layer tag:staging=silver
  export-dbt --shard \"$JOB_COMPLETION_INDEX/4\" --format json
  export-dbt compare rideshare.duckdb 's3://rideshare-{layer}/{table}'

Exit status:
  0    every table is at its location
  1    at least one table failed or was held back; the others were exported
  2    wrong usage or input: no database, an unknown layer, a bad target
  3    the object store could not be reached, or --timeout has passed
  130  interrupted (143: terminated): what was committed stays, the rest is as it was

Credentials, region (us-east-1 when nothing names one) and endpoint of AWS come from where every
AWS tool takes them: AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, a web identity, a
container's or an instance's role. TRINO_PASSWORD has no option, so that it is in no process list.";

/// An export.
#[derive(Debug, Clone, Args)]
pub(crate) struct Cli {
    /// The DuckDB database; opened read-only.
    #[arg(long, value_name = "PATH", env = "DUCKDB_PATH", required = true)]
    duckdb: Option<PathBuf>,

    /// Another database, attached read-only under this name, as in the dbt profile; may be repeated.
    #[arg(long, value_name = "ALIAS=PATH")]
    pub(crate) attach: Vec<Attached>,

    /// Where each table goes, with {layer}, {table} and, for several databases, {database}; s3://, file:// or a
    /// path.
    #[arg(
        long,
        value_name = "TEMPLATE",
        env = "EXPORT_TARGET",
        default_value = "s3://rideshare-{layer}/{table}"
    )]
    pub(crate) target: String,

    #[command(flatten)]
    pub(crate) choice: Choice,

    /// Export tables even when their rows have not changed.
    #[arg(long)]
    pub(crate) force: bool,

    /// Partition tables by columns, as in gold.fct_trips=requested_date; may be repeated, and the first that matches
    /// counts. Default: the model's partition_by.
    #[arg(long, value_name = "GLOB=COLUMN,…")]
    pub(crate) partition_by: Vec<PartitionRule>,

    /// Say what would be exported, and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Drop tables at the target that this database exported and that have left it. Refused when a schema is
    /// empty or everything would go.
    #[arg(long)]
    pub(crate) prune: bool,

    /// As --prune, even when a schema is empty or everything goes.
    #[arg(long)]
    pub(crate) prune_all: bool,

    /// The owner that exported tables are marked with; default is the database file's identity, which a file
    /// that is built anew does not keep.
    #[arg(long, value_name = "NAME", env = "EXPORT_OWNER")]
    pub(crate) owner: Option<String>,

    #[command(flatten)]
    pub(crate) guards: Guards,

    /// Create the buckets that do not exist.
    #[arg(long)]
    pub(crate) create_buckets: bool,

    /// How TIMESTAMP is written: without a time zone, or as instants, taking the values for UTC,
    /// for readers that do not know timestamp_ntz.
    #[arg(long, value_enum, value_name = "KIND", default_value_t = Timestamps::Ntz)]
    pub(crate) timestamps: Timestamps,

    /// How long files that a commit took out of a table stay for readers of older versions.
    #[arg(long, value_name = duration::METAVAR, env = "EXPORT_RETENTION", default_value = "7d", value_parser = duration::parse)]
    pub(crate) retention: Duration,

    /// Age after which files and uploads that no commit names are taken for a killed run's.
    #[arg(long, value_name = duration::METAVAR, env = "EXPORT_ORPHAN_AGE", default_value = "1d", value_parser = duration::parse)]
    pub(crate) orphan_age: Duration,

    #[command(flatten)]
    pub(crate) resources: Resources,

    #[command(flatten)]
    pub(crate) s3: S3,

    #[command(flatten)]
    pub(crate) trino: TrinoArgs,

    /// Print the summary as a table or as JSON, which is described in schema/summary.schema.json.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,

    /// Give up after this long in all: what was committed stays, the rest is as it was.
    #[arg(long, value_name = duration::METAVAR, env = "EXPORT_TIMEOUT", value_parser = duration::timeout)]
    pub(crate) timeout: Option<Duration>,

    /// Print nothing on stderr but warnings and errors.
    #[arg(long, short, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    #[command(flatten)]
    verbosity: Verbosity,
}

/// Which tables.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Which tables")]
pub(crate) struct Choice {
    /// A schema to export and its layer: SCHEMA, SCHEMA=LAYER, DATABASE.SCHEMA=LAYER, tag:NAME=LAYER or meta:KEY,
    /// whose value is the layer; may be repeated. Default: silver and gold, or every schema when there is neither.
    #[arg(long = "layer", value_name = "RULE", value_delimiter = ',')]
    pub(crate) layers: Vec<LayerRule>,

    /// Only tables that match, by name or by layer.name; may be repeated.
    #[arg(long = "table", value_name = "GLOB")]
    pub(crate) tables: Vec<Pattern>,

    /// Not the tables that match, by name or in dbt's selection syntax; may be repeated.
    #[arg(long, value_name = "GLOB|SELECTOR")]
    pub(crate) exclude: Vec<Exclude>,

    /// Export views too.
    #[arg(long)]
    pub(crate) views: bool,

    /// Export the project's seeds too.
    #[arg(long, requires = "manifest")]
    pub(crate) seeds: bool,

    /// Export the tables of the project's sources too.
    #[arg(long, requires = "manifest")]
    pub(crate) sources: bool,

    /// dbt's manifest, for descriptions, --select and --require-tests.
    #[arg(long, value_name = "PATH", env = "DBT_MANIFEST")]
    pub(crate) manifest: Option<PathBuf>,

    /// Only models that dbt would select: a name, tag:NAME, path:FOLDER and so on, with + and @; comma means
    /// and, a space or a repeated option means or.
    #[arg(long, value_name = "SELECTOR", requires = "manifest")]
    pub(crate) select: Vec<Selector>,

    /// Only this share of the tables, counted from 0, as in 0/4; stable by name.
    #[arg(long, value_name = "I/N", env = "EXPORT_SHARD")]
    pub(crate) shard: Option<Shard>,
}

impl Choice {
    /// Whether the patterns and the share choose a relation by its name.
    pub(crate) fn names(&self, relation: &Relation) -> bool {
        let excludes = |exclude: &Exclude| match exclude {
            Exclude::Names(pattern) => pattern.matches(relation),
            Exclude::Nodes(_) => false,
        };
        (self.tables.is_empty() || self.tables.iter().any(|pattern| pattern.matches(relation)))
            && !self.exclude.iter().any(excludes)
            && self.shard.is_none_or(|shard| shard.contains(&relation.layer, &relation.name))
    }
}

/// Conditions that keep a table from being published.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What is published")]
pub(crate) struct Guards {
    /// Publish only models that dbt's last run has built and whose tests have all run and passed; the others keep
    /// their last version, with status 1.
    #[arg(long, requires = "manifest", env = "EXPORT_REQUIRE_TESTS")]
    pub(crate) require_tests: bool,

    /// dbt's run_results.json; default is the one beside the manifest.
    #[arg(long, value_name = "PATH", env = "DBT_RUN_RESULTS")]
    pub(crate) run_results: Option<PathBuf>,

    /// Hold a table back that has lost more than this share of its rows since its last version, as in 20%.
    #[arg(long, value_name = "SHARE", env = "EXPORT_MAX_SHRINK")]
    pub(crate) max_shrink: Option<Share>,

    /// Hold a table back whose newest value in this column is older, as in updated_at=2d; may be repeated, and
    /// counts for the tables that have the column.
    #[arg(long, value_name = "COLUMN=DURATION")]
    pub(crate) max_age: Vec<MaxAge>,
}

impl Cli {
    /// The database of an export.
    pub(crate) fn duckdb(&self) -> &Path {
        self.duckdb.as_deref().unwrap_or_else(|| Path::new(""))
    }

    /// Whether tables that have left the database are dropped.
    pub(crate) fn prunes(&self) -> bool {
        self.prune || self.prune_all
    }
}

/// How much of the machine.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Resources")]
pub(crate) struct Resources {
    /// Tables at a time; fewer when the memory limit does not allow as many.
    #[arg(long, value_name = "N", env = "EXPORT_JOBS", default_value = "2")]
    pub(crate) jobs: NonZeroUsize,

    /// Memory for everything: DuckDB, encoding and uploads.
    #[arg(long, value_name = "SIZE", env = "EXPORT_MEMORY_LIMIT", default_value = "384MiB", value_parser = parse_size)]
    pub(crate) memory_limit: u64,

    /// Size after which a new file is started.
    #[arg(long, value_name = "SIZE", env = "EXPORT_FILE_SIZE", default_value = "256MiB", value_parser = parse_size)]
    pub(crate) file_size: u64,

    /// Threads; default is the number of cores.
    #[arg(long, value_name = "N", env = "EXPORT_THREADS")]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// The object store.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "S3")]
pub(crate) struct S3 {
    /// Endpoint of MinIO or LocalStack; wins over AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL.
    #[arg(long, value_name = "URL", env = "S3_ENDPOINT")]
    pub(crate) s3_endpoint: Option<String>,

    /// Deadline of a request to S3 with all its retries.
    #[arg(long, value_name = duration::METAVAR, env = "EXPORT_RETRY_TIMEOUT", default_value = "60s", value_parser = duration::parse)]
    pub(crate) retry_timeout: Duration,
}

/// Trino.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Trino")]
pub(crate) struct TrinoArgs {
    /// Register the tables in this Trino, and flush its cached metadata.
    #[arg(long, value_name = "URL", env = "TRINO_URL")]
    pub(crate) register: Option<String>,

    /// Trino's Delta catalog. The layer is the schema.
    #[arg(long, value_name = "NAME", env = "TRINO_CATALOG", default_value = "delta")]
    pub(crate) trino_catalog: String,

    /// User in Trino.
    #[arg(long, value_name = "NAME", env = "TRINO_USER", default_value = "export-dbt")]
    pub(crate) trino_user: String,
}

/// The environment variable with Trino's password.
pub(crate) const TRINO_PASSWORD: &str = "TRINO_PASSWORD";

/// The form of TIMESTAMP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Timestamps {
    /// timestamp_ntz
    Ntz,
    /// timestamp
    Utc,
}
