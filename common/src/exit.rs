//! The exit status of every tool.

use std::process::{ExitCode, Termination};

/// How a run ended. The numbers are part of every tool's interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// 0: done, or the answer is yes.
    Done,
    /// 1: the answer is no: findings, drift, a missing secret, a table that failed.
    No,
    /// 2: usage, bad input, or the run could not start.
    Bad,
    /// 3: could not finish: a deadline passed, or the other side could not be reached.
    Unfinished,
    /// 126: a command that should take this process's place could not be started, as shells and `env` say it.
    NotStarted,
    /// 127: such a command was not found.
    NotFound,
    /// 130: interrupted.
    Interrupted,
    /// 143: terminated.
    Terminated,
}

impl Status {
    /// The number the operating system sees.
    pub fn code(self) -> u8 {
        match self {
            Status::Done => 0,
            Status::No => 1,
            Status::Bad => 2,
            Status::Unfinished => 3,
            Status::NotStarted => 126,
            Status::NotFound => 127,
            Status::Interrupted => 130,
            Status::Terminated => 143,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        ExitCode::from(status.code())
    }
}

impl Termination for Status {
    fn report(self) -> ExitCode {
        self.into()
    }
}
