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
  0    every table is exported, or was unchanged
  1    at least one table failed or was held back; the others are exported
  2    wrong usage, or wrong input: no database, an unknown layer, a bad target
  3    the object store cannot be reached, or the deadline has passed
  130  interrupted (143: terminated); committed tables stay, the others are unchanged

Environment:
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE, …
                  credentials, as for every AWS tool; also a web identity, and the role of a
                  container or an instance
  AWS_REGION      region; us-east-1 when nothing names one
  AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL
                  where S3 answers, if not at AWS
  TRINO_PASSWORD  password of the user in Trino; it has no option, because options are visible in
                  the process list
  NO_COLOR        switches colours off";

/// Headings of the help.
const WRITING: &str = "Writing";
const RUN: &str = "The run";

/// An export.
#[derive(Debug, Clone, Args)]
pub(crate) struct Cli {
    /// File of the DuckDB database, opened read-only.
    #[arg(long, value_name = "PATH", env = "DUCKDB_PATH", required = true)]
    duckdb: Option<PathBuf>,

    /// Another DuckDB database, attached read-only under this name as in the dbt profile; may be repeated.
    #[arg(long, value_name = "ALIAS=PATH")]
    pub(crate) attach: Vec<Attached>,

    /// Location of each table: an s3:// or file:// URL or a path, with {layer}, {table} and, for several
    /// databases, {database}.
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
    #[arg(long, help_heading = WRITING)]
    pub(crate) force: bool,

    /// Read every data file that stays, and write the rows of damaged ones again. Missing files and those of
    /// another size are noticed without it.
    #[arg(long, help_heading = WRITING)]
    pub(crate) verify: bool,

    /// Partition tables by columns, as in gold.fct_trips=requested_date; may be repeated, and the first that matches
    /// counts
    /// [default: the model's partition_by]
    #[arg(long, value_name = "GLOB=COLUMN,…", help_heading = WRITING)]
    pub(crate) partition_by: Vec<PartitionRule>,

    /// Print the tables that would be exported, and write nothing.
    #[arg(long, help_heading = WRITING)]
    pub(crate) dry_run: bool,

    /// Drop tables at the target that this database exported and no longer has. Refused when a schema is empty
    /// or every table would be dropped.
    #[arg(long, help_heading = WRITING)]
    pub(crate) prune: bool,

    /// As --prune, even when a schema is empty or every table is dropped.
    #[arg(long, help_heading = WRITING)]
    pub(crate) prune_all: bool,

    /// Owner that exported tables are marked with, for --prune [default: the identity of the database file,
    /// which changes when the file is built again]
    #[arg(long, value_name = "NAME", env = "EXPORT_OWNER", help_heading = WRITING)]
    pub(crate) owner: Option<String>,

    #[command(flatten)]
    pub(crate) guards: Guards,

    /// Create the buckets that do not exist.
    #[arg(long, help_heading = WRITING)]
    pub(crate) create_buckets: bool,

    /// Delta type of TIMESTAMP columns.
    #[arg(long, value_enum, value_name = "KIND", default_value_t = Timestamps::Ntz, help_heading = WRITING)]
    pub(crate) timestamps: Timestamps,

    /// Time that files of older versions are kept for their readers.
    #[arg(long, value_name = duration::METAVAR, env = "EXPORT_RETENTION", default_value = "7d", value_parser = duration::parse, help_heading = WRITING)]
    pub(crate) retention: Duration,

    /// Age at which uploads without a commit are deleted, as leftovers of a killed run; files also have to be older
    /// than --retention.
    #[arg(long, value_name = duration::METAVAR, env = "EXPORT_ORPHAN_AGE", default_value = "1d", value_parser = duration::parse, help_heading = WRITING)]
    pub(crate) orphan_age: Duration,

    #[command(flatten)]
    pub(crate) resources: Resources,

    #[command(flatten)]
    pub(crate) s3: S3,

    #[command(flatten)]
    pub(crate) trino: TrinoArgs,

    /// Format of the summary on stdout; schema/summary.schema.json describes the JSON.
    #[arg(long, value_enum, default_value = "text", help_heading = RUN)]
    pub(crate) format: Format,

    /// Deadline of the whole run, such as 10m; exit with 3 when it has passed. Committed tables stay, the others
    /// are unchanged [default: none]
    #[arg(long, value_name = duration::METAVAR, env = "EXPORT_TIMEOUT", help_heading = RUN)]
    #[arg(value_parser = duration::timeout)]
    pub(crate) timeout: Option<Duration>,

    /// Print only warnings and errors to stderr.
    #[arg(long, short, conflicts_with = "verbose", help_heading = RUN)]
    pub(crate) quiet: bool,

    #[command(flatten, next_help_heading = RUN)]
    verbosity: Verbosity,
}

/// Which tables.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Tables")]
pub(crate) struct Choice {
    /// Schema to export, and its layer: SCHEMA, SCHEMA=LAYER, DATABASE.SCHEMA=LAYER, tag:NAME=LAYER or meta:KEY,
    /// whose value is the layer; may be repeated, or separated by commas
    /// [default: silver and gold, or every schema when there is neither]
    #[arg(long = "layer", value_name = "RULE", value_delimiter = ',')]
    pub(crate) layers: Vec<LayerRule>,

    /// Only tables whose name or layer.name matches this pattern; may be repeated.
    #[arg(long = "table", value_name = "GLOB")]
    pub(crate) tables: Vec<Pattern>,

    /// Leave out tables that match this pattern, or this selector of dbt; may be repeated.
    #[arg(long, value_name = "GLOB|SELECTOR")]
    pub(crate) exclude: Vec<Exclude>,

    /// Also export views.
    #[arg(long)]
    pub(crate) views: bool,

    /// Also export the seeds of the dbt project; needs --manifest.
    #[arg(long, requires = "manifest")]
    pub(crate) seeds: bool,

    /// Also export the source tables of the dbt project; needs --manifest.
    #[arg(long, requires = "manifest")]
    pub(crate) sources: bool,

    /// Manifest of the dbt project (target/manifest.json), for descriptions, --select and --require-tests.
    #[arg(long, value_name = "PATH", env = "DBT_MANIFEST")]
    pub(crate) manifest: Option<PathBuf>,

    /// Only models that `dbt ls --select` would list: a name, tag:NAME, path:FOLDER and so on, with + and @. A
    /// comma means "and", a space or a repeated option means "or"; needs --manifest.
    #[arg(long, value_name = "SELECTOR", requires = "manifest")]
    pub(crate) select: Vec<Selector>,

    /// Only the share I of N of the tables, counted from 0, as in 0/4; a table's name decides its share.
    #[arg(long, value_name = "I/N", env = "EXPORT_SHARD")]
    pub(crate) shard: Option<Shard>,
}

impl Choice {
    /// Whether the patterns and the share choose a relation by its name.
    pub(crate) fn names(&self, relation: &Relation) -> bool {
        (self.tables.is_empty() || self.tables.iter().any(|pattern| pattern.matches(relation)))
            && !self.exclude.iter().any(|exclude| exclude.names(relation))
            && self.shard.is_none_or(|shard| shard.contains(&relation.layer, &relation.name))
    }
}

/// Conditions that keep a table from being published.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Publication")]
pub(crate) struct Guards {
    /// Publish only models that dbt's last run has built and whose tests have all passed. The others keep their
    /// last version, and the exit status is 1; needs --manifest.
    #[arg(long, requires = "manifest", env = "EXPORT_REQUIRE_TESTS")]
    pub(crate) require_tests: bool,

    /// Results of dbt's last run [default: run_results.json in the folder of the manifest]
    #[arg(long, value_name = "PATH", env = "DBT_RUN_RESULTS")]
    pub(crate) run_results: Option<PathBuf>,

    /// Hold back a table that has lost more than this share of its rows since its last version, as in 20%.
    #[arg(long, value_name = "SHARE", env = "EXPORT_MAX_SHRINK")]
    pub(crate) max_shrink: Option<Share>,

    /// Hold back a table whose newest value in this column is older, as in updated_at=2d; tables without the
    /// column are not affected; may be repeated.
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
    /// Number of tables exported at a time; the memory limit may reduce it.
    #[arg(long, value_name = "N", env = "EXPORT_JOBS", default_value = "2")]
    pub(crate) jobs: NonZeroUsize,

    /// Memory of the whole process: DuckDB, encoding and uploads.
    #[arg(long, value_name = "SIZE", env = "EXPORT_MEMORY_LIMIT", default_value = "384MiB", value_parser = parse_size)]
    pub(crate) memory_limit: u64,

    /// Size at which a table continues in a new file.
    #[arg(long, value_name = "SIZE", env = "EXPORT_FILE_SIZE", default_value = "256MiB", value_parser = parse_size)]
    pub(crate) file_size: u64,

    /// Number of threads [default: the number of cores]
    #[arg(long, value_name = "N", env = "EXPORT_THREADS")]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// The object store.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "S3")]
pub(crate) struct S3 {
    /// Endpoint of MinIO or LocalStack; it overrides AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL.
    #[arg(long, value_name = "URL", env = "S3_ENDPOINT")]
    pub(crate) s3_endpoint: Option<String>,

    /// Deadline of one request to S3, with all its retries.
    #[arg(long, value_name = duration::METAVAR, env = "EXPORT_RETRY_TIMEOUT", default_value = "60s", value_parser = duration::parse)]
    pub(crate) retry_timeout: Duration,
}

/// Trino.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Trino")]
pub(crate) struct TrinoArgs {
    /// Register the tables in the Trino server at this URL, and flush its cached metadata.
    #[arg(long, value_name = "URL", env = "TRINO_URL")]
    pub(crate) register: Option<String>,

    /// Delta catalog in Trino; the layer is the schema.
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
    /// timestamp_ntz, without a time zone
    Ntz,
    /// timestamp, an instant: the values are read as UTC; for readers without timestamp_ntz
    Utc,
}
