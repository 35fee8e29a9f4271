//! Streams a table into files: read, encoded and uploaded at the same time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use arrow::array::RecordBatch;
use duckdb::Connection;
use object_store::path::Path;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::cut::{Cutter, Division};
use super::error::ExportError;
use super::run::Run;
use crate::calendar::now_millis;
use crate::chunk::Chunker;
use crate::encode::{Encoded, FileEncoder, TableEncoder};
use crate::fingerprint::Fingerprint;
use crate::log::TableLog;
use crate::log::actions::Add;
use crate::part::{DataFile, Part, named};
use crate::partition;
use crate::progress::TableProgress;
use crate::query::{Query, ReadError, Reading, Wanted, hashes};
use crate::stats;
use crate::trino::Rounded;
use crate::upload::{self, PartSink, UploadError};

/// Bytes of files that may wait for the store while the next one is encoded.
const PENDING_BYTES: u64 = 16 << 20;

/// Files that may wait for the store while the next one is encoded: each is a connection of its own.
const PENDING_FILES: usize = 16;

/// The files of a table, uploaded and not yet committed.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) adds: Vec<Add>,
    /// The parts that these files hold.
    pub(super) parts: Vec<Part>,
    /// Rows of a part that is a run of rows, about.
    pub(super) part_rows: Option<u64>,
    rows: u64,
    /// Filled where the table is registered in Trino.
    pub(super) rounded: Rounded,
    /// Every file that was begun.
    paths: Vec<Path>,
}

impl Written {
    pub(super) fn paths(&self) -> Vec<Path> {
        self.paths.clone()
    }
}

/// The rows to write, and how they are divided.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) wanted: Wanted,
    pub(super) division: Division,
    pub(super) reading: Reading,
}

/// Streams the rows into files. On failure nothing of them is left.
pub(super) async fn write(
    run: &Arc<Run>,
    query: &Arc<Query>,
    log: &TableLog,
    connection: Connection,
    work: Work,
    progress: &TableProgress,
) -> Result<Written, ExportError> {
    let Work { wanted, division, reading } = work;
    let table = TableEncoder::new(&query.stored, run.budget.encoder(reading))?;
    let (sender, receiver) = sync_channel(1);
    let (reader_query, cancel) = (Arc::clone(query), run.cancel.clone());
    let widest = run.budget.widest_batch();
    let reader = tokio::task::spawn_blocking(move || {
        reader_query.stream(&connection, &cancel, reading, widest, &wanted, &sender);
    });

    let (counter, rows) = tokio::sync::watch::channel(0u64);
    let writer = Writer {
        run: Arc::clone(run),
        query: Arc::clone(query),
        log: log.clone(),
        handle: Handle::current(),
        division,
        cutter: None,
        open: Fingerprint::default(),
        pending: VecDeque::new(),
        arrived: Vec::new(),
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
        let _ = run.if_soon(log.delete(written.paths())).await;
        return Err(error);
    }
    Ok(written)
}

/// A file being encoded and uploaded at the same time.
struct OpenFile<'a> {
    path: Path,
    values: Vec<Option<String>>,
    encoder: FileEncoder<'a, PartSink>,
    upload: JoinHandle<Result<DataFile, UploadError>>,
}

/// A file whose last bytes are on their way.
struct Pending {
    path: Path,
    values: Vec<Option<String>>,
    /// The part that it belongs to.
    part: usize,
    bytes: u64,
    encoded: Encoded,
    upload: JoinHandle<Result<DataFile, UploadError>>,
}

struct Writer {
    run: Arc<Run>,
    query: Arc<Query>,
    log: TableLog,
    handle: Handle,
    division: Division,
    /// None until the first rows are there.
    cutter: Option<Cutter>,
    /// The rows of the open part.
    open: Fingerprint,
    pending: VecDeque<Pending>,
    /// The files that have arrived, with their parts and their names in the log.
    arrived: Vec<(usize, String, DataFile)>,
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
        let mut open = None;
        let mut result = self.write_files(table, groups, counter, &mut open);
        if let Err(error) = result {
            result = Err(self.give_up(open, error));
        }
        // Files that are complete may be deleted only when their uploads have ended.
        let rest = self.settle(0, 0);
        for (part, name, file) in self.arrived {
            if let Some(part) = self.done.parts.get_mut(part) {
                part.files.insert(name, file);
            }
        }
        (self.done, result.and(rest))
    }

    fn write_files<'a>(
        &mut self,
        table: &'a TableEncoder,
        groups: &Groups,
        counter: &tokio::sync::watch::Sender<u64>,
        open: &mut Option<OpenFile<'a>>,
    ) -> Result<(), ExportError> {
        for group in groups {
            let group = group?;
            let mut cutter = match self.cutter.take() {
                Some(cutter) => cutter,
                None => self.cutter(&group),
            };
            let mut pieces = Vec::new();
            for batch in &group {
                let mut start = 0;
                while start < batch.num_rows() {
                    let cut = cutter.next(batch, start);
                    if cut.rows > 0 {
                        pieces.push(batch.slice(start, cut.rows));
                        start += cut.rows;
                    }
                    if cut.ends {
                        self.encode(table, open, &mut pieces, &cutter)?;
                        self.end_part(open, &mut cutter)?;
                    }
                }
            }
            self.encode(table, open, &mut pieces, &cutter)?;
            self.cutter = Some(cutter);
            counter.send_replace(self.done.rows);
        }
        if let Some(mut cutter) = self.cutter.take() {
            self.end_part(open, &mut cutter)?;
        }
        Ok(())
    }

    /// The ends of parts, for a table with these first rows.
    fn cutter(&mut self, group: &[RecordBatch]) -> Cutter {
        let rows = match self.division {
            Division::Runs(Some(rows)) => rows,
            Division::Runs(None) => Chunker::rows_for(group),
            Division::Whole | Division::Partitions => 0,
        };
        self.done.part_rows = (rows > 0).then_some(rows);
        Cutter::new(self.division, rows, self.query.stored.len())
    }

    fn encode<'a>(
        &mut self,
        table: &'a TableEncoder,
        open: &mut Option<OpenFile<'a>>,
        pieces: &mut Vec<RecordBatch>,
        cutter: &Cutter,
    ) -> Result<(), ExportError> {
        if pieces.is_empty() {
            return Ok(());
        }
        if open.is_none() {
            *open = Some(self.open(table, cutter.partition())?);
        }
        for batch in pieces.iter() {
            self.done.rows += batch.num_rows() as u64;
            self.open.extend(hashes(batch));
            if self.run.trino.is_some() {
                self.done.rounded.add(batch);
            }
        }
        let Some(file) = open else { return Ok(()) };
        file.encoder.write(std::mem::take(pieces))?;
        if file.encoder.bytes >= self.run.file_size {
            self.finish(open)?;
        }
        Ok(())
    }

    fn open<'a>(
        &mut self,
        table: &'a TableEncoder,
        values: &[Option<String>],
    ) -> Result<OpenFile<'a>, ExportError> {
        let columns = &self.query.partition;
        let folder = partition::folder(columns, &named(columns, values))?;
        let index = self.done.paths.len();
        let name = format!("{folder}part-{index:05}-{}.zstd.parquet", self.run.id);
        let path = Path::parse(name).map_err(|error| ExportError::Path(error.to_string()))?;
        self.done.paths.push(path.clone());
        let (sink, parts) = upload::pipe(self.run.budget.part);
        let (log, target) = (self.log.clone(), path.clone());
        let cancel = self.run.cancel.clone();
        let upload = self
            .handle
            .spawn(async move { parts.upload(&log.objects, &target, cancel.wait()).await });
        Ok(OpenFile { path, values: values.to_vec(), encoder: table.open(sink)?, upload })
    }

    /// Ends the file, and leaves its last bytes to the upload.
    fn finish(&mut self, open: &mut Option<OpenFile<'_>>) -> Result<(), ExportError> {
        let Some(OpenFile { path, values, encoder, upload }) = open.take() else {
            return Ok(());
        };
        match encoder.finish(PartSink::finish) {
            Ok(encoded) => {
                let bytes = encoded.bytes;
                let part = self.done.parts.len();
                self.pending.push_back(Pending { path, values, part, bytes, encoded, upload });
                self.settle(PENDING_BYTES, PENDING_FILES)
            }
            // An upload that failed is why the encoder's sink closed, and not the other way round.
            Err(error) => Err(self.failed(upload, error.into())),
        }
    }

    fn end_part(
        &mut self,
        open: &mut Option<OpenFile<'_>>,
        cutter: &mut Cutter,
    ) -> Result<(), ExportError> {
        let finished = self.finish(open);
        let values = cutter.close();
        let fingerprint = std::mem::take(&mut self.open);
        if fingerprint.rows > 0 {
            let values = named(&self.query.partition, &values);
            self.done.parts.push(Part::new(values, fingerprint));
        }
        finished
    }

    /// Waits until at most so many bytes and complete files are on their way.
    fn settle(&mut self, most_bytes: u64, most_files: usize) -> Result<(), ExportError> {
        let mut result = Ok(());
        loop {
            let waiting: u64 = self.pending.iter().map(|file| file.bytes).sum();
            if waiting <= most_bytes && self.pending.len() <= most_files {
                break result;
            }
            let Some(file) = self.pending.pop_front() else { break result };
            result = result.and(self.uploaded(file));
        }
    }

    fn uploaded(&mut self, file: Pending) -> Result<(), ExportError> {
        let Pending { path, values, part, encoded, upload, .. } = file;
        let arrived = self.handle.block_on(upload).map_err(|_| ExportError::Panic)??;
        let Encoded { metadata, nested_nulls, .. } = encoded;
        let fields = &self.query.stored;
        let logged = partition::log_path(path.as_ref());
        self.arrived.push((part, logged.clone(), arrived));
        self.done.adds.push(Add {
            path: logged,
            partition_values: named(&self.query.partition, &values),
            size: arrived.size as i64,
            modification_time: now_millis(),
            data_change: true,
            stats: stats::stats_json(fields, &metadata, &nested_nulls),
        });
        stats::check_finite(fields, &metadata).map_err(ExportError::Values)
    }

    /// Lets the upload abort, and tells its error when that is why the encoder failed.
    fn give_up(&self, file: Option<OpenFile<'_>>, error: ExportError) -> ExportError {
        let Some(OpenFile { encoder, upload, .. }) = file else {
            return error;
        };
        drop(encoder);
        self.failed(upload, error)
    }

    /// The upload's error, when it has one of its own.
    fn failed(
        &self,
        upload: JoinHandle<Result<DataFile, UploadError>>,
        error: ExportError,
    ) -> ExportError {
        match self.handle.block_on(upload) {
            Ok(Err(UploadError::GivenUp)) | Ok(Ok(_)) => error,
            Ok(Err(failed)) => failed.into(),
            Err(_) => ExportError::Panic,
        }
    }
}
