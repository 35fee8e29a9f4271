//! The data of every volume and database, in one archive.
//!
//! A live copy of a database's files is no backup: workloads that use a volume are stopped first. Databases
//! are asked for their own dump as well, while they still answer.

mod archive;
pub(crate) mod bind;
mod blocking;
mod claim;
mod copy;
mod dump;
mod inventory;
mod manifest;
pub(crate) mod quiesce;
pub(crate) mod restore;
mod retention;
pub(crate) mod scratch;
mod swap;
mod verify;
mod volume;
mod waiting;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::fault;
use common::files::Folder;
use common::quantity;
use common::retry::poll;
use common::stop::Stop;

use crate::cli::{self, Shared};
use crate::cluster::Cluster;
use crate::deploy::display;
use crate::interrupt::Interrupt;
use crate::report::{self, Check};
use crate::turn;
use archive::Writer;
use inventory::Inventory;
use manifest::Manifest;

/// `backup`.
pub(crate) async fn run(
    shared: &Shared,
    options: &cli::Backup,
    interrupt: &Interrupt,
) -> Result<Status, Stop> {
    let deadline = Instant::now() + shared.timeout;
    let _turn = match shared.dry_run() {
        true => None,
        false => Some(interrupt.or(turn::take(&shared.name, "backup", deadline)).await?),
    };
    let checks = make(shared, options, interrupt, Then::Resume, deadline).await?;
    report::publish("backup", &checks, shared.format)
}

/// The stopped workloads' state once there is an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// They run again.
    Resume,
    /// They stay stopped: the archive would lack everything that they still write.
    StayStopped,
}

/// Makes a verified archive under its final name, or fails and leaves none.
pub(crate) async fn make(
    shared: &Shared,
    options: &cli::Backup,
    interrupt: &Interrupt,
    then: Then,
    deadline: Instant,
) -> Result<Vec<Check>, Stop> {
    let cluster = interrupt.or(Cluster::connect(&shared.name)).await?;
    if !shared.dry_run() {
        interrupt.or(bind::clean_up(&cluster)).await?;
    }
    let inventory = interrupt.or(inventory::look(&cluster, &options.exclude)).await?;
    if then == Then::StayStopped && !inventory.abandoned.is_empty() {
        let message = format!(
            "no claim has, and no archive will have, the data of {}",
            inventory.abandoned.join(", ")
        );
        return Err(Stop::no("data-would-be-lost", message).hint(
            "bind these volumes to claims, and `kind-cluster backup --backup-dir DIR` archives their data; without an \
             archive, deleting them loses it, as --discard-data does",
        ));
    }
    if shared.dry_run() {
        return Ok(planned(&inventory));
    }
    let folder = interrupt.or(lock(&options.backup_dir, deadline)).await?;
    clear(&options.backup_dir, &shared.name)?;
    let path = interrupt.or(free(&options.backup_dir, &shared.name, deadline)).await?;
    let mut writer = Writer::create(&path)?;
    let work = write(shared, &cluster, &inventory, &mut writer, deadline, interrupt);
    let outcome = match work.await {
        Ok(manifest) => writer.publish().map(|()| manifest),
        Err(stop) => Err(stop),
    };
    // A volume that is about to be deleted must not have been written to since.
    let unused = match (&outcome, then) {
        (Ok(_), Then::StayStopped) => {
            interrupt.or(quiesce::still_unused(&cluster, &inventory.volumes)).await
        }
        _ => Ok(()),
    };
    // Stopped workloads start again, whatever has gone wrong.
    let resumed = match (&outcome, &unused, then) {
        (Ok(_), Ok(()), Then::StayStopped) => Ok(()),
        _ => unused.and(interrupt.cleanup(quiesce::resume(&cluster)).await),
    };
    let manifest = match (outcome, resumed) {
        (Ok(manifest), Ok(())) => manifest,
        (Ok(_), Err(mut stop)) => {
            let message = format!("the archive {} is complete and verified", path.display());
            stop.report.push(
                Diagnostic::info("archive-written", message)
                    .hint("`kind-cluster status` lists the workloads at 0 replicas, and `kind-cluster deploy` starts them"),
            );
            return Err(stop);
        }
        (Err(mut stop), resumed) => {
            if let Err(more) = resumed {
                stop.add(more);
            }
            return Err(stop);
        }
    };
    let mut checks = written(&path, &manifest);
    if let Some(keep) = options.keep {
        checks.extend(retention::retire(&options.backup_dir, &shared.name, &path, keep)?);
    }
    drop(folder);
    Ok(checks)
}

async fn write(
    shared: &Shared,
    cluster: &Cluster,
    inventory: &Inventory,
    writer: &mut Writer,
    deadline: Instant,
    interrupt: &Interrupt,
) -> Result<Manifest, Stop> {
    let mut manifest = inventory.manifest(&shared.name);
    let dumps = async {
        for database in &inventory.databases {
            display::line(&format!("dumping {}", database.workload));
            let part = dump::write(cluster, database, writer, deadline).await?;
            manifest.dumps.push(part);
        }
        Ok(())
    };
    interrupt.or(dumps).await?;
    quiesce::stop(cluster, &inventory.workloads, interrupt).await?;
    interrupt.or(copy(cluster, inventory, manifest, writer, deadline)).await
}

/// The steps of a backup while no pod uses the volumes.
async fn copy(
    cluster: &Cluster,
    inventory: &Inventory,
    mut manifest: Manifest,
    writer: &mut Writer,
    deadline: Instant,
) -> Result<Manifest, Stop> {
    quiesce::wait_until_unused(cluster, &inventory.volumes, deadline).await?;
    for volume in &inventory.volumes {
        display::line(&format!("copying claim {}", volume.claim));
        let part = copy::write(volume, writer, deadline).await?;
        quiesce::still_unused(cluster, &inventory.volumes).await?;
        manifest.volumes.push(part);
    }
    display::line("reading the archive back");
    writer.finish(&manifest, deadline).await?;
    // From the disk, not from what the kernel remembers: this is what a deletion relies on.
    let same = verify::archive(writer.path(), deadline).await.map(|found| found == manifest);
    if !matches!(same, Ok(true)) {
        let message = "the archive differs from the data that was written to it";
        let diagnostic = Diagnostic::error("backup-unverified", message)
            .hint("check the disk; nothing was deleted");
        let mut stop = Stop::new(Status::Unfinished, diagnostic);
        if let Err(why) = same {
            stop.add(why);
        }
        return Err(stop);
    }
    Ok(manifest)
}

/// Nobody else writes to the folder in the meantime.
async fn lock(folder: &Path, deadline: Instant) -> Result<Folder, Stop> {
    let is_held = |lock: &io::Result<Folder>| {
        lock.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::TimedOut)
    };
    let lock = poll(deadline, is_held, async || Folder::lock(folder, Instant::now())).await;
    lock.map_err(|error| Stop::from(fault::unwritable("backup-folder", folder.display(), &error)))
}

/// A path that no archive has yet: a name is of a second, and there may be an archive of this one.
async fn free(folder: &Path, cluster: &str, deadline: Instant) -> Result<PathBuf, Stop> {
    let is_taken = |path: &PathBuf| path.exists();
    // If it is still taken at the deadline, the writer refuses it.
    Ok(poll(deadline, is_taken, async || folder.join(file_name(cluster))).await)
}

fn file_name(cluster: &str) -> String {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    format!("{cluster}-{}.tar", now.replace(['-', ':'], ""))
}

/// Partial archives that killed backups of this cluster have left in the folder.
fn partial(folder: &Path, cluster: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let ours = |name: &str| {
        name.strip_prefix(cluster).is_some_and(|rest| rest.starts_with('-'))
            && name.ends_with(archive::PARTIAL)
    };
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(ours))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

/// Removes it; the lock says that nobody is writing it any more.
fn clear(folder: &Path, cluster: &str) -> Result<(), Stop> {
    for path in partial(folder, cluster) {
        std::fs::remove_file(&path).map_err(|error| {
            Stop::bad("backup-folder", format!("cannot remove {}: {error}", path.display()))
        })?;
        display::line(&format!("removed {}, which an interrupted backup left", path.display()));
    }
    Ok(())
}

/// For `doctor`.
pub(crate) fn leftovers(folder: &Path, cluster: &str) -> Vec<Check> {
    let check = |path: &PathBuf| {
        Check::warning(
            "backups",
            path.display().to_string(),
            "partial-archive",
            "an interrupted backup left it; it is not an archive",
        )
        .hint("the next backup into this folder removes it")
    };
    partial(folder, cluster).iter().map(check).collect()
}

fn planned(inventory: &Inventory) -> Vec<Check> {
    let stop = inventory.workloads.iter().map(|(workload, replicas)| {
        Check::ok(
            "workloads",
            workload.to_string(),
            format!("to be at 0 meanwhile, then {replicas}"),
        )
    });
    let dumps = inventory
        .databases
        .iter()
        .map(|d| Check::ok("dumps", d.workload.to_string(), "to be dumped"));
    let volumes = inventory.volumes.iter().map(|volume| {
        Check::ok(
            "volumes",
            &volume.claim,
            format!("to be copied from {}:{}", volume.node, volume.path),
        )
    });
    dumps.chain(stop).chain(volumes).chain(left_out(&inventory.scratch)).collect()
}

fn written(path: &Path, manifest: &Manifest) -> Vec<Check> {
    let volumes = manifest.volumes.iter().map(|part| {
        let size = quantity::show(part.bytes);
        Check::ok("volumes", &part.claim, format!("{} entries, {size}", part.entries))
    });
    let dumps = manifest
        .dumps
        .iter()
        .map(|part| Check::ok("dumps", &part.workload, quantity::show(part.bytes)));
    let archive = [Check::ok("archive", path.display().to_string(), "written and read back")];
    dumps.chain(volumes).chain(left_out(&manifest.scratch)).chain(archive).collect()
}

fn left_out(scratch: &[manifest::Scratch]) -> impl Iterator<Item = Check> + '_ {
    scratch.iter().map(|scratch| {
        Check::skipped("volumes", format!("{}/{}", scratch.owner, scratch.volume), &scratch.reason)
    })
}
