//! The parts of the version before whose files stay, and the rows to write.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use object_store::ObjectMeta;

use super::error::ExportError;
use super::run::Run;
use super::table::{Compared, Stored, TablePlan};
use super::verify::unreadable;
use crate::fingerprint::Fingerprint;
use crate::log::newest::broken;
use crate::log::{Snapshot, TableLog};
use crate::part::{FoundPart, Matched, Part};
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
    /// The table's files, when they were listed.
    pub(super) objects: Option<Vec<ObjectMeta>>,
}

impl Reuse {
    /// Finds out what stays. With `whole` nothing does.
    pub(super) async fn of(
        run: &Arc<Run>,
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
        if run.verify {
            let missing: HashSet<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
            let paths = snapshot.files.iter().map(|file| file.path.clone());
            let rest: Vec<String> = paths.filter(|path| !missing.contains(&**path)).collect();
            faults.extend(unreadable(run, log, &rest).await?);
        }
        let broken_paths: HashSet<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
        let whole_files: HashMap<&str, u64> = snapshot
            .files
            .iter()
            .filter(|file| !file.has_deletions() && !broken_paths.contains(file.path.as_str()))
            .map(|file| (file.raw_path.as_str(), file.size as u64))
            .collect();
        let is_whole = |part: &Part| {
            !part.files.is_empty()
                && part
                    .files
                    .iter()
                    .all(|(file, size)| whole_files.get(file.as_str()) == Some(size))
        };
        let parts = stored.parts.len();
        let healthy: Vec<Part> = stored.parts.into_iter().filter(is_whole).collect();
        match found {
            Some(found) => {
                let Matched { kept, changed } = Matched::of(found, &plan.query.partition, healthy);
                reuse.wanted = wanted(plan, Some(changed), kept.len());
                reuse.kept = kept;
            }
            // The only part is as it was.
            None if parts > 0 && healthy.len() == parts => {
                reuse.wanted = Wanted::Ranges(Vec::new());
                reuse.parts = parts;
                reuse.kept = healthy;
            }
            None => {}
        }
        reuse.broken = faults.iter().map(ToString::to_string).collect();
        reuse.objects = Some(objects);
        Ok(reuse)
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
