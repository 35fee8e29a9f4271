//! Puts finished row groups into the file on a thread of its own, while the next one is encoded.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use parquet::arrow::arrow_writer::ArrowColumnChunk;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::writer::SerializedFileWriter;

/// The result of the thread.
type Ended<W> = Result<(SerializedFileWriter<W>, ParquetMetaData), ParquetError>;

/// The way into a file. A handle that is dropped gives the file up.
pub(super) struct Appender<W: Write + Send> {
    sender: Option<SyncSender<Vec<ArrowColumnChunk>>>,
    thread: Option<JoinHandle<Result<SerializedFileWriter<W>, ParquetError>>>,
}

impl<W: Write + Send + 'static> Appender<W> {
    pub(super) fn new(writer: SerializedFileWriter<W>) -> Self {
        // No queue: a row group is handed over when the one before is in the file.
        let (sender, groups) = sync_channel(0);
        let thread = std::thread::spawn(move || append(writer, &groups));
        Self { sender: Some(sender), thread: Some(thread) }
    }

    /// Hands over a row group, once the one before it is in the file.
    pub(super) fn append(&mut self, group: Vec<ArrowColumnChunk>) -> Result<(), ParquetError> {
        let sent = self.sender.as_ref().map(|sender| sender.send(group));
        match sent {
            Some(Ok(())) => Ok(()),
            // The thread has ended early, with its reason.
            _ => Err(self.join().err().unwrap_or_else(ended)),
        }
    }

    pub(super) fn finish(mut self) -> Ended<W> {
        let mut writer = self.join()?;
        let metadata = writer.finish()?;
        Ok((writer, metadata))
    }

    fn join(&mut self) -> Result<SerializedFileWriter<W>, ParquetError> {
        self.sender = None;
        let thread = self.thread.take().ok_or_else(ended)?;
        thread.join().map_err(|_| ended())?
    }
}

fn ended() -> ParquetError {
    ParquetError::General("the thread that writes a file ended early".into())
}

fn append<W: Write + Send>(
    mut writer: SerializedFileWriter<W>,
    groups: &Receiver<Vec<ArrowColumnChunk>>,
) -> Result<SerializedFileWriter<W>, ParquetError> {
    for chunks in groups {
        let mut group = writer.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
    }
    Ok(writer)
}
