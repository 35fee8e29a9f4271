//! Where the engine's client leads: to this machine, or to another one.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client::{Client, Engine};
use crate::process;

const QUESTION: Duration = Duration::from_secs(5);

/// The engine behind the client, as far as it can be told without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    /// The client.
    pub(crate) program: String,
    /// Its address; `None` when the client does not say.
    pub(crate) address: Option<String>,
}

impl Endpoint {
    /// Where a client leads now.
    pub(crate) async fn of(client: Client) -> Self {
        if let Some(endpoint) = Endpoint::by_variable(client) {
            return endpoint;
        }
        Endpoint::at(client, default_address(client).await.as_deref())
    }

    /// Where the environment makes a client lead to; `None` where it says nothing.
    pub(crate) fn by_variable(client: Client) -> Option<Self> {
        let names: &[&str] = match client.engine {
            Engine::Docker => &["DOCKER_HOST"],
            Engine::Podman => &["CONTAINER_HOST", "CONTAINER_CONNECTION"],
            Engine::Nerdctl => &["CONTAINERD_ADDRESS", "CONTAINERD_NAMESPACE"],
        };
        let values: Vec<String> = names
            .iter()
            .filter_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
            .collect();
        (!values.is_empty()).then(|| Endpoint::at(client, Some(&values.join(" "))))
    }

    /// A password has no place in a message or a file. Rootless engines of one host differ by the user.
    fn at(client: Client, address: Option<&str>) -> Self {
        Endpoint { program: client.program.to_owned(), address: address.map(without_password) }
    }

    /// The host's name, when the engine is on another machine.
    pub(crate) fn remote(&self) -> Option<&str> {
        let address = self.address.as_deref()?;
        let (scheme, rest) = address.split_once("://")?;
        if !matches!(scheme, "ssh" | "tcp" | "http" | "https") {
            return None;
        }
        let authority = rest.split('/').next().unwrap_or_default();
        let authority = authority.rsplit('@').next().unwrap_or_default();
        let host = match authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        };
        let here = host.is_empty()
            || host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        (!here).then_some(host)
    }

    /// For messages.
    pub(crate) fn shown(&self) -> String {
        match &self.address {
            Some(address) => format!("{} ({address})", self.program),
            None => self.program.clone(),
        }
    }
}

/// The address of docker's context, or of podman's default connection.
async fn default_address(client: Client) -> Option<String> {
    let arguments: &[&str] = match client.engine {
        Engine::Docker => &["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"],
        Engine::Podman => {
            &["system", "connection", "list", "--format", "{{if .Default}}{{.URI}}{{end}}"]
        }
        Engine::Nerdctl => return None,
    };
    // On Linux, podman itself runs containers, whatever connections its configuration has.
    if client.engine == Engine::Podman && runs_containers_itself(client).await {
        return Some("local".to_owned());
    }
    let output = process::output(client.program, arguments, QUESTION).await.ok()?;
    let address = output.text().trim().to_owned();
    (output.success && !address.is_empty()).then_some(address)
}

/// Whether podman says that it speaks to no service.
async fn runs_containers_itself(client: Client) -> bool {
    let arguments = ["info", "--format", "{{json .}}"];
    let Ok(output) = process::output(client.program, &arguments, QUESTION).await else {
        return false;
    };
    let info: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    info.pointer("/host/serviceIsRemote") == Some(&Value::Bool(false))
}

fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}{path}")
        }
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_host_is_remote() {
        let at = |address: &str| Endpoint {
            program: "docker".into(),
            address: Some(without_password(address)),
        };
        for here in [
            "unix:///var/run/docker.sock",
            "tcp://127.0.0.1:2375",
            "ssh://core@localhost:2222/run/podman.sock",
            "tcp://[::1]:2375",
            "remote-connection",
        ] {
            assert_eq!(at(here).remote(), None, "{here}");
        }
        assert_eq!(at("ssh://me:secret@build.example").remote(), Some("build.example"));
        assert_eq!(at("tcp://10.0.0.5:2376").remote(), Some("10.0.0.5"));
        assert_eq!(at("ssh://me:secret@build.example").shown(), "docker (ssh://me@build.example)");
        assert_eq!(at("ssh://me:a@b@build.example/x").shown(), "docker (ssh://me@build.example/x)");
    }
}
