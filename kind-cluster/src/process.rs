//! Other programs: found, run with a deadline, ended with everything they started.

use std::ffi::OsStr;
use std::process::Stdio;
use std::time::Duration;

use common::secrets::mask;
use common::stop::Stop;
use common::verbose::Step;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};

use crate::started;

/// A program's result.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) success: bool,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Output {
    /// Standard output as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The last lines of standard error.
    pub(crate) fn complaint(&self) -> String {
        tail(&self.stderr)
    }
}

/// A program's process group, which ends with the value. A terminal's Ctrl-C does not reach it:
/// this program decides when it stops.
#[derive(Debug)]
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // Its id is there as long as it has not been waited for.
        let id = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(id) = id {
            let _ = kill_process_group(id, Signal::TERM);
        }
    }
}

/// A command with its arguments.
pub(crate) fn command(program: &str, arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a program to its end, whatever that is.
pub(crate) async fn output(
    program: &str,
    arguments: &[impl AsRef<OsStr>],
    limit: Duration,
) -> Result<Output, Stop> {
    with_input(program, arguments, None, limit).await
}

/// The same, with standard input.
pub(crate) async fn with_input(
    program: &str,
    arguments: &[impl AsRef<OsStr>],
    input: Option<&[u8]>,
    limit: Duration,
) -> Result<Output, Stop> {
    let _step = step(program, arguments);
    let mut command = command(program, arguments);
    if input.is_some() {
        command.stdin(Stdio::piped());
    }
    let feed = async |pipe: Option<ChildStdin>| {
        if let (Some(mut pipe), Some(input)) = (pipe, input) {
            // A program that does not read its input says why in another way.
            let _ = pipe.write_all(input).await;
        }
    };
    let mut stdout = Vec::new();
    let keep = |bytes: &[u8]| {
        stdout.extend_from_slice(bytes);
        Ok(())
    };
    match pipe(&mut command, feed, keep, limit).await? {
        Some(((), output)) => Ok(Output { stdout, ..output }),
        None => {
            let message =
                format!("{program} has not ended within {}", common::duration::show(limit));
            Err(Stop::unfinished("timeout", message))
        }
    }
}

/// Runs a program in a group of its own. `feed` gets its standard input, and `each` the parts of
/// its standard output; they may be too much for memory. Returns what `feed` does and how the
/// program ended, without its output, or `None` when it has not ended in time.
pub(crate) async fn pipe<F>(
    command: &mut Command,
    feed: impl AsyncFnOnce(Option<ChildStdin>) -> F,
    each: impl FnMut(&[u8]) -> Result<(), Stop>,
    limit: Duration,
) -> Result<Option<(F, Output)>, Stop> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let failed = |error| not_started(&program, &error);
    let child = command.process_group(0).kill_on_drop(true).spawn().map_err(failed)?;
    child.id().into_iter().for_each(started::note);
    let mut group = Group(child);
    let child = &mut group.0;
    let (input, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut stderr = Vec::new();
    let work = async {
        let feed = async { Ok(feed(input).await) };
        let listen = async { read(err, &mut stderr).await.map_err(failed) };
        let (fed, (), ()) = tokio::try_join!(feed, chunks(out, each, failed), listen)?;
        Ok::<_, Stop>((fed, group.0.wait().await.map_err(failed)?))
    };
    let Ok(done) = tokio::time::timeout(limit, work).await else { return Ok(None) };
    let (fed, status) = done?;
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    Ok(Some((fed, Output { success: status.success(), stdout: Vec::new(), stderr })))
}

/// Reads an output to its end.
pub(crate) async fn read(
    pipe: Option<impl AsyncRead + Unpin>,
    bytes: &mut Vec<u8>,
) -> std::io::Result<()> {
    match pipe {
        Some(mut pipe) => pipe.read_to_end(bytes).await.map(|_| ()),
        None => Ok(()),
    }
}

/// Gives an output to `each`, part by part, to its end.
pub(crate) async fn chunks(
    pipe: Option<impl AsyncRead + Unpin>,
    mut each: impl FnMut(&[u8]) -> Result<(), Stop>,
    failed: impl Fn(std::io::Error) -> Stop,
) -> Result<(), Stop> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    let mut buffer = vec![0; 256 << 10];
    loop {
        match pipe.read(&mut buffer).await.map_err(&failed)? {
            0 => return Ok(()),
            count => each(&buffer[..count])?,
        }
    }
}

/// A run of a program for `--verbose`. Later arguments may be a script.
fn step(program: &str, arguments: &[impl AsRef<OsStr>]) -> Step {
    common::verbose::step(format!("{program} {}", first(arguments)))
}

/// The arguments that say what a program is asked for.
fn first(arguments: &[impl AsRef<OsStr>]) -> String {
    let shown: Vec<_> = arguments.iter().take(3).map(|a| a.as_ref().to_string_lossy()).collect();
    shown.join(" ")
}

/// Runs a program that must succeed, and returns what it printed.
pub(crate) async fn succeed(
    program: &str,
    arguments: &[impl AsRef<OsStr>],
    limit: Duration,
) -> Result<String, Stop> {
    let output = output(program, arguments, limit).await?;
    if output.success { Ok(output.text()) } else { Err(failed(program, arguments, &output)) }
}

/// A program that has failed, with what it said.
pub(crate) fn failed(program: &str, arguments: &[impl AsRef<OsStr>], output: &Output) -> Stop {
    let message = format!("{program} {} failed: {}", first(arguments), output.complaint());
    Stop::unfinished("program-failed", message)
}

/// A folder for files that another program reads.
pub(crate) fn folder() -> Result<tempfile::TempDir, Stop> {
    tempfile::tempdir()
        .map_err(|error| Stop::bad("temporary-folder", format!("no temporary folder: {error}")))
}

fn not_started(program: &str, error: &std::io::Error) -> Stop {
    let code = match program {
        "docker" => "docker-missing",
        "podman" => "podman-missing",
        "nerdctl" | "nerdctl.lima" | "finch" => "nerdctl-missing",
        "kind" => "kind-missing",
        "kubectl" => "kubectl-missing",
        "helm" => "helm-missing",
        _ => "program-missing",
    };
    let message = match error.kind() {
        std::io::ErrorKind::NotFound => format!("{program} is not installed, or not in PATH"),
        _ => format!("cannot run {program}: {error}"),
    };
    let hint = "kind-cluster preflight lists everything that is needed";
    Stop::bad(code, message).hint(hint)
}

/// The last few lines, on one line each, with secrets masked: a program may quote its input.
pub(crate) fn tail(text: &str) -> String {
    let text = mask(text);
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|l| !l.is_empty()).collect();
    let from = lines.len().saturating_sub(8);
    let text = lines[from..].join("\n");
    if text.is_empty() { "no output".to_owned() } else { text }
}
