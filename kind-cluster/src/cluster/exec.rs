//! Commands in containers, with their exit status.

use common::stop::Stop;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::AttachParams;

use super::{Cluster, said};
use crate::process::{chunks, read};

/// How a command in a container ended.
#[derive(Debug)]
pub(crate) struct Executed {
    /// Its exit status.
    pub(crate) status: i32,
    /// The command's standard error.
    pub(crate) stderr: String,
}

impl Cluster {
    /// Runs a command in a container and gives its standard output to `out`.
    pub(crate) async fn exec(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[&str],
        out: impl FnMut(&[u8]) -> Result<(), Stop>,
    ) -> Result<Executed, Stop> {
        let failed = |why: String| {
            let message = format!("cannot run {} in pod {pod}: {why}", command[0]);
            Stop::unfinished("exec-failed", message)
        };
        let api: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        let parameters = AttachParams::default().container(container).stdin(false);
        let mut process = api
            .exec(pod, command.iter().copied(), &parameters)
            .await
            .map_err(|error| failed(said(&error)))?;
        let status = process.take_status();
        let (stdout, stderr) = (process.stdout(), process.stderr());
        let mut complaint = Vec::new();
        let unread = |error: std::io::Error| failed(error.to_string());
        let copy = chunks(stdout, out, unread);
        let listen = async { read(stderr, &mut complaint).await.map_err(unread) };
        tokio::try_join!(copy, listen)?;
        let ended = match status {
            Some(status) => status.await,
            None => None,
        };
        let stderr = String::from_utf8_lossy(&complaint).into_owned();
        let Some(ended) = ended else {
            return Err(failed("the connection ended before the command".into()));
        };
        if ended.status.as_deref() == Some("Success") {
            return Ok(Executed { status: 0, stderr });
        }
        let causes = ended.details.and_then(|details| details.causes).unwrap_or_default();
        let code = causes
            .iter()
            .find(|cause| cause.reason.as_deref() == Some("ExitCode"))
            .and_then(|cause| cause.message.as_deref()?.parse().ok());
        match code {
            Some(status) => Ok(Executed { status, stderr }),
            None => Err(failed(ended.message.unwrap_or_else(|| "no reason given".into()))),
        }
    }

    /// Runs a shell command in a container and returns its status and standard output.
    pub(crate) async fn shell(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        script: &str,
    ) -> Result<(Executed, String), Stop> {
        let mut out = Vec::new();
        let command = ["sh", "-c", script];
        let keep = |bytes: &[u8]| {
            out.extend_from_slice(bytes);
            Ok(())
        };
        let executed = self.exec(namespace, pod, container, &command, keep).await?;
        Ok((executed, String::from_utf8_lossy(&out).into_owned()))
    }
}
