//! The programs that a run has started, noted in a file: after a kill -9, the next run knows which still work.
//!
//! They do not inherit a lock, because podman would hand it on to a container's monitor, which would keep it for the
//! container's life.

use std::fs::{self, File};
use std::io::Write;
use std::sync::Mutex;

use rustix::process::{Pid, test_kill_process_group};

static NOTES: Mutex<Option<File>> = Mutex::new(None);

/// Notes the programs that are started from here on at the end of a file; with `None`, no more.
pub(crate) fn note_in(file: Option<File>) {
    if let Ok(mut notes) = NOTES.lock() {
        *notes = file;
    }
}

/// Notes the process group of a program that has started.
pub(crate) fn note(group: u32) {
    let Ok(mut notes) = NOTES.lock() else { return };
    if let Some(notes) = notes.as_mut() {
        let start = process(&group.to_string()).map(|leader| leader.start).unwrap_or_default();
        // Without the note, the next run does not wait for the program.
        let _ = writeln!(notes, "{group} {} {start}", boot());
    }
}

/// The process group of a note if its program still runs.
///
/// Without /proc, as on macOS, a note has neither the machine's start nor the program's. A group that has got the
/// number since then counts as running: the next run waits too long rather than not at all.
pub(crate) fn running(note: &str) -> Option<&str> {
    let mut parts = note.split(' ');
    let (group, boot, start) = (parts.next()?, parts.next()?, parts.next()?);
    let id = Pid::from_raw(group.parse().ok()?)?;
    if boot != self::boot() || test_kill_process_group(id).is_err() {
        return None;
    }
    match process(group) {
        // As long as a group has members, no other process gets its number.
        Some(leader) if leader.start != start => None,
        Some(leader) if !leader.is_zombie => Some(group),
        _ => has_members(group).then_some(group),
    }
}

/// Whether a process of a group still works. Nobody may wait for the end of a zombie any more: it does nothing.
fn has_members(group: &str) -> bool {
    let Ok(all) = fs::read_dir("/proc") else { return true };
    let mut all = all.flatten().filter_map(|entry| process(&entry.file_name().to_string_lossy()));
    all.any(|process| process.group == group && !process.is_zombie)
}

/// A process, as /proc describes it.
struct Process {
    is_zombie: bool,
    group: String,
    /// In ticks since the machine was started.
    start: String,
}

fn process(id: &str) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The fields from the third one on; the second one, the name, may have spaces.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    Some(Process {
        is_zombie: *fields.first()? == "Z",
        group: (*fields.get(2)?).to_owned(),
        start: (*fields.get(19)?).to_owned(),
    })
}

/// Distinguishes a process from one with its number before the machine was started again.
fn boot() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_group_runs_as_long_as_a_member_does_and_another_one_with_its_number_does_not_count() {
        // The shell leads the group and becomes a zombie, because nobody waits for it.
        let mut leader =
            Command::new("sh").args(["-c", "sleep 60 & read x"]).process_group(0).spawn().unwrap();
        let group = leader.id().to_string();
        let start = process(&group).unwrap().start;
        let note = format!("{group} {} {start}", boot());
        assert_eq!(running(&note), Some(group.as_str()));
        assert_eq!(running(&format!("{group} {} {start}0", boot())), None);
        assert_eq!(running(&format!("{group} earlier {start}")), None);
        while !process(&group).unwrap().is_zombie {
            std::thread::yield_now();
        }
        assert_eq!(running(&note), Some(group.as_str()));
        let id = Pid::from_raw(group.parse().unwrap()).unwrap();
        rustix::process::kill_process_group(id, rustix::process::Signal::KILL).unwrap();
        while running(&note).is_some() {
            std::thread::yield_now();
        }
        leader.wait().unwrap();
    }
}
