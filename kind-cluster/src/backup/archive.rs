//! The archive's file: a tar of volumes and dumps, the manifest behind them, and last a checksum
//! of everything before it, so that no byte can change unseen.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use common::exit::Status;
use common::fault;
use common::files::folder_of;
use common::stop::Stop;
use sha2::{Digest, Sha256};
use tar::{EntryType, Header};

use super::blocking;
use super::manifest::Manifest;
use crate::digest::hex;

/// The end of a name that is not the final one.
pub(super) const PARTIAL: &str = ".tar.partial";
pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const CHECKSUM: &str = "SHA256";
const BLOCK: u64 = 512;

/// The end of every archive: header and text of the checksum, and tar's two empty blocks.
pub(super) const TRAILER: u64 = 4 * BLOCK;

/// An archive that is being written.
#[derive(Debug)]
pub(super) struct Writer {
    file: File,
    partial: PathBuf,
    target: PathBuf,
    published: bool,
}

/// A member that is being written: its size is known at its end.
#[derive(Debug)]
pub(super) struct Member<'w> {
    writer: &'w mut Writer,
    name: String,
    /// Where its header will be.
    start: u64,
    size: u64,
    hash: Sha256,
}

impl Writer {
    /// Starts `target` under its partial name.
    pub(super) fn create(target: &Path) -> Result<Self, Stop> {
        let partial = target.with_extension("tar.partial");
        if target.exists() {
            let message = format!("{} already exists", target.display());
            return Err(Stop::bad("backup-folder", message));
        }
        // Data of databases is nobody else's business, from the first byte on.
        let file =
            OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&partial);
        let file = file.map_err(|error| cannot_write(&partial, &error))?;
        Ok(Writer { file, partial, target: target.to_owned(), published: false })
    }

    /// The file under its present name.
    pub(super) fn path(&self) -> &Path {
        &self.partial
    }

    /// Starts a member.
    pub(super) fn member(&mut self, name: &str) -> Result<Member<'_>, Stop> {
        let start = self.file.stream_position().map_err(|e| cannot_write(&self.partial, &e))?;
        let mut member =
            Member { writer: self, name: name.to_owned(), start, size: 0, hash: Sha256::new() };
        member.raw(&[0; BLOCK as usize])?;
        Ok(member)
    }

    /// Writes the manifest and the checksum, and waits until the disk has everything.
    pub(super) async fn finish(
        &mut self,
        manifest: &Manifest,
        deadline: Instant,
    ) -> Result<(), Stop> {
        let text = serde_json::to_string_pretty(manifest).map_err(io::Error::from)? + "\n";
        let mut member = self.member(MANIFEST)?;
        member.write(text.as_bytes())?;
        member.end()?;
        let end = self.file.stream_position().map_err(|e| cannot_write(&self.partial, &e))?;
        let (path, item) = (self.partial.clone(), "the archive");
        let sum = blocking::run(deadline, item, move |given_up| {
            let file = File::open(&path).map_err(|e| cannot_write(&path, &e))?;
            let content = given_up.watch(file).take(end);
            hash_of(content).map_err(|e| cannot_write(&path, &e))
        });
        let sum = sum.await?;
        let (path, handle) = (self.partial.clone(), self.file.try_clone());
        let write = move || -> io::Result<()> {
            let mut file = handle?;
            file.seek(SeekFrom::Start(end))?;
            file.write_all(&trailer(&sum))?;
            file.sync_all()?;
            // The verification that follows is to read the disk.
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
            Ok(())
        };
        // A slow disk has much to catch up with.
        let work = blocking::run(deadline, item, move |_| {
            write().map_err(|error| cannot_write(&path, &error))
        });
        work.await
    }

    /// Gives the archive its final name.
    pub(super) fn publish(mut self) -> Result<(), Stop> {
        let rename = || -> io::Result<()> {
            std::fs::rename(&self.partial, &self.target)?;
            File::open(folder_of(&self.target))?.sync_all()
        };
        rename().map_err(|error| cannot_write(&self.target, &error))?;
        self.published = true;
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.published {
            let _ = std::fs::remove_file(&self.partial);
        }
    }
}

impl Member<'_> {
    /// More of its content.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        self.raw(bytes)
    }

    /// Fills in the header, now that the size is known. Returns size and SHA-256.
    pub(super) fn end(mut self) -> Result<(u64, String), Stop> {
        let padding = (BLOCK - self.size % BLOCK) % BLOCK;
        self.raw(&[0; BLOCK as usize][..padding as usize])?;
        let header =
            header(&self.name, self.size).map_err(|e| cannot_write(&self.writer.partial, &e))?;
        let write = |file: &mut File| -> io::Result<()> {
            let end = file.stream_position()?;
            file.seek(SeekFrom::Start(self.start))?;
            file.write_all(header.as_bytes())?;
            file.seek(SeekFrom::Start(end)).map(|_| ())
        };
        write(&mut self.writer.file).map_err(|e| cannot_write(&self.writer.partial, &e))?;
        Ok((self.size, hex(&self.hash.finalize())))
    }

    fn raw(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let written = self.writer.file.write_all(bytes);
        written.map_err(|error| cannot_write(&self.writer.partial, &error))
    }
}

/// The last [`TRAILER`] bytes of an archive whose other bytes have this checksum.
pub(super) fn trailer(sum: &str) -> Vec<u8> {
    let text = format!("{sum}\n");
    // A name and a size that always fit.
    let header = header(CHECKSUM, text.len() as u64).unwrap_or_else(|_| Header::new_gnu());
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(text.as_bytes());
    bytes.resize(TRAILER as usize, 0);
    bytes
}

/// SHA-256 of everything that a reader gives.
pub(super) fn hash_of(mut reader: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&buffer[..count]);
    }
}

fn header(name: &str, size: u64) -> io::Result<Header> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_path(name)?;
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    Ok(header)
}

/// A full disk is no mistake of anybody: there is only more to do first.
fn cannot_write(path: &Path, error: &io::Error) -> Stop {
    let full = matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    );
    let code = if full { "disk-full" } else { "backup-write" };
    let diagnostic = fault::unwritable(code, path.display(), error);
    let diagnostic = match full {
        true => diagnostic
            .with("nothing was deleted, and the workloads run again")
            .hint("make room, or choose another folder"),
        false => diagnostic,
    };
    Stop::new(Status::Unfinished, diagnostic)
}
