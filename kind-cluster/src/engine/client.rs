//! The client of the engine that kind uses: its choice, its commands, its words for what went wrong.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use common::exit::Status;
use common::stop::Stop;
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::deploy::display;
use crate::process::{self, Output};

/// The label of a node's container that names its cluster.
pub(crate) const LABEL: &str = "io.x-k8s.kind.cluster";
/// The variable that chooses kind's engine.
pub(crate) const PROVIDER: &str = "KIND_EXPERIMENTAL_PROVIDER";
/// How long a client may take to say its version.
const MOMENT: Duration = Duration::from_secs(3);

/// A family of engines, whose clients understand the same commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Docker,
    Podman,
    /// containerd, through nerdctl or finch.
    Nerdctl,
}

/// An engine's client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) engine: Engine,
    pub(crate) program: &'static str,
}

const DOCKER: Client = Client { engine: Engine::Docker, program: "docker" };

/// Every client that kind knows, in the order in which it looks for them.
pub(super) const CLIENTS: [Client; 5] = [
    DOCKER,
    Client { engine: Engine::Nerdctl, program: "nerdctl" },
    Client { engine: Engine::Nerdctl, program: "finch" },
    Client { engine: Engine::Podman, program: "podman" },
    Client { engine: Engine::Nerdctl, program: "nerdctl.lima" },
];

/// Codes of the problems of an engine: its client is missing, it does not run, it has too little memory.
pub(crate) struct Codes {
    pub(crate) missing: &'static str,
    pub(crate) stopped: &'static str,
    pub(crate) memory: &'static str,
}

impl Client {
    /// The client of kind's name for an engine.
    fn named(name: &str) -> Option<Self> {
        CLIENTS.into_iter().find(|client| client.program == name)
    }

    pub(crate) fn codes(self) -> Codes {
        let (missing, stopped, memory) = match self.engine {
            Engine::Docker => ("docker-missing", "docker-stopped", "docker-memory"),
            Engine::Podman => ("podman-missing", "podman-stopped", "podman-memory"),
            Engine::Nerdctl => ("nerdctl-missing", "nerdctl-stopped", "nerdctl-memory"),
        };
        Codes { missing, stopped, memory }
    }

    /// The hint when the engine does not run.
    pub(crate) fn start(self) -> &'static str {
        match self.engine {
            Engine::Docker => {
                "start it (`systemctl start docker`, or Docker Desktop), and check `docker info`"
            }
            Engine::Podman => {
                "start it (`podman machine start`, where it has a machine), and check `podman info`"
            }
            Engine::Nerdctl => {
                "start containerd (`systemctl start containerd`, rootless with `--user`), and check `nerdctl info`"
            }
        }
    }

    /// The beginning of the first line of its version.
    fn says(self) -> &'static str {
        match self.program {
            "docker" => "Docker version",
            "podman" => "podman version",
            "finch" => "finch version",
            _ => "nerdctl version",
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.program)
    }
}

/// The client of the engine that kind uses.
pub(crate) async fn client() -> Result<Client, Stop> {
    static CHOSEN: OnceCell<Client> = OnceCell::const_new();
    CHOSEN.get_or_try_init(choose).await.copied()
}

async fn choose() -> Result<Client, Stop> {
    let wanted = std::env::var(PROVIDER).unwrap_or_default();
    let Some(client) = Client::named(&wanted) else {
        if !wanted.is_empty() {
            let wanted = display::harmless(&wanted);
            display::line(&format!(
                "{PROVIDER} is {wanted}, which no kind knows: it is ignored, as kind does"
            ));
        }
        return Ok(detect().await);
    };
    if client.engine == Engine::Docker || is_installed(client.program) {
        return Ok(client);
    }
    let message = format!("{PROVIDER} is {client}, and {client} is not installed, or not in PATH");
    let hint = format!("install {client}, or unset {PROVIDER} for the engine that is installed");
    Err(Stop::bad("engine-unsupported", message).hint(hint))
}

/// The first client that says to be what its name says: `docker` may be another name of podman.
async fn detect() -> Client {
    let installed = installed();
    // Nothing has to be asked where there is no choice.
    if let [] | [_] = installed.as_slice() {
        return installed.first().copied().unwrap_or(DOCKER);
    }
    for client in &installed {
        match process::output(client.program, &["-v"], MOMENT).await {
            Ok(output) if output.success && output.text().starts_with(client.says()) => {
                return *client;
            }
            // It is there and busy: another engine must not be taken for it.
            Err(stop) if stop.status == Status::Unfinished => return *client,
            _ => {}
        }
    }
    installed[0]
}

/// The clients that kind finds by itself and that are installed.
fn installed() -> Vec<Client> {
    let found = CLIENTS.into_iter().filter(|client| client.program != "nerdctl.lima");
    let mut found: Vec<Client> = found.filter(|client| is_installed(client.program)).collect();
    // finch is only looked for where there is no nerdctl.
    if found.iter().any(|client| client.program == "nerdctl") {
        found.retain(|client| client.program != "finch");
    }
    found
}

pub(super) fn is_installed(program: &str) -> bool {
    let is_program = |path: &Path| {
        use std::os::unix::fs::PermissionsExt;
        path.metadata()
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| is_program(&folder.join(program)))
}

/// Runs the client to its end, whatever that is.
pub(crate) async fn output(
    arguments: &[impl AsRef<OsStr>],
    limit: Duration,
) -> Result<Output, Stop> {
    process::output(client().await?.program, arguments, limit).await
}

/// Runs the client, which must succeed, and returns what it printed.
pub(crate) async fn succeed(
    arguments: &[impl AsRef<OsStr>],
    limit: Duration,
) -> Result<String, Stop> {
    let output = output(arguments, limit).await?;
    if output.success { Ok(output.text()) } else { Err(failed(arguments, &output).await) }
}

/// The client with its arguments, for [`process::pipe`].
pub(crate) async fn command(arguments: &[impl AsRef<OsStr>]) -> Result<Command, Stop> {
    Ok(process::command(client().await?.program, arguments))
}

/// A client that has failed, with what it said.
pub(crate) async fn failed(arguments: &[impl AsRef<OsStr>], output: &Output) -> Stop {
    let client = match client().await {
        Ok(client) => client,
        Err(stop) => return stop,
    };
    match trouble(output) {
        Trouble::EngineDown => {
            let name = if client == DOCKER { "the Docker engine" } else { client.program };
            let message = format!("{name} does not answer");
            Stop::unfinished(client.codes().stopped, message).hint(client.start())
        }
        Trouble::NoSuchImage | Trouble::Other => process::failed(client.program, arguments, output),
    }
}

/// Why a client has failed, as far as this tool acts on it. Its exit status is always the same, so only
/// its words tell; no other place looks at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nobody answers, or not this user.
    EngineDown,
    /// The engine has no image of that name.
    NoSuchImage,
    /// Any other reason.
    Other,
}

const ENGINE_IS_DOWN: [&str; 8] = [
    "cannot connect to the docker daemon",
    "is the docker daemon running",
    "permission denied while",
    "cannot connect to podman",
    "unable to connect to podman",
    "cannot access containerd socket",
    "rootless containerd not running",
    "error during connect",
];

const NO_SUCH_IMAGE: [&str; 3] = ["no such image", "image not known", "no such object"];

/// Why a client has failed.
pub(crate) fn trouble(output: &Output) -> Trouble {
    let said = output.stderr.to_lowercase();
    match () {
        () if ENGINE_IS_DOWN.iter().any(|known| said.contains(known)) => Trouble::EngineDown,
        () if NO_SUCH_IMAGE.iter().any(|known| said.contains(known)) => Trouble::NoSuchImage,
        () => Trouble::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(stderr: &str) -> Output {
        Output { success: false, stdout: Vec::new(), stderr: stderr.to_owned() }
    }

    #[test]
    fn the_words_of_each_client_are_known() {
        for down in [
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.",
            "Error: Cannot connect to Podman. Please verify your connection to the Linux system",
            "time=\"x\" level=fatal msg=\"cannot access containerd socket \\\"/run/containerd/containerd.sock\\\"\"",
            "error during connect: Get \"http://docker.example/v1.47/info\": command [ssh] has exited",
        ] {
            assert_eq!(trouble(&said(down)), Trouble::EngineDown, "{down}");
        }
        for missing in [
            "Error response from daemon: No such image: a:latest",
            "Error: a: image not known",
            "level=fatal msg=\"1 errors:\\nno such image: a\"",
        ] {
            assert_eq!(trouble(&said(missing)), Trouble::NoSuchImage, "{missing}");
        }
        assert_eq!(trouble(&said("no space left on device")), Trouble::Other);
    }

    #[test]
    fn names_are_those_of_kind() {
        assert_eq!(Client::named("finch").unwrap().engine, Engine::Nerdctl);
        assert_eq!(Client::named("podman").unwrap().engine, Engine::Podman);
        assert_eq!(Client::named(""), None);
        assert_eq!(Client::named("lxc"), None);
    }
}
