//! A program's run as text: arguments in, status, stdout and stderr out.

use std::fmt::Write;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A run's result.
#[derive(Clone, Debug)]
pub struct Run {
    /// The exit status; 128 + n for a signal, as a shell says it.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs `command` to its end without standard input.
///
/// # Panics
/// The program cannot be started.
pub fn run(command: &mut Command) -> Run {
    let output = command.stdin(Stdio::null()).output();
    output.unwrap_or_else(|error| panic!("{command:?}: {error}")).into()
}

/// Waits until something is so.
///
/// # Panics
/// It is not within a minute.
#[track_caller]
pub fn until(event: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !so() {
        assert!(Instant::now() < end, "{event} did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a running program has a file or folder of this name open, such as one whose lock it
/// waits for.
pub fn has_open(child: &Child, name: &str) -> bool {
    let open = std::fs::read_dir(format!("/proc/{}/fd", child.id())).into_iter().flatten();
    let mut links = open.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
    links.any(|path| path.file_name().is_some_and(|last| last == name))
}

/// Whether a running program has taken every signal that was sent to it.
pub fn has_taken_signals(child: &Child) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let pending = |line: &str| line.starts_with("SigPnd:") || line.starts_with("ShdPnd:");
    let none = |line: &str| line.ends_with("\t0000000000000000");
    status.is_ok_and(|text| text.lines().filter(|line| pending(line)).all(none))
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let signal = || output.status.signal().map_or(-1, |signal| 128 + signal);
        Run {
            status: output.status.code().unwrap_or_else(signal),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Run {
    /// Everything, for a snapshot. Each pair replaces a text that differs from run to run.
    pub fn transcript(&self, replace: &[(&str, &str)]) -> String {
        let mut text = format!("status: {}\n", self.status);
        for (name, content) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !content.is_empty() {
                let _ = write!(text, "--- {name}\n{content}");
            }
        }
        for (from, to) in replace {
            text = text.replace(from, to);
        }
        text
    }

    /// Panics with the whole run unless it ended with `status`.
    #[track_caller]
    pub fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "\n{}", self.transcript(&[]));
        self
    }
}
