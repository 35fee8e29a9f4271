//! Carries a file's bytes from the thread that encodes to the object store, part by part.
//!
//! The encoder waits when the store is slower, so at most [`QUEUED_PARTS`] parts wait and
//! [`PARTS_IN_FLIGHT`] are under way. A small file is one PUT; a larger one is a multipart
//! upload, aborted on every failure.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{FuturesUnordered, StreamExt};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};
use tokio::sync::mpsc;

use crate::digest::Digester;
use crate::part::DataFile;

/// Parts that may wait for the store.
const QUEUED_PARTS: usize = 1;

/// Parts that are sent at the same time.
const PARTS_IN_FLIGHT: usize = 2;

/// Time for a store to abort an upload; the next run aborts it otherwise.
const ABORT: Duration = Duration::from_millis(500);

#[derive(Debug)]
enum Part {
    More(Bytes),
    Last(Bytes),
}

/// The writing end: cuts the bytes into parts.
#[derive(Debug)]
pub(crate) struct PartSink {
    sender: mpsc::Sender<Part>,
    buffer: Vec<u8>,
    part_bytes: usize,
    spare: Spare,
}

/// Buffers of parts that were sent, to be filled again: memory fresh from the system has to be
/// cleared page by page.
type Spare = Arc<Mutex<Vec<Vec<u8>>>>;

/// A part's bytes, whose buffer becomes spare when they are sent.
struct Lent {
    buffer: Vec<u8>,
    spare: Spare,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

/// The reading end, for [`Parts::upload`].
#[derive(Debug)]
pub(crate) struct Parts {
    receiver: mpsc::Receiver<Part>,
    digester: Digester,
}

/// Why an upload did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    #[error("cannot upload {path}")]
    Store { path: String, source: object_store::Error },
    #[error("the file was given up before its end")]
    GivenUp,
}

impl UploadError {
    /// Whether the disk has no room.
    pub(crate) fn is_full(&self) -> bool {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        self.local().is_some_and(|kind| matches!(kind, StorageFull | QuotaExceeded | FileTooLarge))
    }

    /// Whether a file system has refused.
    pub(crate) fn is_local(&self) -> bool {
        let is_local = |source: &object_store::Error| {
            matches!(source, object_store::Error::Generic { store: "LocalFileSystem", .. })
        };
        matches!(self, Self::Store { source, .. } if is_local(source))
    }

    /// The file system's error.
    fn local(&self) -> Option<std::io::ErrorKind> {
        let mut cause = std::error::Error::source(self).filter(|_| self.is_local());
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<std::io::Error>() {
                return Some(error.kind());
            }
            cause = error.source();
        }
        None
    }
}

/// The two ends of a file's way to the store, in parts of `part_bytes` bytes.
pub(crate) fn pipe(part_bytes: usize) -> (PartSink, Parts) {
    let (sender, receiver) = mpsc::channel(QUEUED_PARTS);
    let sink = PartSink { sender, buffer: Vec::new(), part_bytes, spare: Spare::default() };
    (sink, Parts { receiver, digester: Digester::default() })
}

impl PartSink {
    /// Sends what is left. A sink that is dropped without this gives its file up.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        let last = self.take();
        self.send(Part::Last(last))
    }

    fn take(&mut self) -> Bytes {
        let buffer = std::mem::take(&mut self.buffer);
        Bytes::from_owner(Lent { buffer, spare: Arc::clone(&self.spare) })
    }

    fn send(&self, part: Part) -> io::Result<()> {
        self.sender
            .blocking_send(part)
            .map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the upload has stopped"))
    }
}

impl Write for PartSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.capacity() == 0 {
            let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
            self.buffer = spare.unwrap_or_default();
            self.buffer.reserve_exact(self.part_bytes);
        }
        let take = bytes.len().min(self.part_bytes - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..take]);
        if self.buffer.len() == self.part_bytes {
            let full = self.take();
            self.send(Part::More(full))?;
        }
        Ok(take)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Parts {
    /// Uploads the parts to `path`. `stop` gives the upload up.
    ///
    /// # Errors
    /// After the store's own retries; nothing is left behind that the store let us remove.
    pub(crate) async fn upload(
        mut self,
        store: &Arc<dyn ObjectStore>,
        path: &Path,
        stop: impl Future<Output = ()>,
    ) -> Result<DataFile, UploadError> {
        let mut stop = std::pin::pin!(stop);
        let refused = |source| UploadError::Store { path: path.to_string(), source };
        match self.receiver.recv().await {
            None => Err(UploadError::GivenUp),
            Some(Part::Last(bytes)) => {
                self.digester.add(&bytes);
                let file = self.file(bytes.len() as u64);
                tokio::select! {
                    biased;
                    put = store.put(path, bytes.into()) => put.map(|_| file).map_err(refused),
                    () = &mut stop => Err(UploadError::GivenUp),
                }
            }
            Some(Part::More(first)) => {
                let mut upload = tokio::select! {
                    biased;
                    upload = store.put_multipart(path) => upload.map_err(refused)?,
                    () = &mut stop => return Err(UploadError::GivenUp),
                };
                let sending = async {
                    let size = self.send_parts(first, upload.as_mut()).await?;
                    let completed = complete(store, path, upload.as_mut(), size).await;
                    completed.map(|()| self.file(size)).map_err(Some)
                };
                let sent = tokio::select! {
                    biased;
                    sent = sending => sent,
                    () = &mut stop => Err(None),
                };
                if sent.is_err() {
                    // The first failure is the one to report. A store that is silent keeps no run from its end.
                    let _ = tokio::time::timeout(ABORT, upload.abort()).await;
                }
                sent.map_err(|error| error.map_or(UploadError::GivenUp, refused))
            }
        }
    }

    /// The file whose bytes have all been taken.
    fn file(&self, size: u64) -> DataFile {
        DataFile { size, digest: Some(self.digester.digest()) }
    }

    /// `Err(None)` when the encoder gave up.
    async fn send_parts(
        &mut self,
        first: Bytes,
        upload: &mut dyn MultipartUpload,
    ) -> Result<u64, Option<object_store::Error>> {
        let mut in_flight = FuturesUnordered::new();
        let mut next = Some(Part::More(first));
        let mut size = 0;
        loop {
            let (bytes, last) = match next {
                Some(Part::More(bytes)) => (bytes, false),
                Some(Part::Last(bytes)) => (bytes, true),
                None => break Err(None),
            };
            size += bytes.len() as u64;
            self.digester.add(&bytes);
            if !bytes.is_empty() {
                in_flight.push(upload.put_part(PutPayload::from_bytes(bytes)));
            }
            let keep = if last { 0 } else { PARTS_IN_FLIGHT - 1 };
            while in_flight.len() > keep {
                if let Some(Err(error)) = in_flight.next().await {
                    return Err(Some(error));
                }
            }
            if last {
                break Ok(size);
            }
            // Parts under way go on while the next one is encoded.
            next = loop {
                tokio::select! {
                    part = self.receiver.recv() => break part,
                    Some(sent) = in_flight.next(), if !in_flight.is_empty() => {
                        sent.map_err(Some)?;
                    }
                }
            };
        }
    }
}

/// Completes a multipart upload. When the answer is lost, the completion may have happened and
/// a repeated one is told that there is no such upload; the object then says which it is.
async fn complete(
    store: &Arc<dyn ObjectStore>,
    path: &Path,
    upload: &mut dyn MultipartUpload,
    size: u64,
) -> Result<(), object_store::Error> {
    let Err(error) = upload.complete().await else {
        return Ok(());
    };
    match store.head(path).await {
        Ok(found) if found.size == size => Ok(()),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::memory::InMemory;

    async fn round_trip(lengths: &[usize], part_bytes: usize) -> Vec<u8> {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let path = Path::from("a/b.parquet");
        let (mut sink, parts) = pipe(part_bytes);
        let lengths = lengths.to_vec();
        let writer = std::thread::spawn(move || {
            for (i, length) in lengths.into_iter().enumerate() {
                sink.write_all(&vec![i as u8; length]).unwrap();
            }
            sink.finish().unwrap();
        });
        let file = parts.upload(&store, &path, std::future::pending()).await.unwrap();
        writer.join().unwrap();
        let bytes = store.get(&path).await.unwrap().bytes().await.unwrap();
        let mut digester = Digester::default();
        digester.add(&bytes);
        let whole = DataFile { size: bytes.len() as u64, digest: Some(digester.digest()) };
        assert_eq!(file, whole);
        bytes.to_vec()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_byte_arrives_in_order() {
        for part in [1, 7, 64, 1000] {
            let got = round_trip(&[3, 0, 20, 41], part).await;
            let want: Vec<u8> = [(0u8, 3), (2, 20), (3, 41)]
                .iter()
                .flat_map(|(byte, length)| vec![*byte; *length])
                .collect();
            assert_eq!(got, want, "parts of {part}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_dropped_sink_leaves_nothing() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let path = Path::from("x");
        let (mut sink, parts) = pipe(4);
        let writer = std::thread::spawn(move || {
            let _ = sink.write_all(b"0123456789");
        });
        let error = parts.upload(&store, &path, std::future::pending()).await.unwrap_err();
        writer.join().unwrap();
        assert!(matches!(error, UploadError::GivenUp));
        assert!(store.head(&path).await.is_err());
    }
}
