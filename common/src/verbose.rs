//! `--verbose`: the steps of a run and how long each took, as lines on stderr.
//!
//! A step names things (files, addresses, counts) and never a value; texts that look like a secret all
//! the same, such as a password in an address, are masked.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::secrets::mask;

static ON: AtomicBool = AtomicBool::new(false);

/// Lets the steps of this process be told from now on.
pub fn enable(on: bool) {
    ON.store(on, Ordering::Relaxed);
}

/// Whether the steps are told.
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// A step that has begun. It is told when it is dropped, whether it has succeeded or not.
#[derive(Debug)]
#[must_use = "a step ends when it is dropped"]
pub struct Step {
    name: String,
    started: Instant,
}

/// Begins a step, such as "reading the specification platform/".
pub fn step(name: impl Into<String>) -> Step {
    Step { name: name.into(), started: Instant::now() }
}

/// Does one step of a run.
pub fn timed<T>(name: impl Into<String>, work: impl FnOnce() -> T) -> T {
    let _step = step(name);
    work()
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(line) = line(&self.name, self.started) {
            // Nobody reading is no failure.
            let _ = writeln!(io::stderr(), "{line}");
        }
    }
}

/// The line about a step; none without `--verbose`.
pub fn line(name: &str, started: Instant) -> Option<String> {
    let line = || format!("{}: {:.1?}", mask(name), started.elapsed());
    is_on().then(line)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    #[test]
    fn a_step_says_what_and_how_long_and_no_password() {
        super::enable(true);
        let line = super::line("fetching from http://app:hunter2@host", Instant::now()).unwrap();
        assert!(line.starts_with("fetching from http://app:***@host: "), "{line}");
        assert!(line.ends_with('s'), "{line}");
    }
}
