//! Where else a cluster may be: the other engines of this machine, and the other contexts of each client.
//!
//! A cluster that the chosen engine does not know may be stopped in another one, where its API server
//! cannot answer either.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;

use super::client::{CLIENTS, Client, Engine, LABEL, PROVIDER, client, is_installed};
use crate::process;

/// How long one of them may take to answer.
const QUESTION: Duration = Duration::from_secs(5);

/// The answers of all of them.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The places that have nodes of the cluster.
    pub(crate) has: Vec<String>,
    /// The places that have not answered.
    pub(crate) silent: Vec<String>,
}

/// An engine's client, with the options that choose a context.
struct Place {
    client: Client,
    context: Option<String>,
}

impl Place {
    fn shown(&self) -> String {
        match &self.context {
            Some(context) => format!("{} (context {context})", self.client),
            None => self.client.to_string(),
        }
    }

    /// The ids of the cluster's containers; `None` when the place has not answered.
    async fn containers(&self, cluster: &str) -> Option<BTreeSet<String>> {
        let filter = format!("label={LABEL}={cluster}");
        let mut arguments = Vec::new();
        if let Some(context) = &self.context {
            let option =
                if self.client.engine == Engine::Podman { "--connection" } else { "--context" };
            arguments.extend([option, context]);
        }
        arguments.extend(["ps", "--all", "--no-trunc", "--filter", &filter]);
        arguments.extend(["--format", "{{.ID}}"]);
        let output = process::output(self.client.program, &arguments, QUESTION).await.ok()?;
        output.success.then(|| output.text().split_whitespace().map(str::to_owned).collect())
    }
}

/// Asks every place but the chosen engine. A context that leads to the chosen engine shows the same containers.
pub(crate) async fn elsewhere(cluster: &str) -> Found {
    let chosen = client().await.ok();
    let installed: Vec<Client> =
        CLIENTS.into_iter().filter(|client| is_installed(client.program)).collect();
    let contexts = join_all(installed.iter().map(|client| contexts(*client))).await;
    let others = installed.iter().filter(|client| Some(**client) != chosen);
    let mut places: Vec<Place> =
        others.map(|client| Place { client: *client, context: None }).collect();
    for (client, contexts) in installed.iter().zip(contexts) {
        let place = |context| Place { client: *client, context: Some(context) };
        places.extend(contexts.into_iter().map(place));
    }
    let here = chosen.map(|client| Place { client, context: None });
    let ours = match here {
        Some(here) => here.containers(cluster).await.unwrap_or_default(),
        None => BTreeSet::new(),
    };
    let answers = join_all(places.iter().map(|place| place.containers(cluster))).await;
    let mut found = Found::default();
    for (place, answer) in places.iter().zip(answers) {
        match answer {
            Some(theirs) if !theirs.is_subset(&ours) => found.has.push(place.shown()),
            Some(_) => {}
            None => found.silent.push(place.shown()),
        }
    }
    found
}

/// The names of a client's contexts; none where there is no choice.
async fn contexts(client: Client) -> Vec<String> {
    let arguments: &[&str] = match client.engine {
        Engine::Docker => &["context", "ls", "--format", "{{.Name}}"],
        Engine::Podman => &["system", "connection", "list", "--format", "{{.Name}}"],
        Engine::Nerdctl => return Vec::new(),
    };
    let Ok(output) = process::output(client.program, arguments, QUESTION).await else {
        return Vec::new();
    };
    if !output.success {
        return Vec::new();
    }
    let text = output.text();
    // podman marks the default one.
    let names = text.lines().map(|line| line.trim().trim_end_matches('*').trim_end().to_owned());
    let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
    if client.engine == Engine::Docker && names.len() < 2 { Vec::new() } else { names }
}

/// The hint that leads to the engine of a cluster.
pub(crate) fn choose_hint() -> String {
    format!(
        "choose the engine that runs it: {PROVIDER}=docker, podman or nerdctl, `docker context use`, DOCKER_HOST, \
         CONTAINER_HOST"
    )
}
