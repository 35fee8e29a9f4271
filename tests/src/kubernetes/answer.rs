//! A server's answer on objects.

use crate::run::Run;

/// The answer to an apply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The accepted objects, as `deployment.apps/web`.
    pub accepted: Vec<String>,
    /// The server's warnings, each once.
    pub warnings: Vec<String>,
    /// Why objects were refused, in the server's words.
    pub refusals: Vec<String>,
}

impl Answer {
    /// Whether every object was accepted without a warning.
    pub fn is_clean(&self) -> bool {
        self.warnings.is_empty() && self.refusals.is_empty()
    }
}

impl From<Run> for Answer {
    fn from(run: Run) -> Self {
        let mut answer = Answer::default();
        for line in run.stdout.lines() {
            let (name, _) = line.split_once(' ').unwrap_or((line, ""));
            answer.accepted.push(name.to_owned());
        }
        for line in run.stderr.lines() {
            if let Some(warning) = line.strip_prefix("Warning: ") {
                answer.warnings.push(warning.to_owned());
            } else if line.starts_with([' ', '*']) || line == "ensure CRDs are installed first" {
                // The refusal goes on.
                if let Some(refusal) = answer.refusals.last_mut() {
                    *refusal += "\n";
                    *refusal += line;
                }
            } else if !line.is_empty() {
                answer.refusals.push(line.to_owned());
            }
        }
        assert_eq!(run.status == 0, answer.refusals.is_empty(), "{}", run.transcript(&[]));
        answer
    }
}
