//! A test's decisions: the consequences of a change, and the outcome of a command.

use std::time::Duration;

use serde_json::Value;

use super::store::Event;

/// Something that happens to the cluster's objects some time later.
#[derive(Clone, Debug)]
pub enum Step {
    /// Creates or replaces an object.
    Put(Value),
    /// Merges into an object that exists; nothing happens when it does not.
    Merge {
        /// Its kind.
        kind: String,
        /// Its namespace, or nothing.
        namespace: String,
        /// Its name.
        name: String,
        /// A JSON merge patch.
        patch: Value,
    },
    /// Deletes an object.
    Delete {
        /// Its kind.
        kind: String,
        /// Its namespace, or nothing.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// From now on discovery lists the kind that a CustomResourceDefinition defines.
    Serve(Value),
}

/// The steps after a change, each with its delay.
pub type Behaviour = dyn Fn(&Event) -> Vec<(Duration, Step)> + Send + Sync;

/// The effect of a command in a container.
pub type Exec = dyn Fn(&ExecCall) -> ExecOutcome + Send + Sync;

/// Answers a write with an error instead: status code, reason and message.
pub type Refusal = dyn Fn(&str, &Value) -> Option<(u16, String, String)> + Send + Sync;

/// How long a write takes before it is made; it sees the method and what was sent.
pub type Delay = dyn Fn(&str, &Value) -> Duration + Send + Sync;

/// A command that somebody wants to run in a container.
#[derive(Clone, Debug)]
pub struct ExecCall {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container; empty for the only one.
    pub container: String,
    /// Program and arguments.
    pub command: Vec<String>,
}

/// The command's output, and its exit status.
#[derive(Clone, Debug, Default)]
pub struct ExecOutcome {
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
    /// Its exit status.
    pub status: i32,
}
