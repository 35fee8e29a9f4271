//! A volume's folder on its node, replaced: the new content is unpacked beside the old, proved to
//! be whole, and then takes its place. A command in a node goes on when this program is killed,
//! so no step does what only the next one may.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use common::diagnostic::Diagnostic;
use common::fault;
use common::stop::Stop;
use sha2::{Digest, Sha256};
use tar::Archive;
use tokio::io::AsyncWriteExt;

use super::manifest;
use super::volume::Volume;
use super::waiting::{late, warn};
use crate::digest::hex;
use crate::nodes::QUESTION;
use crate::{engine, process};

/// To tar, an input that ends between two files looks whole: the received bytes are hashed beside it.
/// A killed run's leftovers go first, and an unfinished run's go last, also when nobody is left to read the
/// output.
const UNPACK: &str = r#"set -eu
path=$1 new=$path.kind-cluster-new-$2 old=$path.kind-cluster-old
[ -e "$path" ] || [ ! -e "$old" ] || mv -T "$old" "$path"
rm -rf "$path".kind-cluster-new-*
pipes=$new-pipes
trap 'rm -rf "$new" "$pipes"' EXIT
trap 'exit 1' HUP INT PIPE TERM
mkdir -p "$new" "$pipes"
mkfifo "$pipes/copy"
sha256sum <"$pipes/copy" >"$pipes/sum" &
tee "$pipes/copy" | tar --extract --numeric-owner --same-owner --same-permissions --sparse \
    --directory "$new" --file -
wait
case $(cat "$pipes/sum") in
    "$3 "*) ;;
    *) echo "the volume's files have not arrived whole" >&2; exit 1 ;;
esac
trap 'rm -rf "$pipes"' EXIT
"#;

/// Puts back what was there when the second rename fails.
const SWAP: &str = r#"set -eu
path=$1 new=$path.kind-cluster-new-$2 old=$path.kind-cluster-old
[ -d "$new" ]
sync
rm -rf "$old"
[ ! -e "$path" ] || mv -T "$path" "$old"
mv -T "$new" "$path" || { [ ! -e "$old" ] || mv -T "$old" "$path"; exit 1; }
"#;

const UNDO: &str = r#"set -eu
path=$1 new=$path.kind-cluster-new-$2 old=$path.kind-cluster-old
mv -T "$path" "$new"
[ ! -e "$old" ] || mv -T "$old" "$path"
"#;

const FINISH: &str = "rm -rf \"$1.kind-cluster-old\"";

/// A process that is still unpacking into it then removes it itself.
const DISCARD: &str = "rm -rf \"$1.kind-cluster-new-$2\" || true";

/// The folders that one run makes.
#[derive(Debug)]
pub(super) struct Swap<'a> {
    /// Distinguishes them from those of a run that was killed, whose last command may go on.
    id: String,
    targets: &'a [(&'a manifest::Volume, Volume)],
    deadline: Instant,
}

impl<'a> Swap<'a> {
    pub(super) fn of(targets: &'a [(&'a manifest::Volume, Volume)], deadline: Instant) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let id = format!("{:x}-{}", now.unwrap_or_default().as_nanos(), std::process::id());
        Swap { id, targets, deadline }
    }

    /// Every volume's old folder gives way to its new one; when one does not, none has.
    pub(super) async fn swap(&self) -> Result<(), Stop> {
        for (done, (_, target)) in self.targets.iter().enumerate() {
            let Err(mut stop) = self.run(SWAP, target).await else { continue };
            for (_, target) in &self.targets[..done] {
                if let Err(more) = self.run(UNDO, target).await {
                    stop.add(more);
                }
            }
            return Err(stop);
        }
        for (part, target) in self.targets {
            if let Err(stop) = self.run(FINISH, target).await {
                let why = stop.report.diagnostics().iter().map(Diagnostic::message);
                let why: Vec<&str> = why.collect();
                let message = format!(
                    "claim {} is restored; its old data is still at {}:{}.kind-cluster-old: {}",
                    part.claim,
                    target.node,
                    target.path,
                    why.join("; ")
                );
                warn("old-data", message);
            }
        }
        Ok(())
    }

    /// Removes what was unpacked and has not taken its place.
    pub(super) async fn discard(&self) -> Result<(), Stop> {
        for (_, target) in self.targets {
            self.run(DISCARD, target).await?;
        }
        Ok(())
    }

    async fn run(&self, script: &str, target: &Volume) -> Result<(), Stop> {
        let arguments = ["exec", &target.node, "sh", "-c", script, "sh", &target.path, &self.id];
        let limit = self.deadline.saturating_duration_since(Instant::now()).max(QUESTION);
        engine::succeed(&arguments, limit).await.map(|_| ())
    }

    /// Unpacks the archive's files of a volume beside it.
    pub(super) async fn unpack(
        &self,
        archive: &Path,
        part: &manifest::Volume,
        target: &Volume,
    ) -> Result<(), Stop> {
        let arguments = [
            "exec",
            "--interactive",
            &target.node,
            "sh",
            "-c",
            UNPACK,
            "sh",
            &target.path,
            &self.id,
            &part.sha256,
        ];
        let mut command = engine::command(&arguments).await?;
        command.stdin(Stdio::piped());
        let feed = async |input| match input {
            Some(input) => feed(archive, &part.member, input).await,
            None => Err(io::Error::other("there is no input to write to")),
        };
        let limit = self.deadline.saturating_duration_since(Instant::now());
        // When the other side ends early, its own message says more than a broken pipe.
        let ended = process::pipe(&mut command, feed, |_| Ok(()), limit).await?;
        let Some((fed, output)) = ended else { return Err(late(&part.claim)) };
        if fed.as_ref().is_ok_and(|sum| *sum != part.sha256) {
            let message =
                format!("{} has changed since it was verified: {}", archive.display(), part.member);
            return Err(Stop::no("bad-archive", message).hint("no data was replaced"));
        }
        if !output.success {
            return Err(engine::failed(&["exec", &target.node, "tar"], &output).await);
        }
        fed.map(|_| ()).map_err(|error| {
            Stop::from(fault::unreadable("unreadable", "archive", archive.display(), &error))
        })
    }
}

/// Writes a member of the archive, and returns the SHA-256 of the written bytes.
async fn feed(
    archive: &Path,
    member: &str,
    mut input: tokio::process::ChildStdin,
) -> io::Result<String> {
    let mut reader = Archive::new(File::open(archive)?);
    for entry in reader.entries_with_seek()? {
        let mut entry = entry?;
        if *entry.path_bytes() != *member.as_bytes() {
            continue;
        }
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 256 << 10];
        loop {
            let count = entry.read(&mut buffer)?;
            if count == 0 {
                input.shutdown().await?;
                return Ok(hex(&hash.finalize()));
            }
            hash.update(&buffer[..count]);
            input.write_all(&buffer[..count]).await?;
        }
    }
    Err(io::Error::other("the archive has lost a member"))
}
