//! A program's run as text: arguments in, status, stdout and stderr out.

use std::fmt::Write;
use std::process::{Command, Output, Stdio};

/// What a run left behind.
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
