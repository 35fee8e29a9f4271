//! The parts of the version before whose files stay, and the rows to write.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use object_store::ObjectMeta;

use super::error::ExportError;
use super::run::Run;
use super::table::{Compared, Stored, TablePlan};
use super::verify::damaged;
use crate::digest::Digest;
use crate::fingerprint::Fingerprint;
use crate::log::newest::{BrokenFile, broken};
use crate::log::{Snapshot, TableLog};
use crate::part::{FoundPart, Matched, Part};
use crate::partition::object_path;
use crate::query::Wanted;

#[derive(Debug)]
pub(super) struct Reuse {
    /// The fingerprint, when database and version have the same rows.
    pub(super) same: Option<Fingerprint>,
    pub(super) kept: Vec<Part>,
    pub(super) wanted: Wanted,
    /// Parts of the new version, as far as they are known.
    pub(super) parts: usize,
    /// See [`crate::log::actions::CommitInfo::part_rows`].
    pub(super) part_rows: Option<u64>,
    /// Files of the version before that are not as the log has them.
    pub(super) broken: Vec<String>,
    /// Files whose digests were compared, and are the same.
    pub(super) verified: HashSet<String>,
    /// The table's files, when they were listed.
    pub(super) objects: Option<Vec<ObjectMeta>>,
}

impl Reuse {
    /// Finds out what stays. With `whole` nothing does.
    pub(super) async fn of(
        run: &Run,
        plan: &TablePlan,
        log: &TableLog,
        snapshot: Option<&Snapshot>,
        stored: Option<Stored>,
        compared: Compared,
        whole: bool,
    ) -> Result<Self, ExportError> {
        let Compared { same, parts: found } = compared;
        let mut reuse = Self {
            same,
            kept: Vec::new(),
            parts: found.as_ref().map_or(0, Vec::len),
            part_rows: stored.as_ref().and_then(|stored| stored.part_rows),
            wanted: Wanted::All,
            broken: Vec::new(),
            verified: HashSet::new(),
            objects: None,
        };
        let (true, Some(snapshot), Some(stored)) = (!run.force && !whole, snapshot, stored) else {
            reuse.wanted = wanted(plan, found, 0);
            return Ok(reuse);
        };
        if same.is_none() && found.is_none() {
            return Ok(reuse);
        }
        let objects = run.unless_stopped(log.data_objects()).await??;
        let files = snapshot.files.iter().map(|file| (file.path.as_str(), file.size as u64));
        let mut faults = broken(files, &objects);
        let all = stored.parts.len();
        let mut healthy = healthy(snapshot, stored.parts, &faults);
        (reuse.kept, reuse.wanted) = loop {
            let (kept, wanted) = choose(plan, found.as_deref(), &healthy, all);
            if !run.verify {
                break (kept, wanted);
            }
            // A damaged file takes its part out, so that another part with the same rows may stay.
            let files: Vec<(String, Digest)> = kept
                .iter()
                .flat_map(|part| &part.files)
                .filter_map(|(file, found)| Some((object_path(file), found.digest?)))
                .filter(|(path, _)| !reuse.verified.contains(path))
                .collect();
            let mut read: HashSet<String> = files.iter().map(|(path, _)| path.clone()).collect();
            let damaged = damaged(run, log, files).await?;
            if damaged.is_empty() {
                reuse.verified.extend(read);
                break (kept, wanted);
            }
            let lost: HashSet<&str> = damaged.iter().map(|fault| fault.path.as_str()).collect();
            read.retain(|path| !lost.contains(path.as_str()));
            reuse.verified.extend(read);
            healthy.retain(|part| {
                !part.files.keys().any(|file| lost.contains(object_path(file).as_str()))
            });
            faults.extend(damaged);
        };
        if found.is_none() {
            reuse.parts = all;
        }
        reuse.broken = faults.iter().map(ToString::to_string).collect();
        reuse.objects = Some(objects);
        Ok(reuse)
    }
}

/// The parts whose files are there as the log has them, with all their rows.
fn healthy(snapshot: &Snapshot, parts: Vec<Part>, faults: &[BrokenFile]) -> Vec<Part> {
    let broken: HashSet<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    let whole: HashMap<&str, u64> = snapshot
        .files
        .iter()
        .filter(|file| !file.has_deletions() && !broken.contains(file.path.as_str()))
        .map(|file| (file.raw_path.as_str(), file.size as u64))
        .collect();
    let is_whole = |part: &Part| {
        let mut files = part.files.iter();
        !part.files.is_empty()
            && files.all(|(name, file)| whole.get(name.as_str()) == Some(&file.size))
    };
    parts.into_iter().filter(is_whole).collect()
}

/// The stored parts that stay, and the rows to write. `all` is the number of stored parts, healthy or not.
fn choose(
    plan: &TablePlan,
    found: Option<&[FoundPart]>,
    healthy: &[Part],
    all: usize,
) -> (Vec<Part>, Wanted) {
    match found {
        Some(found) => {
            let columns = &plan.query.partition;
            let Matched { kept, changed } = Matched::of(found.to_vec(), columns, healthy.to_vec());
            let wanted = wanted(plan, Some(changed), kept.len());
            (kept, wanted)
        }
        // The only part is as it was.
        None if all > 0 && healthy.len() == all => (healthy.to_vec(), Wanted::Ranges(Vec::new())),
        None => (Vec::new(), Wanted::All),
    }
}

/// The rows of the changed parts, beside a number of kept ones.
fn wanted(plan: &TablePlan, changed: Option<Vec<FoundPart>>, kept: usize) -> Wanted {
    let Some(changed) = changed else { return Wanted::All };
    match (plan.query.partition.is_empty(), kept) {
        (false, _) => Wanted::Partitions { parts: changed, are_all: kept == 0 },
        (true, 0) => Wanted::All,
        (true, _) => Wanted::Ranges(joined(changed)),
    }
}

/// The ranges of runs that follow each other as one.
fn joined(parts: Vec<FoundPart>) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for rows in parts.into_iter().filter_map(|part| part.rows) {
        match ranges.last_mut() {
            Some(last) if last.end == rows.start => last.end = rows.end,
            _ => ranges.push(rows),
        }
    }
    ranges
}
