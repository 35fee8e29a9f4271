//! `--verbose`: the steps of a run and how long each took, as lines on stderr.
//!
//! A step names things (files, addresses, counts) and never a value; what looks like a secret all
//! the same, such as a password in an address, is masked.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::secrets::mask;

static ON: AtomicBool = AtomicBool::new(false);

/// Lets the steps of this process be told from now on.
pub fn enable(on: bool) {
    ON.store(on, Ordering::Relaxed);
}

/// A step that has begun. It is told when it is dropped, whether it has succeeded or not.
#[derive(Debug)]
#[must_use = "a step ends when it is dropped"]
pub struct Step {
    what: String,
    started: Instant,
}

/// Begins a step, such as "reading the specification platform/".
pub fn step(what: impl Into<String>) -> Step {
    Step { what: what.into(), started: Instant::now() }
}

/// Does one step of a run.
pub fn timed<T>(what: impl Into<String>, work: impl FnOnce() -> T) -> T {
    let _step = step(what);
    work()
}

impl Drop for Step {
    fn drop(&mut self) {
        if ON.load(Ordering::Relaxed) {
            // Nobody reading is no failure.
            let _ = writeln!(io::stderr(), "{}", self.line());
        }
    }
}

impl Step {
    fn line(&self) -> String {
        format!("{}: {:.1?}", mask(&self.what), self.started.elapsed())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_step_says_what_and_how_long_and_no_password() {
        let line = super::step("fetching from http://app:hunter2@host").line();
        assert!(line.starts_with("fetching from http://app:***@host: "), "{line}");
        assert!(line.ends_with('s'), "{line}");
    }
}
