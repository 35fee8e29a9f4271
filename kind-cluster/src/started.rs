//! The programs that a run has started, noted in a file: after a kill -9, the next run knows which still work.
//!
//! They do not inherit a lock, because podman would hand it on to a container's monitor, which would keep it for the
//! container's life.

use std::fs::{self, File};
use std::io::Write;
use std::sync::OnceLock;

use rustix::process::{Pid, test_kill_process_group};

static NOTES: OnceLock<File> = OnceLock::new();

/// Notes the programs that are started from here on at the end of a file.
pub(crate) fn note_in(file: File) {
    // A run has one file.
    let _ = NOTES.set(file);
}

/// Notes the process group of a program that has started.
pub(crate) fn note(group: u32) {
    if let Some(mut notes) = NOTES.get() {
        // Without the note, the next run does not wait for the program.
        let _ = writeln!(notes, "{group} {}", boot());
    }
}

/// Whether the program of a note still runs. Nobody may wait for its end any more: a zombie does nothing.
pub(crate) fn runs(note: &str) -> bool {
    let Some((group, boot)) = note.split_once(' ') else { return false };
    let Some(group) = group.parse().ok().and_then(Pid::from_raw) else { return false };
    let stat = fs::read_to_string(format!("/proc/{group}/stat")).unwrap_or_default();
    let is_zombie = stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'));
    boot == self::boot() && test_kill_process_group(group).is_ok() && !is_zombie
}

/// Distinguishes a process from one with its number before the machine was started again.
fn boot() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}
