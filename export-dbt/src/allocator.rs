//! Keeps glibc's allocator from holding on to memory that is free.
//!
//! By default it has up to eight arenas a core and returns memory late, which makes the peak a
//! third larger and lets it creep up with the number of rows. Its settings are read from the
//! environment before `main`, so the process starts itself once more, under the same id.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Two arenas; free memory above 8 MB goes back; what is larger than 4 MB, such as the parts of an
/// upload, is taken from the system and given back at once.
const SETTINGS: [(&str, &str); 3] = [
    ("MALLOC_ARENA_MAX", "2"),
    ("MALLOC_TRIM_THRESHOLD_", "8000000"),
    ("MALLOC_MMAP_THRESHOLD_", "4000000"),
];

/// Starts the process again with the settings, unless it has them, or the user chose others.
/// Returns when that is not needed or not possible.
pub fn settle() {
    let chosen = SETTINGS.iter().any(|(name, _)| std::env::var_os(name).is_some());
    if !cfg!(target_env = "gnu") || chosen || std::env::var_os("GLIBC_TUNABLES").is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let mut arguments = std::env::args_os();
    let mut command = Command::new(program);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    // It returns only when it fails; the export then runs with the defaults.
    let _ = command.args(arguments).envs(SETTINGS).exec();
}
