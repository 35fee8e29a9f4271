//! Streams a table into files: read, encoded and uploaded at the same time.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use arrow::array::RecordBatch;
use duckdb::Connection;
use object_store::path::Path;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::error::ExportError;
use super::run::Run;
use crate::calendar::now_millis;
use crate::encode::{Encoded, FileEncoder, TableEncoder};
use crate::fingerprint::Fingerprint;
use crate::log::TableLog;
use crate::log::actions::Add;
use crate::progress::TableProgress;
use crate::query::{Query, ReadError, Reading, hashes};
use crate::stats;
use crate::trino::Rounded;
use crate::upload::{self, PartSink, UploadError};

/// The files of a table, uploaded and not yet committed.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) adds: Vec<Add>,
    pub(super) fingerprint: Fingerprint,
    /// Filled where the table is registered in Trino.
    pub(super) rounded: Rounded,
}

impl Written {
    pub(super) fn paths(&self) -> Vec<Path> {
        self.adds.iter().map(|add| Path::from(add.path.as_str())).collect()
    }
}

/// Streams the table into files. On failure nothing of them is left.
pub(super) async fn write(
    run: &Arc<Run>,
    query: &Arc<Query>,
    log: &TableLog,
    connection: Connection,
    reading: Reading,
    progress: &TableProgress,
) -> Result<Written, ExportError> {
    let table = TableEncoder::new(&query.fields, run.budget.encoder(reading))?;
    let (sender, receiver) = sync_channel(1);
    let (query, cancel) = (Arc::clone(query), run.cancel.clone());
    let reader =
        tokio::task::spawn_blocking(move || query.stream(&connection, &cancel, reading, &sender));

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
                    self.done.fingerprint.extend(hashes(batch));
                    if self.run.trino.is_some() {
                        self.done.rounded.add(batch);
                    }
                }
                Ok(file.encoder.write(group)?)
            });
            if let Err(error) = step {
                return Err(self.give_up(open.take(), error));
            }
            counter.send_replace(self.done.fingerprint.rows);
            if open.as_ref().is_some_and(|file| file.encoder.bytes >= self.run.file_size) {
                self.finish(table, open.take())?;
            }
        }
        self.finish(table, open)
    }

    fn open<'a>(&self, table: &'a TableEncoder) -> Result<OpenFile<'a>, ExportError> {
        let name = format!("part-{:05}-{}.zstd.parquet", self.done.adds.len(), self.run.id);
        let (sink, parts) = upload::pipe(self.run.budget.part);
        let (log, path) = (self.log.clone(), Path::from(name.as_str()));
        let upload = self.handle.spawn(async move { parts.upload(&log.objects, &path).await });
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
        let Encoded { metadata, nested_nulls } = encoded?;
        self.done.adds.push(Add {
            path: name,
            partition_values: Default::default(),
            size: size as i64,
            modification_time: now_millis(),
            data_change: true,
            stats: stats::stats_json(&table.fields, &metadata, &nested_nulls),
        });
        stats::check_finite(&table.fields, &metadata).map_err(ExportError::Values)
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
