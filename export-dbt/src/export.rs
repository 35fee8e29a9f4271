//! The export of one table: read, encode, upload, commit, clean up.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use duckdb::Connection;
use object_store::path::Path;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::budget::Budget;
use crate::calendar::now_millis;
use crate::cancel::Cancel;
use crate::catalog::{self, CatalogError, Relation};
use crate::encode::{Encoded, FileEncoder, TableEncoder};
use crate::fingerprint::Fingerprint;
use crate::log::actions::{Add, fingerprint_rows, fingerprint_text};
use crate::log::{Change, LogError, Retention, Snapshot, TableLog};
use crate::manifest::Manifest;
use crate::plan::error_text;
use crate::progress::{Progress, TableProgress};
use crate::query::{Query, ReadError, hashes};
use crate::source::Mapping;
use crate::stats::{self, Unstorable};
use crate::summary::{Outcome, TableReport, round};
use crate::trino::{Trino, TrinoError};
use crate::types::{name_faults, schema_json};
use crate::upload::{self, PartSink, UploadError};

/// What all tables of a run share.
#[derive(Debug)]
pub struct Run {
    /// The id that commits and files carry.
    pub id: String,
    /// The database.
    pub database: Mutex<Connection>,
    /// Types.
    pub mapping: Mapping,
    /// Memory.
    pub budget: Budget,
    /// Bytes after which a new file is started.
    pub file_size: u64,
    /// Export unchanged tables too.
    pub force: bool,
    /// Write nothing.
    pub dry_run: bool,
    /// How long old files stay.
    pub retention: Retention,
    /// Descriptions.
    pub manifest: Option<Manifest>,
    /// Where tables are registered.
    pub trino: Option<Trino>,
    /// What a person sees.
    pub progress: Progress,
    /// Stops the run.
    pub cancel: Cancel,
}

/// Why a table was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The run was stopped.
    #[error("interrupted before its commit; the old version stands")]
    Interrupted,
    /// DuckDB's catalog.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Names that Delta or its readers cannot have.
    #[error("{}", .0.join("; "))]
    Names(Vec<String>),
    /// A value or a query.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Values without a form in Delta.
    #[error("{}", join(.0))]
    Values(Vec<Unstorable>),
    /// Parquet.
    #[error("could not encode the rows")]
    Encode(#[from] parquet::errors::ParquetError),
    /// The object store, on a file.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// The table's log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The table is exported, but Trino does not know.
    #[error("version {version} is exported, but Trino was not told: {source}")]
    Register {
        /// The committed version.
        version: u64,
        /// What Trino said.
        source: TrinoError,
    },
    /// A thread ended early.
    #[error("a thread of the export panicked: this is a bug")]
    Panic,
}

impl ExportError {
    /// Whether the object store could not be reached.
    pub fn is_unreachable(&self) -> bool {
        let error = match self {
            ExportError::Upload(UploadError::Store { source, .. }) => source,
            ExportError::Log(LogError::Store(source) | LogError::Unknown { source, .. }) => source,
            _ => return false,
        };
        matches!(error, object_store::Error::Generic { .. })
    }
}

fn join(faults: &[Unstorable]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Exports one table and reports what became of it.
pub async fn export(
    run: &Arc<Run>,
    relation: &Relation,
    log: &TableLog,
) -> (TableReport, Option<ExportError>) {
    let started = Instant::now();
    let progress = run.progress.table(&relation.label(), relation.estimated_rows);
    let mut report = TableReport {
        layer: relation.layer.clone(),
        table: relation.name.clone(),
        location: log.location().url.to_string(),
        outcome: Outcome::Failed,
        reason: None,
        rows: None,
        files: 0,
        bytes: 0,
        seconds: 0.0,
        version: None,
        removed_files: 0,
        trino: None,
        warnings: Vec::new(),
    };
    let result = run_steps(run, relation, log, &progress, &mut report).await;
    report.seconds = round(started.elapsed().as_secs_f64());
    let error = match result {
        Ok(outcome) => {
            report.outcome = outcome;
            None
        }
        Err(error) => {
            let interrupted = matches!(
                error,
                ExportError::Interrupted | ExportError::Read(ReadError::Interrupted)
            );
            report.outcome = if interrupted { Outcome::Interrupted } else { Outcome::Failed };
            let error = if interrupted { ExportError::Interrupted } else { error };
            report.reason = Some(error_text(&error));
            Some(error)
        }
    };
    (report, error)
}

async fn run_steps(
    run: &Arc<Run>,
    relation: &Relation,
    log: &TableLog,
    progress: &TableProgress,
    report: &mut TableReport,
) -> Result<Outcome, ExportError> {
    if run.cancel.is_set() {
        return Err(ExportError::Interrupted);
    }
    progress.stage("reading the log");
    let (connection, plan) = {
        let database = run.database.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = database.try_clone().map_err(CatalogError::Columns)?;
        let plan = Plan::new(run, &connection, relation)?;
        (connection, plan)
    };
    report.warnings.clone_from(&plan.query.warnings);
    let snapshot = log.load().await?;
    report.version = snapshot.as_ref().map(|snapshot| snapshot.version);
    log.check(snapshot.as_ref(), plan.needs_ntz())?;

    progress.stage("comparing");
    let (connection, unchanged) =
        plan.compare(run, connection, relation, snapshot.as_ref()).await?;
    if let Some(fingerprint) = unchanged {
        report.rows = Some(fingerprint.rows);
        if let Some(snapshot) = snapshot.filter(|_| !run.dry_run) {
            clean(run, log, &snapshot, report).await;
            register(run, relation, log, snapshot.version, report).await?;
        }
        return Ok(Outcome::Unchanged);
    }
    if run.dry_run {
        report.reason = Some(plan.why(snapshot.as_ref()));
        return Ok(Outcome::Planned);
    }

    progress.stage("exporting");
    let written = write(run, &plan, log, connection, progress).await?;
    report.rows = Some(written.fingerprint.rows);
    if run.cancel.is_set() {
        let _ = log.delete(written.paths()).await;
        return Err(ExportError::Interrupted);
    }
    progress.stage("committing");
    let change = plan.change(run, relation, &written);
    let committed = match log.commit(snapshot, &change).await {
        Ok(committed) => committed,
        Err(error) => {
            // After an unknown outcome the files may belong to a version.
            if !matches!(error, LogError::Unknown { .. }) {
                let _ = log.delete(written.paths()).await;
            }
            return Err(error.into());
        }
    };
    report.version = Some(committed.version);
    report.files = written.adds.len() as u64;
    report.bytes = written.adds.iter().map(|add| add.size as u64).sum();

    progress.stage("cleaning up");
    match log.load().await {
        Ok(Some(snapshot)) => {
            if let Err(error) = log.checkpoint(&snapshot).await {
                report.warnings.push(format!("no checkpoint was written: {error}"));
            }
            clean(run, log, &snapshot, report).await;
        }
        Ok(None) => {}
        Err(error) => report.warnings.push(format!("old files were not removed: {error}")),
    }
    register(run, relation, log, committed.version, report).await?;
    Ok(Outcome::Exported)
}

async fn clean(run: &Run, log: &TableLog, snapshot: &Snapshot, report: &mut TableReport) {
    match log.vacuum(snapshot, run.retention).await {
        Ok(cleaned) => report.removed_files = cleaned.files + cleaned.uploads,
        Err(error) => report.warnings.push(format!("old files were not removed: {error}")),
    }
}

async fn register(
    run: &Run,
    relation: &Relation,
    log: &TableLog,
    version: u64,
    report: &mut TableReport,
) -> Result<(), ExportError> {
    let Some(trino) = &run.trino else {
        return Ok(());
    };
    let location = log.location().url.as_str();
    match trino.register(&relation.layer, &relation.name, location).await {
        Ok(registered) => {
            report.trino = Some(registered.name());
            Ok(())
        }
        Err(source) => Err(ExportError::Register { version, source }),
    }
}

/// What is to be written for a table.
struct Plan {
    query: Arc<Query>,
    schema: Value,
    description: Option<String>,
    options: String,
}

impl Plan {
    fn new(run: &Run, connection: &Connection, relation: &Relation) -> Result<Self, ExportError> {
        let mut columns = catalog::columns(connection, relation)?;
        let node = run.manifest.as_ref().and_then(|m| m.node(&relation.layer, &relation.name));
        for column in &mut columns {
            let described = node.and_then(|node| node.column_description(&column.name));
            column.comment = described.map(str::to_string).or(column.comment.take());
        }
        let description = node.and_then(|node| node.description()).map(str::to_string);
        let query = Query::new(relation, &columns, run.mapping);
        let faults = name_faults(&query.fields);
        if !faults.is_empty() {
            return Err(ExportError::Names(faults));
        }
        Ok(Self {
            schema: schema_json(&query.fields),
            description: description.or_else(|| relation.comment.clone()),
            options: format!("file_size={}", run.file_size),
            query: Arc::new(query),
        })
    }

    fn needs_ntz(&self) -> bool {
        self.query.fields.iter().any(|field| field.ty.has_timestamp_ntz())
    }

    /// The fingerprint, when the newest version has these rows, this schema and these options.
    async fn compare(
        &self,
        run: &Arc<Run>,
        connection: Connection,
        relation: &Relation,
        snapshot: Option<&Snapshot>,
    ) -> Result<(Connection, Option<Fingerprint>), ExportError> {
        let Some(stored) = snapshot.filter(|_| !run.force).and_then(|snapshot| {
            let current = snapshot.says(&self.schema, self.description.as_deref());
            current.then(|| snapshot.fingerprint()).flatten()
        }) else {
            return Ok((connection, None));
        };
        let stored = stored.to_string();
        let (run, query, options) =
            (Arc::clone(run), Arc::clone(&self.query), self.options.clone());
        let is_view = relation.is_view;
        let compared = tokio::task::spawn_blocking(move || {
            // Other rows or options are found out without a scan.
            let rows = fingerprint_rows(&stored);
            let other_options = !stored.ends_with(&format!(";{options}"));
            if other_options || (!is_view && rows != Some(query.count(&connection)?)) {
                return Ok((connection, None));
            }
            let fingerprint = query.fingerprint(&connection, &run.cancel)?;
            let same = fingerprint_text(fingerprint, &options) == stored;
            Ok((connection, same.then_some(fingerprint)))
        });
        compared.await.map_err(|_| ExportError::Panic)?
    }

    /// Why a dry run would export.
    fn why(&self, snapshot: Option<&Snapshot>) -> String {
        match snapshot {
            None => "the table is new".into(),
            Some(s) if !s.is_own() => "the newest version is another writer's".into(),
            Some(s) if !s.says(&self.schema, self.description.as_deref()) => {
                "the schema or a description has changed".into()
            }
            Some(_) => "the rows have changed".into(),
        }
    }

    fn change(&self, run: &Run, relation: &Relation, written: &Written) -> Change {
        Change {
            name: relation.name.clone(),
            schema: self.schema.clone(),
            description: self.description.clone(),
            needs_ntz: self.needs_ntz(),
            adds: written.adds.clone(),
            rows: written.fingerprint.rows,
            run_id: run.id.clone(),
            fingerprint: fingerprint_text(written.fingerprint, &self.options),
        }
    }
}

/// The files of a table, uploaded and not yet committed.
#[derive(Debug, Default)]
struct Written {
    adds: Vec<Add>,
    fingerprint: Fingerprint,
}

impl Written {
    fn paths(&self) -> Vec<Path> {
        self.adds.iter().map(|add| Path::from(add.path.as_str())).collect()
    }
}

/// Streams the table into files. On failure nothing of them is left.
async fn write(
    run: &Arc<Run>,
    plan: &Plan,
    log: &TableLog,
    connection: Connection,
    progress: &TableProgress,
) -> Result<Written, ExportError> {
    let table = TableEncoder::new(&plan.query.fields, run.budget.encoder())?;
    let (sender, receiver) = sync_channel(1);
    let (query, cancel) = (Arc::clone(&plan.query), run.cancel.clone());
    let reader = tokio::task::spawn_blocking(move || query.stream(&connection, &cancel, &sender));

    let (counter, rows) = tokio::sync::watch::channel(0u64);
    let writer = Writer {
        run: Arc::clone(run),
        log: log.clone(),
        handle: Handle::current(),
        done: Written::default(),
    };
    let mut writing = tokio::task::spawn_blocking(move || writer.run(&table, &receiver, &counter));
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let mut seen = 0;
    let (written, result) = loop {
        tokio::select! {
            ended = &mut writing => break ended.map_err(|_| ExportError::Panic)?,
            _ = tick.tick() => {
                let now = *rows.borrow();
                progress.rows(now - seen);
                seen = now;
            }
        }
    };
    reader.await.map_err(|_| ExportError::Panic)?;
    if let Err(error) = result {
        let _ = log.delete(written.paths()).await;
        return Err(error);
    }
    Ok(written)
}

/// A file being encoded and uploaded at the same time.
struct OpenFile<'a> {
    name: String,
    encoder: FileEncoder<'a, PartSink>,
    upload: JoinHandle<Result<u64, UploadError>>,
}

struct Writer {
    run: Arc<Run>,
    log: TableLog,
    handle: Handle,
    done: Written,
}

type Groups = Receiver<Result<Vec<RecordBatch>, ReadError>>;

impl Writer {
    fn run(
        mut self,
        table: &TableEncoder,
        groups: &Groups,
        counter: &tokio::sync::watch::Sender<u64>,
    ) -> (Written, Result<(), ExportError>) {
        let result = self.write_files(table, groups, counter);
        (self.done, result)
    }

    fn write_files(
        &mut self,
        table: &TableEncoder,
        groups: &Groups,
        counter: &tokio::sync::watch::Sender<u64>,
    ) -> Result<(), ExportError> {
        let mut open: Option<OpenFile<'_>> = None;
        for group in groups {
            let step = group.map_err(ExportError::from).and_then(|group| {
                let file = match &mut open {
                    Some(file) => file,
                    none => none.insert(self.open(table)?),
                };
                for batch in &group {
                    self.done.fingerprint.add(hashes(batch));
                }
                Ok(file.encoder.write(group)?)
            });
            if let Err(error) = step {
                return Err(self.give_up(open.take(), error));
            }
            counter.send_replace(self.done.fingerprint.rows);
            if open.as_ref().is_some_and(|file| file.encoder.bytes_written() >= self.run.file_size)
            {
                self.finish(table, open.take())?;
            }
        }
        self.finish(table, open)
    }

    fn open<'a>(&self, table: &'a TableEncoder) -> Result<OpenFile<'a>, ExportError> {
        let name = format!("part-{:05}-{}.zstd.parquet", self.done.adds.len(), self.run.id);
        let (sink, parts) = upload::pipe(self.run.budget.part);
        let (log, path) = (self.log.clone(), Path::from(name.as_str()));
        let upload = self.handle.spawn(async move { parts.upload(log.objects(), &path).await });
        Ok(OpenFile { name, encoder: table.open(sink)?, upload })
    }

    fn finish(
        &mut self,
        table: &TableEncoder,
        file: Option<OpenFile<'_>>,
    ) -> Result<(), ExportError> {
        let Some(OpenFile { name, encoder, upload }) = file else {
            return Ok(());
        };
        let encoded = encoder.finish(PartSink::finish);
        let uploaded = self.handle.block_on(upload).map_err(|_| ExportError::Panic)?;
        // An upload that failed is why the encoder's sink closed, and not the other way round.
        let size = match (uploaded, &encoded) {
            (Ok(size), _) => size,
            (Err(UploadError::GivenUp), Err(_)) => 0,
            (Err(error), _) => return Err(error.into()),
        };
        let Encoded { metadata, nested_nulls, .. } = encoded?;
        self.done.adds.push(Add {
            path: name,
            partition_values: Default::default(),
            size: size as i64,
            modification_time: now_millis(),
            data_change: true,
            stats: stats::stats_json(table.fields(), &metadata, &nested_nulls),
        });
        stats::check_finite(table.fields(), &metadata).map_err(ExportError::Values)
    }

    /// Lets the upload abort, and tells its error when that is why the encoder failed.
    fn give_up(&self, file: Option<OpenFile<'_>>, error: ExportError) -> ExportError {
        let Some(OpenFile { encoder, upload, .. }) = file else {
            return error;
        };
        drop(encoder);
        match self.handle.block_on(upload) {
            Ok(Err(UploadError::GivenUp)) | Ok(Ok(_)) => error,
            Ok(Err(failed)) => failed.into(),
            Err(_) => ExportError::Panic,
        }
    }
}
