//! A volume's files as a tar of the archive.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::time::Instant;

use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::stop::Stop;
use common::streams::harmless;

use super::archive::Writer;
use super::blocking::{self, GivenUp};
use super::volume::Volume;
use super::waiting::{late, warn};
use super::{manifest, verify};
use crate::{engine, process};

/// Copies a volume's files into the archive, and reads that part back.
pub(super) async fn write(
    volume: &Volume,
    writer: &mut Writer,
    deadline: Instant,
) -> Result<manifest::Volume, Stop> {
    let member_name = format!("volumes/{}/{}.tar", volume.namespace, volume.claim);
    let mut member = writer.member(&member_name)?;
    let arguments = [
        "exec",
        &volume.node,
        "tar",
        "--create",
        "--format=gnu",
        "--sparse",
        "--numeric-owner",
        "--sort=name",
        "--directory",
        &volume.path,
        ".",
    ];
    let mut command = engine::command(&arguments).await?;
    let limit = deadline.saturating_duration_since(Instant::now());
    let keep = |bytes: &[u8]| member.write(bytes);
    let ended = process::pipe(&mut command, async |_| (), keep, limit).await?;
    let Some(((), output)) = ended else { return Err(late(&volume.claim)) };
    if !output.success {
        return Err(engine::failed(&arguments, &output).await);
    }
    if !output.stderr.is_empty() {
        // A socket that it leaves out, for one.
        let said = harmless(&output.complaint());
        let message = format!("while claim {} was copied, tar said: {said}", volume.claim);
        warn("copy-warning", message);
    }
    let (size, sha256) = member.end()?;
    let survey = survey(writer, &volume.claim, size, deadline).await?;
    Ok(manifest::Volume {
        namespace: volume.namespace.clone(),
        claim: volume.claim.clone(),
        object: volume.object.clone(),
        member: member_name,
        node: volume.node.clone(),
        path: volume.path.clone(),
        method: "tar of the node's folder, owners by number, holes kept".into(),
        consistency: "stopped: no pod used the volume".into(),
        entries: survey.entries,
        bytes: survey.bytes,
        sha256,
    })
}

/// The contents of the member that was written last.
async fn survey(
    writer: &Writer,
    claim: &str,
    size: u64,
    deadline: Instant,
) -> Result<verify::Survey, Stop> {
    let path = writer.path().to_owned();
    let message = format!("claim {claim} cannot be backed up");
    let work = move |given_up: &GivenUp| {
        let open = || -> std::io::Result<std::io::Take<File>> {
            let mut file = File::open(&path)?;
            let end = file.metadata()?.len();
            file.seek(SeekFrom::Start(end - size.next_multiple_of(512)))?;
            Ok(file.take(size))
        };
        verify::survey(&mut given_up.watch(open()?)).map_err(|refusal| {
            let message = format!("{message}: {}", refusal.reason);
            let diagnostic = Diagnostic::error("volume-unsupported", message);
            let diagnostic = match refusal.code {
                "device" => diagnostic.hint("no archive holds devices: delete it from the volume"),
                _ => diagnostic,
            };
            Stop::new(Status::No, diagnostic)
        })
    };
    blocking::run(deadline, claim, work).await
}
